import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TransientError } from '../errors.ts';
import { keptTelemetry } from '../testing/telemetry.ts';
import type { AlertEvent } from './alert-event.ts';
import { type Alerter, type AlerterParts, createAlerter } from './alerter.ts';
import { EMPTY_PARTITION, evaluate } from './evaluate.ts';
import { CONTEXT, type Scenario, scenarios } from './evaluate-model.ts';

const RUNS = 150;
const CONSUMER = 'c/vitals-w0';

/** What happens around a batch: to its publishing, to the process behind it, to the storing of its state. */
const fates = fc.array(
  fc.record({
    size: fc.integer({ min: 1, max: 8 }),
    fate: fc.constantFrom(
      'well',
      'well',
      'well',
      'not published',
      'published, then lost',
      'died',
      'taken over',
      'twice at once',
    ),
    isStored: fc.boolean(),
  }),
  { minLength: 3, maxLength: 30 },
);

type Stored = Awaited<ReturnType<AlerterParts['loadSnapshot']>>;

/** The stream, the database and the processes, as far as an alerter sees them. */
async function run(
  { arrivals }: Scenario,
  plan: readonly { size: number; fate: string; isStored: boolean }[],
  change = (parts: AlerterParts) => parts,
) {
  const told: AlertEvent[] = [];
  let stored: Stored;
  let [owner, failNext, storesNow, nowMs] = [1n, '', true, 0];
  const parts: AlerterParts = {
    async publish(events) {
      if (failNext !== 'not published') told.push(...events);
      if (failNext !== '') throw new TransientError('stream_unavailable', 'away');
    },
    loadSnapshot: async () => stored,
    async saveSnapshot({ epoch, ...snapshot }) {
      if (epoch !== owner) throw new TransientError('fenced_out', 'over');
      if (!storesNow) throw new TransientError('database_unavailable', 'away');
      stored = snapshot;
    },
    thresholdsOf: CONTEXT.thresholdsOf,
    lastSleep: async () => new Map(),
    snapshotEveryMs: 1,
    nowMs: () => (nowMs += 1),
  };
  const { log, metrics } = keptTelemetry();
  const trail = { log, recordMetric: metrics.recordMetric, recordLater: metrics.recordMetric };
  const newAlerter = () => createAlerter(change(parts));
  let alerter = newAlerter();
  const take = (one: Alerter, epoch: bigint, from: number, to: number) =>
    one.take(
      {
        consumer: CONSUMER,
        epoch,
        position: BigInt(to),
        arrivals: arrivals.slice(from, to).map((arrival, index) => [BigInt(from + index), arrival] as const),
      },
      trail,
    );
  let at = 0;
  for (const { size, fate, isStored } of [...plan, ...plan.map((one) => ({ ...one, fate: 'well' }))]) {
    const to = Math.min(arrivals.length, at + size);
    failNext = fate === 'not published' || fate === 'published, then lost' ? fate : '';
    storesNow = isStored;
    const taken = [take(alerter, owner, at, to)];
    if (fate === 'twice at once') taken.push(take(alerter, owner, at, to));
    const results = await Promise.allSettled(taken);
    await alerter.idle();
    if (results[0]?.status === 'fulfilled') at = to;
    if (fate !== 'died' && fate !== 'taken over') continue;
    const former = alerter;
    owner += 1n;
    alerter = newAlerter();
    // The one that was overtaken does not know it yet.
    if (fate === 'taken over')
      await take(former, owner - 1n, at, Math.min(arrivals.length, at + size)).catch(() => undefined);
    await former.idle();
    at = Number(stored?.position ?? 0n);
  }
  failNext = '';
  await take(alerter, owner, at, arrivals.length);
  await alerter.idle();
  return told;
}

/** Told once or more, each the same each time, and in the order of its alert. */
function isAsWithout(told: readonly AlertEvent[], { arrivals }: Scenario): boolean {
  const once = new Map<string, string>();
  for (const event of told) {
    const text = JSON.stringify(event);
    if ((once.get(event.eventId) ?? text) !== text) return false;
    once.set(event.eventId, text);
  }
  const wanted = evaluate(EMPTY_PARTITION, arrivals, CONTEXT).events.map((event) => JSON.stringify(event));
  return JSON.stringify([...once.values()]) === JSON.stringify(wanted);
}

const holds = (change?: (parts: AlerterParts) => AlerterParts) =>
  fc.asyncProperty(scenarios, fates, async (scenario, plan) =>
    isAsWithout(await run(scenario, plan, change), scenario),
  );

test('whatever dies, fails or is overtaken: what is told is what one process would have told, in its order', async () => {
  await fc.assert(holds(), { numRuns: RUNS });
});

test.each<[string, (parts: AlerterParts) => AlerterParts]>([
  [
    'reads no state back',
    (parts) => ({
      ...parts,
      loadSnapshot: async (consumer) => {
        const stored = await parts.loadSnapshot(consumer);
        return stored && { ...stored, version: -1 };
      },
    }),
  ],
  [
    'stores a position before its state',
    (parts) => ({
      ...parts,
      saveSnapshot: (snapshot) => parts.saveSnapshot({ ...snapshot, position: snapshot.position + 3n }),
    }),
  ],
  [
    'takes a publish that failed for one that was stored',
    (parts) => ({ ...parts, publish: (events) => parts.publish(events).catch(() => undefined) }),
  ],
])('a mutant that %s is caught', async (_name, change) => {
  const result = await fc.check(holds(change), { seed: 7, numRuns: RUNS });
  expect(result.failed).toBe(true);
  expect(String(result.errorInstance)).toContain('returning false');
});
