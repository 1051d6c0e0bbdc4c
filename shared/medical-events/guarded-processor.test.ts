import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PermanentError, TransientError } from '../errors.ts';
import type { CircuitState } from '../ops/circuits.ts';
import type { MedicalEvent } from './event-message.ts';
import { type GuardedProcessor, guardedProcessor } from './guarded-processor.ts';
import type { Attempt } from './processor.ts';

const RESET_MS = 1_000;
const TIMEOUT_MS = 500;
const PATIENCE_MS = 2_200;
/** After which the circuit has forgotten what was. */
const WINDOW_MS = 10_000;
const event: MedicalEvent = {
  version: 1,
  eventId: 'e',
  patientId: 'p',
  type: 't',
  ts: '2026-10-01T00:00:00.000Z',
  data: {},
  acceptedAt: '2026-10-01T00:00:00.000Z',
};

let work: (attempt: Attempt) => Promise<{ message: string }>;
let calls: number;
let states: CircuitState[];
let guarded: GuardedProcessor;
beforeEach(() => {
  vi.useFakeTimers();
  calls = 0;
  states = [];
  work = async () => ({ message: 'done' });
  guarded = guardedProcessor({
    processor: {
      process: (_, attempt) => {
        calls += 1;
        return work(attempt);
      },
    },
    timeoutMs: TIMEOUT_MS,
    resetMs: RESET_MS,
    patienceMs: PATIENCE_MS,
    onState: (state) => states.push(state),
  });
});
afterEach(() => vi.useRealTimers());

const failing = async () => {
  throw new TransientError('away', 'away');
};
async function attempt(giveBack?: AbortSignal): Promise<string> {
  await guarded.ready(giveBack);
  return guarded.process(event, 1, giveBack).then(
    ({ message }) => message,
    (error) => error.code,
  );
}
async function openCircuit(): Promise<void> {
  work = failing;
  for (let n = 0; n < 10; n += 1) await attempt();
  expect(guarded.state()).toBe('open');
  calls = 0;
}

test('while it is well it is not there', async () => {
  expect(await attempt()).toBe('done');
  expect(guarded.state()).toBe('closed');
});

test('an attempt that takes too long has failed, is told to stop, and its result is nobody’s', async () => {
  let signal: AbortSignal | undefined;
  work = (its) => {
    signal = its.signal;
    return new Promise(() => undefined);
  };
  const over = attempt();
  await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
  expect(await over).toBe('processor_timeout');
  expect(signal?.aborted).toBe(true);
});

test('when half of the calls fail it opens: nothing reaches the processor, and who waits gets a turn when it is well again', async () => {
  await openCircuit();
  const waiting = [attempt(), attempt(), attempt()];
  await vi.advanceTimersByTimeAsync(RESET_MS - 1);
  expect(calls).toBe(0);
  work = async () => ({ message: 'well' });
  await vi.advanceTimersByTimeAsync(1);
  expect(await Promise.all(waiting)).toEqual(['well', 'well', 'well']);
  expect(states).toEqual(['open', 'half-open', 'closed']);
});

test('half-open, one attempt probes, and the others wait on; one that fails opens it again, and does not count', async () => {
  await openCircuit();
  const settled: string[] = [];
  const waiting = [1, 2, 3].map(async () => settled.push(await attempt().catch((error) => error.code)));
  await vi.advanceTimersByTimeAsync(RESET_MS);
  expect([calls, settled, guarded.state()]).toEqual([1, ['circuit_open'], 'open']);
  await vi.advanceTimersByTimeAsync(RESET_MS);
  expect(calls).toBe(2);
  await vi.advanceTimersByTimeAsync(PATIENCE_MS);
  await Promise.all(waiting);
});

test('who waits too long is told so, without an attempt', async () => {
  await openCircuit();
  work = () => new Promise(() => undefined);
  const probe = attempt();
  const patient = guarded.ready().catch((error) => error);
  await vi.advanceTimersByTimeAsync(PATIENCE_MS);
  const error = await patient;
  expect(error).toBeInstanceOf(TransientError);
  expect(error.code).toBe('circuit_open');
  await probe;
});

test('a process that ends cuts work short, lets nobody wait, and that is no failure of the processor', async () => {
  const stop = new AbortController();
  const signals: AbortSignal[] = [];
  work = ({ signal }) => {
    signals.push(signal);
    return new Promise(() => undefined);
  };
  const cut = Array.from({ length: 20 }, () => attempt(stop.signal));
  await vi.advanceTimersByTimeAsync(0);
  stop.abort();
  expect(new Set(await Promise.all(cut))).toEqual(new Set(['cut_short']));
  expect([signals.length, signals.every(({ aborted }) => aborted)]).toEqual([20, true]);
  expect(guarded.state()).toBe('closed');
  await expect(guarded.ready(stop.signal)).rejects.toMatchObject({ code: 'cut_short' });
  await vi.advanceTimersByTimeAsync(WINDOW_MS);
  await openCircuit();
  const later = new AbortController();
  const waiting = guarded.ready(later.signal);
  later.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'cut_short' });
});

test('a probe that is given back leaves its place to the next', async () => {
  await openCircuit();
  work = async () => ({ message: 'well' });
  const first = guarded.ready();
  const second = attempt();
  await vi.advanceTimersByTimeAsync(RESET_MS);
  await first;
  expect(calls).toBe(0);
  guarded.givenBack();
  await vi.advanceTimersByTimeAsync(0);
  expect(await second).toBe('well');
});

test('what is refused for good says nothing about the circuit', async () => {
  work = async () => {
    throw new PermanentError('no', 'no');
  };
  for (let n = 0; n < 30; n += 1) expect(await attempt()).toBe('no');
  expect(guarded.state()).toBe('closed');
});
