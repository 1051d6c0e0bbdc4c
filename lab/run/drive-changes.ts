import { TransientError } from '../../shared/errors.ts';
import type { WorkersChange } from '../lab-result.ts';
import type { Toxics } from '../links/toxics.ts';
import { toxicInWords } from '../report/toxic-words.ts';
import { killedInWords, scaledInWords } from '../report/worker-words.ts';
import type { K6End, K6Run } from './k6-process.ts';
import { faultWindow } from './plan.ts';
import type { CaseRun } from './run-case.ts';

const MS_PER_S = 1_000;
const TICK_MS = 200;
/** Three processes more take 2 s of a core; a phase whose workers come later than this is not the one described. */
const SCALE_LIMIT_S = 12;
/** Of those that were killed before, one may have to come back first. */
const KILL_LIMIT_S = 6;

/** Something that happened. Milliseconds since 1970. */
export interface HappenedAt {
  readonly atMs: number;
  readonly label: string;
}

/** A change of the conditions, due so many seconds after the load began. */
interface Change {
  readonly atS: number;
  /** Whether faults are in from then on. */
  readonly disturbed?: boolean;
  make(): Promise<HappenedAt[]>;
}

interface Driven {
  /** Milliseconds since 1970 at which the load began. */
  readonly startMs: number;
  readonly toxics: Toxics;
  readonly k6: K6Run;
  /** Messages so far. */
  readonly sent: () => number;
}

/** Puts faults in and out and changes the number of workers, each at its time, until the load has ended. */
export async function driveChanges(run: CaseRun, driven: Driven): Promise<HappenedAt[]> {
  const { startMs, k6 } = driven;
  const pending = changesOf(run, driven);
  const happened: HappenedAt[] = [];
  let end: K6End | undefined;
  const ended = k6.ended.then((how) => {
    end = how;
  });
  /** What had been sent at each tick of the last second. */
  const recent: number[] = [];
  let disturbed = false;
  /** One after the other; the view goes on meanwhile. */
  let making: Promise<void> = Promise.resolve();
  let failure: { error: unknown } | undefined;
  while (!end) {
    run.signal.throwIfAborted();
    if (failure) throw failure.error;
    const elapsedS = (Date.now() - startMs) / MS_PER_S;
    while (pending[0] && elapsedS >= pending[0].atS) {
      const change = pending.shift();
      disturbed = change?.disturbed ?? disturbed;
      making = making
        .then(async () => {
          happened.push(...((await change?.make()) ?? []));
        })
        .catch((error: unknown) => {
          failure ??= { error };
        });
    }
    const sent = driven.sent();
    recent.push(sent);
    if (recent.length > MS_PER_S / TICK_MS) recent.shift();
    run.onTick({ elapsedS, disturbed, sent, sentLately: sent - (recent[0] ?? sent) });
    await Promise.race([ended, pause(TICK_MS)]);
  }
  await making;
  if (failure) throw failure.error;
  if (end.failure !== undefined) {
    const message = `The load was not applied as planned, so there is no verdict (k6 ended by ${end.failure}):\n${end.output}`;
    throw new TransientError('lab_load', message);
  }
  if (pending.length > 0)
    throw new TransientError('lab_load', 'The load ended before the faults were taken out, or the workers scaled.');
  return happened;
}

function changesOf(run: CaseRun, { startMs, toxics }: Driven): Change[] {
  const { inS, byS, outS, outByS } = faultWindow(run.plan);
  const { throughout, workers: wanted } = run.case;
  const faults: Change[] = [
    {
      atS: inS,
      disturbed: true,
      async make() {
        await toxics.set([...throughout, ...run.case.toxics]);
        requireInTime('The faults went in', byS, startMs);
        return run.case.toxics.map((toxic) => ({ atMs: Date.now(), label: toxicInWords(toxic) }));
      },
    },
    {
      atS: outS,
      disturbed: false,
      async make() {
        await toxics.set(throughout);
        requireInTime('The faults went out', outByS, startMs);
        return [{ atMs: Date.now(), label: 'faults out' }];
      },
    },
  ];
  const momentOf = ({ phase, afterSeconds }: WorkersChange) =>
    afterSeconds + (run.plan.find(({ name }) => name === phase)?.startS ?? 0);
  const killing = (wanted?.kill ?? []).map((change): Change => {
    const atS = momentOf(change);
    return {
      atS,
      async make() {
        const numbers = (await run.target.workers?.kill(change.replicas)) ?? [];
        requireInTime(killedInWords(numbers), atS + KILL_LIMIT_S, startMs);
        return [{ atMs: Date.now(), label: killedInWords(numbers) }];
      },
    };
  });
  const scaling = (wanted?.scale ?? []).map((change): Change => {
    const { replicas } = change;
    const atS = momentOf(change);
    return {
      atS,
      async make() {
        const fromMs = Date.now();
        await run.target.workers?.scale(replicas);
        requireInTime(`${scaledInWords(replicas)} ran`, atS + SCALE_LIMIT_S, startMs);
        const tookS = ((Date.now() - fromMs) / MS_PER_S).toFixed(1);
        return [{ atMs: fromMs, label: `scaled to ${scaledInWords(replicas)}, which took ${tookS} s` }];
      },
    };
  });
  return [...(run.case.toxics.length > 0 ? faults : []), ...scaling, ...killing].sort((a, b) => a.atS - b.atS);
}

/** A verdict of phases with the wrong conditions would be none. */
function requireInTime(what: string, byS: number, startMs: number): void {
  const lateS = (Date.now() - startMs) / MS_PER_S - byS;
  if (lateS <= 0) return;
  const message = `${what} ${lateS.toFixed(1)} s too late: the machine was too busy. There is no verdict.`;
  throw new TransientError('lab_late', message);
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
