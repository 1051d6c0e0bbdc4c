import { expect, test } from 'vitest';
import type { AlertJournal } from './journal.ts';
import { type AlertServer, type Answer, type Script, STORE, startAlertServer } from './testing/alert-server.ts';
import { expectDelivered } from './testing/delivered.ts';
import { type PlayOptions, play } from './testing/play.ts';
import { bundledCases, temporaryFolder } from './testing/recording-files.ts';
import type { WardEvent } from './ward.ts';

/** Cases with 62, 18 and 4 episodes, and one with none. */
const CASES = [4158, 3631, 2453, 13] as const;
const STOP_AFTER_STORED = 30;
/** The client's patience where a test wants it to run out; a slow answer takes twice as long. */
const QUICK_TIMEOUT_MS = 250;
/** One alert in so many is at first answered after the client has given up. */
const SLOW_ONE_IN = 20;
const FAILURES: readonly Answer[] = [
  { kind: 'status', status: 500 },
  { kind: 'cut' },
  { kind: 'status', status: 503, retryAfter: '0' },
  { kind: 'cut-after-storing' },
  { kind: 'status', status: 429 },
  { kind: 'status', status: 404 },
];

/** Fails none, one or two attempts of each alert, in one way or another, by the order in which alerts come. */
function failing(): Script {
  const numbers = new Map<string, number>();
  return ({ eventId }, attempt) => {
    const number = numbers.get(eventId) ?? numbers.size;
    numbers.set(eventId, number);
    if (attempt === 1 && number % SLOW_ONE_IN === 0) return { kind: 'store-late', afterMs: QUICK_TIMEOUT_MS * 2 };
    return attempt <= number % 3 ? (FAILURES[(number + attempt) % FAILURES.length] ?? STORE) : STORE;
  };
}

/** Plays the cases against a failing server, is stopped in the middle and goes on; then the server is looked at. */
async function playTwice(check: (server: AlertServer) => Promise<void>, parts: PlayOptions = {}): Promise<void> {
  await using folder = await temporaryFolder();
  await using server = await startAlertServer(failing());
  const stop = new AbortController();
  const onEvent = (event: WardEvent) => {
    if (event.type === 'settled' && server.stored.length >= STOP_AFTER_STORED) stop.abort();
  };
  const options = {
    recordings: await bundledCases(...CASES),
    state: folder.path,
    url: server.url,
    mostPending: 10,
    ...parts,
  };
  await play({ ...options, onEvent, signal: stop.signal });
  expect(server.stored.length, 'alerts stored before the stop').toBeLessThan(84);
  // With fewer beds it is another ward: it starts over, and all that was sent before is sent again.
  expect(await play({ ...options, beds: 2 })).toMatchObject({ refused: 0, pending: 0 });
  await check(server);
}

async function allDelivered(server: AlertServer): Promise<void> {
  await expectDelivered(server, (await bundledCases(...CASES)).arrhythmia);
}

test('errors, cut connections, slow answers and a restart: each episode is stored, always with one body', async () => {
  await playTwice(async (server) => {
    await allDelivered(server);
    expect(Math.max(...[...server.received.values()].map((bodies) => bodies.length))).toBeGreaterThan(2);
  });
});

test('a monitor that forgets when it first detected an episode fails that test', async () => {
  let detections = 0;
  const journalOf = (journal: AlertJournal): AlertJournal => ({
    ...journal,
    record(body) {
      detections += 1;
      const detectedAt = new Date(detections).toISOString();
      return { ...journal.record(body), body: { ...body, detectedAt } };
    },
  });
  await expect(playTwice(allDelivered, { journalOf })).rejects.toThrow(/different bodies/);
});

test('a monitor that sends an alert once only fails that test', async () => {
  const deliveryOf: NonNullable<PlayOptions['deliveryOf']> = (deliver) => async (alert, signal) => {
    const result = await deliver(alert, signal);
    return result.status === 'retry' ? { status: 'stored' } : result;
  };
  await expect(playTwice(allDelivered, { deliveryOf })).rejects.toThrow(/deeply equal/);
});

/** Alerts come one at a time from each device and in order; no more than two are in flight. */
async function inOrder(server: AlertServer): Promise<void> {
  expect(server.most.openOfOneDevice, 'alerts of one device in flight').toBe(1);
  expect(server.most.open).toBeLessThanOrEqual(2);
  for (const device of new Set(server.stored.map(({ deviceId }) => deviceId))) {
    const onsets = server.stored
      .filter(({ deviceId }) => deviceId === device)
      .map(({ evidence }) => evidence.onsetSecond);
    expect(onsets).toEqual([...onsets].sort((a, b) => a - b));
  }
}

/** Plays to the end in one run, with time for the late answers: a request given up would still be open at the server. */
async function playPatiently(parts: PlayOptions = {}): Promise<void> {
  await using folder = await temporaryFolder();
  await using server = await startAlertServer(failing());
  await play({
    recordings: await bundledCases(...CASES),
    state: folder.path,
    url: server.url,
    mostInFlight: 2,
    ...parts,
  });
  await inOrder(server);
}

test('a device sends one alert at a time, in order; no more than allowed are in flight', () => playPatiently());

test('a monitor that does not wait for the answer fails that test', async () => {
  const running: Promise<unknown>[] = [];
  const deliveryOf: NonNullable<PlayOptions['deliveryOf']> = (deliver) => async (alert, signal) => {
    running.push(deliver(alert, signal));
    if (running.length % 10 === 0) await Promise.all(running);
    return { status: 'stored' };
  };
  await expect(playPatiently({ deliveryOf })).rejects.toThrow(/alerts of one device in flight/);
});

test('what the server refuses is given up, counted, and holds nothing else up', async () => {
  await using folder = await temporaryFolder();
  await using server = await startAlertServer(({ kind }) =>
    kind === 'VT' ? { kind: 'status', status: 409, code: 'event_conflict' } : STORE,
  );
  const codes = new Set<string>();
  const counters = await play({
    recordings: await bundledCases(3631, 2453),
    state: folder.path,
    url: server.url,
    onEvent(event) {
      if (event.type === 'settled' && event.outcome === 'refused') codes.add(event.code);
    },
  });
  expect(counters).toMatchObject({ detected: 22, stored: 2, refused: 20, pending: 0 });
  expect([...codes]).toEqual(['event_conflict']);
  expect([...server.received.values()].every((bodies) => bodies.length === 1)).toBe(true);
});

test('Retry-After is waited for', async () => {
  await using folder = await temporaryFolder();
  await using server = await startAlertServer((_alert, attempt) =>
    attempt === 1 ? { kind: 'status', status: 503, retryAfter: '7' } : STORE,
  );
  const waits: number[] = [];
  await play({
    recordings: await bundledCases(6354),
    state: folder.path,
    url: server.url,
    clock: {
      wallMs: Date.now,
      monotonicMs: () => performance.now(),
      sleep: async (durationMs) => {
        waits.push(durationMs);
      },
    },
  });
  expect(waits).toEqual([7000]);
  expect(server.stored).toHaveLength(1);
});
