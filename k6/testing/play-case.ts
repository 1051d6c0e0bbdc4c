import { type FinishedRun, runK6 } from './run-k6.ts';

/** In k6's log, as its text formatter quotes it. */
const RESULT = /msg="RESULT ((?:[^"\\]|\\.)*)"/;

interface PlayedCase extends FinishedRun {
  readonly result: unknown;
}

/** Runs a case of client-cases.ts in k6. */
export async function playCase(name: string, settings: Record<string, string>): Promise<PlayedCase> {
  const run = await runK6('testing/client-cases', { CASE: name, ...settings });
  const [, quoted] = RESULT.exec(run.output) ?? [];
  if (quoted === undefined) throw new Error(`no result of ${name}: ${run.output}`);
  return { ...run, result: JSON.parse(JSON.parse(`"${quoted}"`)) };
}
