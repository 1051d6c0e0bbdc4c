import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TransientError } from '../errors.ts';
import { keptTelemetry } from '../testing/telemetry.ts';
import type { AlertEvent } from './alert-event.ts';
import { type Alerter, type AlerterParts, createAlerter } from './alerter.ts';
import { EMPTY_PARTITION, evaluate } from './evaluate.ts';
import { type Scenario, scenarios } from './evaluate-model.ts';
import { HEART_RATE, SPO2 } from './kinds.ts';
import { packSnapshot, snapshotText, unpackSnapshot } from './snapshot.ts';
import { type ThresholdView, viewOf } from './threshold-view.ts';

const RUNS = 150;
const CONSUMER = 'c/vitals-w0';

/** Built in; nothing of the heart rate; much of both; other ones for one patient. */
const VIEWS = [
  {},
  { default: { limits: { [HEART_RATE]: [] } } },
  { 'ward:icu-1': { limits: { [HEART_RATE]: [{ low: 60, high: 100 }], [SPO2]: [{ low: 95, severeLow: 90 }] } } },
  { 'patient:p-1': { limits: { [HEART_RATE]: [{ low: 30, high: 200 }] } } },
].map(viewOf);

/** What happens around a batch: to its publishing, to the process behind it, to the storing of its state, to the thresholds. */
const fates = fc.array(
  fc.record({
    size: fc.integer({ min: 1, max: 8 }),
    fate: fc.constantFrom(
      'well',
      'well',
      'well',
      'not published',
      'published, then lost',
      'published in part',
      'died',
      'taken over',
      'twice at once',
    ),
    isStored: fc.boolean(),
    allBefore: fc.constantFrom(true, true, true, false),
    view: fc.option(fc.constantFrom(...VIEWS), { nil: undefined, freq: 3 }),
  }),
  { minLength: 3, maxLength: 30 },
);

type Plan = typeof fates extends fc.Arbitrary<infer P> ? P : never;
type Stored = NonNullable<Awaited<ReturnType<AlerterParts['loadSnapshot']>>>;

interface Ran {
  readonly told: readonly AlertEvent[];
  /** All states that were stored, the last one is what is left. */
  readonly stored: readonly Stored[];
  readonly newest: ThresholdView;
}

/** The stream, the database and the processes, as far as an alerter sees them. */
async function run({ arrivals }: Scenario, plan: Plan, change = (parts: AlerterParts) => parts): Promise<Ran> {
  const told: AlertEvent[] = [];
  const stored: Stored[] = [];
  let newest = viewOf({});
  let [owner, failNext, storesNow, nowMs, delivered] = [1n, '', true, 0, 0];
  const parts: AlerterParts = {
    async publish(events) {
      if (failNext !== 'not published') told.push(...events.slice(0, failNext === 'published in part' ? 1 : undefined));
      if (failNext !== '') throw new TransientError('stream_unavailable', 'away');
    },
    loadSnapshot: async () => stored.at(-1),
    async saveSnapshot({ epoch, ...snapshot }) {
      if (epoch !== owner) throw new TransientError('fenced_out', 'over');
      if (!storesNow) throw new TransientError('database_unavailable', 'away');
      stored.push(snapshot);
    },
    thresholds: () => newest,
    lastSleep: async () => new Map(),
    snapshotEveryMs: 1,
    nowMs: () => (nowMs += 1),
    wallMs: () => arrivals[delivered - 1]?.arrivedMs ?? 0,
  };
  const { log, metrics } = keptTelemetry();
  const trail = { log, recordMetric: metrics.recordMetric, recordLater: metrics.recordMetric };
  const newAlerter = () => createAlerter(change(parts));
  let alerter = newAlerter();
  const take = (one: Alerter, epoch: bigint, from: number, to: number, isDone = true) => {
    delivered = Math.max(delivered, to);
    // Where not even the stream's begin is done, nothing can be stored, and judging does not wait for that.
    const allBefore = isDone || stored.length === 0;
    return one.take(
      {
        consumer: CONSUMER,
        epoch,
        first: BigInt(from),
        allBefore,
        arrivals: arrivals.slice(from, to).map((arrival, index) => [BigInt(from + index), arrival] as const),
      },
      trail,
    );
  };
  let at = 0;
  for (const { size, fate, isStored, allBefore, view } of [...plan, ...plan.map((one) => ({ ...one, fate: 'well' }))]) {
    const to = Math.min(arrivals.length, at + size);
    failNext = fate.includes('published') ? fate : '';
    storesNow = isStored;
    newest = view ?? newest;
    const taken = [take(alerter, owner, at, to, allBefore)];
    if (fate === 'twice at once') taken.push(take(alerter, owner, at, to, allBefore));
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
    at = Number(stored.at(-1)?.position ?? 0n);
  }
  failNext = '';
  storesNow = true;
  await take(alerter, owner, at, arrivals.length);
  // Time for a state that shows that the database is back, for the thresholds, and for the last state.
  for (let pause = 0; pause < 3; pause += 1) {
    await alerter.idle();
    await take(alerter, owner, arrivals.length, arrivals.length);
  }
  await alerter.idle();
  return { told, stored, newest };
}

/** What one process tells that changes its thresholds where these did: each state that was stored says from where on which hold. */
async function toldByOne({ stored }: Ran, { arrivals }: Scenario): Promise<AlertEvent[]> {
  const views = await Promise.all(
    stored.map(async ({ position, state, version }) => {
      const { thresholds = {} } = await unpackSnapshot(state, version);
      return { position, view: viewOf(thresholds) };
    }),
  );
  let state = EMPTY_PARTITION;
  return arrivals.flatMap((arrival, offset) => {
    const { view = viewOf({}) } = views.findLast(({ position }) => position <= BigInt(offset)) ?? {};
    const done = evaluate(state, [arrival], { thresholdsOf: view.of, sleepOf: () => undefined });
    state = done.state;
    return done.events;
  });
}

/** Told once or more, each the same each time, and in the order of its alert. */
async function isAsWithout(ran: Ran, scenario: Scenario): Promise<boolean> {
  const once = new Map<string, string>();
  for (const event of ran.told) {
    const text = JSON.stringify(event);
    if ((once.get(event.eventId) ?? text) !== text) return false;
    once.set(event.eventId, text);
  }
  const wanted = (await toldByOne(ran, scenario)).map((event) => JSON.stringify(event));
  return JSON.stringify([...once.values()]) === JSON.stringify(wanted);
}

/** In the end the newest thresholds hold, and what has started and not ended is what the last state has open. */
async function endsAsTold({ told, stored, newest }: Ran, { arrivals }: Scenario): Promise<boolean> {
  const last = stored.at(-1);
  if (last === undefined || last.position !== BigInt(arrivals.length)) return false;
  const { state, thresholds = {} } = await unpackSnapshot(last.state, last.version);
  const open = [...state.patients.values()].flatMap((one) => Object.values(one.open).map(({ alertId }) => alertId));
  const ended = new Set(told.filter(({ type }) => type === 'end').map(({ alertId }) => alertId));
  const left = new Set(told.map(({ alertId }) => alertId).filter((alertId) => !ended.has(alertId)));
  return viewOf(thresholds).text === newest.text && JSON.stringify(open.sort()) === JSON.stringify([...left].sort());
}

const holds = (change?: (parts: AlerterParts) => AlerterParts) =>
  fc.asyncProperty(scenarios, fates, async (scenario, plan) =>
    isAsWithout(await run(scenario, plan, change), scenario),
  );
/** A stored state with other thresholds. */
const restoring = async ({ state, version, ...rest }: Stored, thresholds: string): Promise<Stored> => {
  const text = snapshotText((await unpackSnapshot(state, version)).state, thresholds);
  return { ...rest, version, state: await packSnapshot(text) };
};

test('whatever dies, fails, is overtaken or set anew: what is told is what one process would have told, in its order', async () => {
  await fc.assert(holds(), { numRuns: RUNS });
});

test('in the end the newest thresholds hold, and no alert that was told is left open but those of the state', async () => {
  const property = fc.asyncProperty(scenarios, fates, async (scenario, plan) =>
    endsAsTold(await run(scenario, plan), scenario),
  );
  await fc.assert(property, { numRuns: RUNS });
});

test.each<[string, (parts: AlerterParts) => AlerterParts]>([
  [
    'reads no state back',
    (parts) => ({
      ...parts,
      loadSnapshot: async () => undefined,
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
  [
    'judges by the newest thresholds at once',
    (parts) => ({
      ...parts,
      thresholds: () => ({ ...viewOf({}), of: (patientId, ward) => parts.thresholds().of(patientId, ward) }),
    }),
  ],
  ['takes the newest thresholds as soon as it has a partition', (parts) => ({ ...parts, wallMs: () => -Infinity })],
  [
    'stores other thresholds than it judges by',
    (parts) => ({
      ...parts,
      saveSnapshot: async ({ consumer, epoch, ...snapshot }) =>
        parts.saveSnapshot({ consumer, epoch, ...(await restoring(snapshot, parts.thresholds().text)) }),
    }),
  ],
])('a mutant that %s is caught', async (_name, change) => {
  const result = await fc.check(holds(change), { seed: 7, numRuns: RUNS, endOnFailure: true });
  expect(result.failed).toBe(true);
  expect(String(result.errorInstance)).toContain('returning false');
});
