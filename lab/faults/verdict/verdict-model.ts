import fc from 'fast-check';
import type { DeadLetter, Effect, History, KeySum, Outcome, ProducerEntry, TakeOver } from './history.ts';
import { type Verdict, verdict } from './verdict.ts';

/** Serial numbers have gaps: a transaction that was rolled back takes its own along. */
const STEP = 3;
const TURNS_OF_AN_OWNER = 3;

export type Check = (history: History) => Verdict;
export const realCheck: Check = verdict;

/** A history of a system that keeps its promise, and a number for a law to choose with. */
export interface Scenario {
  readonly history: History & { readonly sums: readonly KeySum[]; readonly takeOvers: readonly TakeOver[] };
  readonly choice: number;
}

interface Sending {
  readonly key: number;
  readonly amount: number;
  readonly poison: boolean;
  /** Attempts before the one that is acknowledged. */
  readonly before: readonly ('failed' | 'unknown' | 'none')[];
  /** Of what was never acknowledged: whether it was applied all the same. */
  readonly applied: boolean;
  /** Dead letters beyond the first, of poison. */
  readonly repeats: number;
}

const sending: fc.Arbitrary<Sending> = fc.record({
  key: fc.integer({ min: 0, max: 3 }),
  amount: fc.integer({ min: -50, max: 500 }),
  poison: fc.boolean(),
  before: fc.array(fc.constantFrom('failed' as const, 'unknown' as const, 'none' as const), { maxLength: 2 }),
  applied: fc.boolean(),
  repeats: fc.integer({ min: 0, max: 2 }),
});

/** A key whose last message was never acknowledged ends with it: nothing is sent behind it. */
const ending = fc.record({ key: fc.integer({ min: 0, max: 3 }), lastAttempts: sending });

export const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    sendings: fc.array(sending, { minLength: 1, maxLength: 12 }),
    endings: fc.uniqueArray(ending, { maxLength: 4, selector: ({ key }) => key }),
    choice: fc.nat(1_000),
    interleaving: fc.array(fc.nat(1_000), { minLength: 24, maxLength: 24 }),
  })
  .map(({ sendings, endings, choice, interleaving }) => ({
    history: correctSystem(sendings, endings, interleaving),
    choice,
  }));

type Ending = typeof ending extends fc.Arbitrary<infer T> ? T : never;

function correctSystem(sendings: readonly Sending[], endings: readonly Ending[], interleaving: readonly number[]) {
  const producerLog: ProducerEntry[] = [];
  const sequences = new Map<string, number>();
  const lanes = new Map<string, Omit<Effect, 'commit'>[]>();
  const deadLetters: DeadLetter[] = [];
  const send = (one: Sending, keyNumber: number, last: 'acked' | 'never') => {
    const key = `k${keyNumber}`;
    const sequence = (sequences.get(key) ?? 0) + 1;
    sequences.set(key, sequence);
    const id = `${key}-${sequence}`;
    const { amount, poison } = one;
    const attempts: (Outcome | 'none')[] = [...one.before, ...(last === 'acked' ? (['acked'] as const) : [])];
    for (const outcome of attempts) {
      const atMs = producerLog.length;
      producerLog.push({ kind: 'intent', id, key, sequence, amount, poison, atMs });
      if (outcome !== 'none') producerLog.push({ kind: 'outcome', id, outcome, atMs });
    }
    const certain = last === 'acked';
    const possible = attempts.some((outcome) => outcome !== 'failed');
    if (attempts.length === 0 || !(certain || (possible && one.applied))) return;
    if (poison) for (let copy = 0; copy <= one.repeats; copy += 1) deadLetters.push({ id });
    else lanes.set(key, [...(lanes.get(key) ?? []), { id, key, sequence, amount, atMs: sequence }]);
  };
  for (const one of sendings) send(one, one.key, 'acked');
  for (const { key, lastAttempts } of endings) {
    if (lastAttempts.before.length > 0) send(lastAttempts, key, 'never');
  }
  const effectLog: Effect[] = [];
  const sums = new Map<string, KeySum>();
  const takeOvers: TakeOver[] = [];
  for (let turn = 0; lanes.size > 0; turn += 1) {
    const keys = [...lanes.keys()];
    const key = keys[(interleaving[turn % interleaving.length] ?? 0) % keys.length] ?? '';
    const [next, ...rest] = lanes.get(key) ?? [];
    if (rest.length === 0) lanes.delete(key);
    else lanes.set(key, rest);
    if (!next) continue;
    const consumer = `c/${key}`;
    const commit = 1 + turn * STEP;
    const epoch = 1 + Math.floor(turn / TURNS_OF_AN_OWNER);
    if (takeOvers.findLast((one) => one.consumer === consumer)?.epoch !== epoch)
      takeOvers.push({ consumer, epoch, commit: commit - 1 });
    effectLog.push({ ...next, commit, owner: { consumer, epoch } });
    const { count = 0, total = 0 } = sums.get(key) ?? {};
    sums.set(key, { key, count: count + 1, total: total + next.amount });
  }
  return { producerLog, effectLog, deadLetters, drainedAll: true, sums: [...sums.values()], takeOvers };
}
