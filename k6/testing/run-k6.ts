import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleForK6 } from '../../localstack/setup/k6-bundle.ts';
import { obtainK6 } from '../../localstack/setup/obtain-go-tool.ts';
import { silentProgress } from '../../localstack/setup/progress.ts';
import { loadTokens } from '../../shared/access/local-token.ts';

const scripts = fileURLToPath(new URL('..', import.meta.url));

/** What k6 ends with when a threshold is missed, or a script says that the test failed. */
export const K6_FAILED = [99, 110];

/** A sample of `k6 run --out json`. */
export interface Point {
  readonly metric: string;
  readonly value: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface FinishedRun {
  readonly code: number | null;
  /** Both streams. */
  readonly output: string;
  readonly points: readonly Point[];
  of(metric: string): readonly Point[];
}

/** Runs k6/<script>.ts, or the script of an absolute path without its .ts, to its end with these settings (-e). */
export async function runK6(script: string, settings: Record<string, string>): Promise<FinishedRun> {
  await bundleForK6();
  const folder = await mkdtemp(join(tmpdir(), 'heartline-k6-'));
  try {
    const file = join(folder, 'points.json');
    const words = Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    const program = await obtainK6(silentProgress);
    const options = [
      'run',
      '--quiet',
      '--address=',
      '--out',
      `json=${file}`,
      ...words,
      resolve(scripts, `${script}.ts`),
    ];
    const { code, output } = await finished(program, options, { K6_NO_USAGE_REPORT: 'true' });
    const points = pointsOf(await readFile(file, 'utf8'));
    return { code, output, points, of: (metric) => points.filter((point) => point.metric === metric) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A program's exit code and all that it printed. */
export async function finished(
  program: string,
  words: string[],
  environment: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  const child = spawn(program, words, {
    env: { ...process.env, ...(await loadTokens()), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { code, output };
}

function pointsOf(lines: string): Point[] {
  return lines
    .split('\n')
    .filter((line) => line.includes('"type":"Point"'))
    .map((line) => {
      const { metric, data } = JSON.parse(line) as { metric: string; data: Omit<Point, 'metric'> };
      return { metric, value: data.value, tags: data.tags ?? {}, metadata: data.metadata ?? {} };
    });
}
