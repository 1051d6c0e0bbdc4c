import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AlertBody } from './alert.ts';
import { type AlertJournal, openJournal } from './journal.ts';
import { temporaryFolder } from './testing/recording-files.ts';

function alert(number: number, detectedAt = '2026-01-01T00:00:00.000Z'): AlertBody {
  return {
    eventId: `event-${number}`,
    patientId: 'vdb-0013',
    deviceId: 'mon-icu-1-bed-01',
    ward: 'icu-1',
    kind: 'VT',
    severity: 'high',
    detectedAt,
    evidence: {
      recording: 'vitaldb-arrhythmia/13',
      bed: 'bed-01',
      onsetSecond: number + 0.1,
      beatType: null,
      heartRateBpm: null,
      rrMs: [],
      badSignalQuality: false,
    },
  };
}

function idsIn(journal: AlertJournal): string[] {
  return journal.pending().map(({ eventId }) => eventId);
}

test('an alert is on disk when record returns, and keeps its first body over restarts', async () => {
  await using folder = await temporaryFolder();
  const first = openJournal(folder.path);
  expect(first.record(alert(1))).toEqual({ body: alert(1), isNew: true });
  expect(await readFile(join(folder.path, 'journal.jsonl'), 'utf8')).toBe(
    `${JSON.stringify({ eventId: 'event-1', body: alert(1) })}\n`,
  );
  // Not closed: a killed process does not close it, either.
  const second = openJournal(folder.path);
  const later = alert(1, '2026-01-02T00:00:00.000Z');
  expect(second.record(later)).toEqual({ body: alert(1), isNew: false });
  expect(JSON.stringify(second.record(later).body)).toBe(JSON.stringify(alert(1)));
  first.close();
  second.close();
});

test('what is not settled is pending, in order, over restarts', async () => {
  await using folder = await temporaryFolder();
  const first = openJournal(folder.path);
  for (const number of [3, 1, 2]) first.record(alert(number));
  first.settle('event-1', 'stored');
  first.settle('event-9', 'stored');
  first.close();
  const second = openJournal(folder.path);
  expect(idsIn(second)).toEqual(['event-3', 'event-2']);
  second.settle('event-3', 'refused');
  expect(idsIn(second)).toEqual(['event-2']);
  second.close();
});

test('a last line cut at any byte is left out, and the file is whole again', async () => {
  const line = JSON.stringify({ eventId: 'event-2', body: { ...alert(2), patientId: 'vdb-ä' } });
  const bytes = Buffer.from(line);
  for (const cut of [1, 5, 20, bytes.indexOf(0xc3) + 1, bytes.length - 1, bytes.length]) {
    await using folder = await temporaryFolder();
    const first = openJournal(folder.path);
    first.record(alert(1));
    first.close();
    const file = join(folder.path, 'journal.jsonl');
    await appendFile(file, bytes.subarray(0, cut));
    const second = openJournal(folder.path);
    expect(idsIn(second), `cut after ${cut} bytes`).toEqual(['event-1']);
    second.record(alert(3));
    second.close();
    const third = openJournal(folder.path);
    expect(idsIn(third)).toEqual(['event-1', 'event-3']);
    third.close();
  }
});

test('a damaged line before the last is an error that names it', async () => {
  for (const damaged of ['{"eventId":', 'null', '[1]', '']) {
    await using folder = await temporaryFolder();
    const file = await folder.write('journal.jsonl', `${damaged}\n{"eventId":"event-1","settled":"stored"}\n`);
    expect(() => openJournal(folder.path)).toThrow(`${file}:1: this line is not an entry of the journal`);
  }
});

test('it is written anew when it has grown long: pending alerts and the latest settled ones stay', async () => {
  await using folder = await temporaryFolder();
  const journal = openJournal(folder.path, { remembered: 5, linesPerCompaction: 40 });
  for (let number = 0; number < 200; number += 1) {
    journal.record(alert(number));
    if (number % 50 !== 0) journal.settle(`event-${number}`, 'stored');
  }
  const lines = (await readFile(join(folder.path, 'journal.jsonl'), 'utf8')).split('\n').length;
  expect(lines).toBeLessThan(60);
  const never = ['event-0', 'event-50', 'event-100', 'event-150'];
  expect(idsIn(journal)).toEqual(never);
  journal.close();
  const again = openJournal(folder.path);
  expect(idsIn(again)).toEqual(never);
  expect(again.record(alert(199, 'later')).body).toEqual(alert(199));
  expect(again.record(alert(1)).isNew).toBe(true);
  again.close();
});

test('a file cut at any byte loses at most its last line', async () => {
  await using folder = await temporaryFolder();
  const journal = openJournal(folder.path);
  for (let number = 0; number < 3; number += 1) journal.record(alert(number));
  journal.close();
  const file = join(folder.path, 'journal.jsonl');
  const whole = await readFile(file);
  for (let length = 0; length <= whole.length; length += 7) {
    await writeFile(file, whole);
    await truncate(file, length);
    const cut = openJournal(folder.path);
    expect(cut.pending()).toHaveLength(whole.subarray(0, length).toString().split('\n').length - 1);
    cut.close();
  }
});
