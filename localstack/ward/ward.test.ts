import { expect, test } from 'vitest';
import type { AlertBody } from './alert.ts';
import { findRecordings } from './find-recordings.ts';
import { BUNDLED_RECORDINGS } from './folders.ts';
import { openJournal } from './journal.ts';
import { openPosition } from './position.ts';
import { startAlertServer } from './testing/alert-server.ts';
import { expectDelivered, expectedEventIds } from './testing/delivered.ts';
import { play } from './testing/play.ts';
import { bundledCases, temporaryFolder } from './testing/recording-files.ts';
import { virtualClock } from './testing/virtual-clock.ts';
import { REWIND_SECONDS, type WardEvent } from './ward.ts';

test('all bundled recordings, replayed twice: the second time the same bodies again', async () => {
  await using folder = await temporaryFolder();
  await using server = await startAlertServer();
  const recordings = await findRecordings([BUNDLED_RECORDINGS]);
  const first = await play({ recordings, state: folder.path, url: server.url });
  const second = await play({ recordings, state: folder.path, url: server.url, beds: 5 });
  expect(first).toMatchObject({
    beds: 12,
    detected: 170,
    repeated: 0,
    stored: 170,
    redelivered: 0,
    refused: 0,
    pending: 0,
  });
  expect(first.perKind).toEqual({ VT: 62, SVTA: 94, AVB: 14 });
  expect(second).toMatchObject({
    beds: 5,
    detected: 0,
    repeated: 170,
    stored: 0,
    redelivered: 170,
    refused: 0,
    pending: 0,
  });
  await expectDelivered(server, recordings.arrhythmia);
  expect([...server.received.values()].every((bodies) => bodies.length === 2)).toBe(true);
});

test('with the same clock two wards that know nothing of each other send the same bodies', async () => {
  const recordings = await bundledCases(3631, 6354, 2453);
  const bodies = async () => {
    await using folder = await temporaryFolder();
    const sent: AlertBody[] = [];
    await play({
      recordings,
      state: folder.path,
      clock: { ...virtualClock(), wallMs: () => Date.UTC(2026, 0, 1) },
      deliver: async (alert) => {
        sent.push(alert);
        return { status: 'stored' };
      },
    });
    return sent.map((alert) => JSON.stringify(alert)).sort();
  };
  const first = await bodies();
  expect(first).toHaveLength(23);
  expect(await bodies()).toEqual(first);
});

test('what an alert says', async () => {
  await using folder = await temporaryFolder();
  const sent: AlertBody[] = [];
  await play({
    recordings: await bundledCases(6354),
    state: folder.path,
    clock: { ...virtualClock(), wallMs: () => Date.UTC(2026, 0, 1, 12) },
    deliver: async (alert) => {
      sent.push(alert);
      return { status: 'stored' };
    },
  });
  expect(sent).toEqual([
    {
      eventId: expect.stringMatching(/^[0-9a-f-]{14}5[0-9a-f-]{21}$/),
      patientId: 'vdb-6354',
      deviceId: 'mon-icu-1-bed-01',
      ward: 'icu-1',
      kind: 'VT',
      severity: 'high',
      detectedAt: '2026-01-01T12:00:00.000Z',
      evidence: {
        recording: 'vitaldb-arrhythmia/6354',
        bed: 'bed-01',
        onsetSecond: 4735.908333333334,
        beatType: 'V',
        heartRateBpm: expect.any(Number),
        rrMs: expect.arrayContaining([864, 886]),
        badSignalQuality: false,
      },
    },
  ]);
});

test('vital signs beside the rhythm: one reading a second, repeated for as long as the stay lasts', async () => {
  await using folder = await temporaryFolder();
  const events: WardEvent[] = [];
  const found = await bundledCases(2699);
  const recordings = { ...found, numerics: found.numerics.filter(({ id }) => id === '19') };
  await play({ recordings, state: folder.path, onEvent: (event) => events.push(event) });
  const readings = events.flatMap((event) => (event.type === 'reading' ? [event.reading] : []));
  // The case lasts 613.3 s, so seconds 0 to 613; the vital signs have 481.
  expect(readings.map(({ second }) => second)).toEqual(Array.from({ length: 614 }, (_, index) => index));
  const place = { ward: 'icu-1', bed: 'bed-01', deviceId: 'mon-icu-1-bed-01', patientId: 'vdb-2699' };
  expect(readings[0]).toEqual({ ...place, second: 0, HR: 74, PULSE: null, RESP: 15, SpO2: null });
  expect(readings[481]).toEqual({ ...readings[0], second: 481 });
  expect(events.map(({ type }) => type).filter((type) => type !== 'reading')).toEqual(
    expect.arrayContaining(['started', 'admitted', 'alert', 'settled', 'discharged']),
  );
});

test('without once a bed admits patient after patient; when all had their turn, they come again as new events', async () => {
  await using folder = await temporaryFolder();
  const recordings = await bundledCases(4398, 6354, 3366);
  const stop = new AbortController();
  const ids = new Set<string>();
  const admitted: string[] = [];
  await play({
    recordings,
    state: folder.path,
    beds: 2,
    once: false,
    signal: stop.signal,
    onEvent(event) {
      if (event.type === 'admitted') admitted.push(`${event.patientId}#${event.admission}`);
      if (event.type === 'alert') ids.add(event.alert.eventId);
      if (event.type === 'alert' && ids.size === 6) stop.abort();
    },
  });
  expect(admitted.slice(0, 3)).toEqual(['vdb-3366#1', 'vdb-4398#1', 'vdb-6354#1']);
  expect(new Set(admitted).size).toBe(admitted.length);
  const twice = [
    ...(await expectedEventIds(recordings.arrhythmia, 1)),
    ...(await expectedEventIds(recordings.arrhythmia, 2)),
  ];
  expect([...ids]).toEqual(expect.arrayContaining(twice));
});

test('a stopped ward goes on half a minute before where it was', async () => {
  await using folder = await temporaryFolder();
  await using server = await startAlertServer();
  const recordings = await bundledCases(4158, 3631);
  const stop = new AbortController();
  const seconds: number[] = [];
  const onEvent = (event: WardEvent) => {
    if (event.type === 'started') seconds.push(event.wardSecond);
    if (event.type === 'alert' && server.stored.length >= 20) stop.abort();
  };
  const clock = virtualClock();
  const options = {
    recordings,
    state: folder.path,
    url: server.url,
    clock: { ...clock, wallMs: Date.now },
    onEvent,
    mostPending: 1,
  };
  const first = await play({ ...options, signal: stop.signal });
  expect(openPosition(folder.path).load()?.wardSecond).toBe(first.wardSecond);
  const second = await play(options);
  expect(seconds).toEqual([0, first.wardSecond - REWIND_SECONDS]);
  expect(second.repeated).toBeGreaterThan(0);
  expect(second.readings).toBeLessThan(first.readings + second.readings);
  await expectDelivered(server, recordings.arrhythmia);
  // Played to its end, it starts from the beginning again.
  expect(openPosition(folder.path).load()).toBeUndefined();
});

test('another number of beds starts the ward over, and loses nothing', async () => {
  await using folder = await temporaryFolder();
  await using server = await startAlertServer();
  const recordings = await bundledCases(4158, 3631);
  const stop = new AbortController();
  const onEvent = (event: WardEvent) => {
    if (event.type === 'alert' && server.stored.length >= 10) stop.abort();
  };
  await play({ recordings, state: folder.path, url: server.url, onEvent, mostPending: 1, signal: stop.signal });
  await play({ recordings, state: folder.path, url: server.url, beds: 1 });
  await expectDelivered(server, recordings.arrhythmia);
});

test('a ward whose server is away stands still when its journal is full, and stops when asked', async () => {
  await using folder = await temporaryFolder();
  const stop = new AbortController();
  const counters = await play({
    recordings: await bundledCases(4158),
    state: folder.path,
    mostPending: 5,
    signal: stop.signal,
    deliver: async () => ({ status: 'retry', reason: 'away' }),
    onEvent(event) {
      if (event.type === 'retrying' && event.attempt === 3) stop.abort();
    },
  });
  expect(counters).toMatchObject({ detected: 5, pending: 5, stored: 0 });
  const journal = openJournal(folder.path);
  expect(journal.pending()).toHaveLength(5);
  journal.close();
});

test('beds that cannot be filled and a recording that cannot be read are errors', async () => {
  await using folder = await temporaryFolder();
  const recordings = await bundledCases(6354, 13);
  await expect(play({ recordings, state: folder.path, beds: 3 })).rejects.toThrow(
    '3 beds cannot be filled: give 1 to 2',
  );
  const gone = { arrhythmia: [{ id: '7', file: `${folder.path}/Annotation_file_7.csv` }], numerics: [] };
  await expect(play({ recordings: gone, state: folder.path })).rejects.toThrow(
    /Annotation_file_7\.csv: cannot be read \(ENOENT\)/,
  );
});
