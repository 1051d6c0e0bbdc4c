import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProducerEntry } from '../verdict/history.ts';
import { createProducerLog, ProducerLogError, parseProducerLog } from './producer-log.ts';

const intent: ProducerEntry = { kind: 'intent', id: 'a', key: 'k', sequence: 1, amount: 5, poison: false, atMs: 1 };
const outcome: ProducerEntry = { kind: 'outcome', id: 'a', outcome: 'acked', atMs: 2 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heartline-producer-log-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('the producer’s log', () => {
  test('is read as it was written, in order', async () => {
    const file = join(folder, 'one.jsonl');
    const log = await createProducerLog(file);
    const entries = Array.from({ length: 200 }, (_, n): ProducerEntry => ({ ...intent, id: `m${n}`, sequence: n + 1 }));
    await Promise.all(entries.map((entry) => log.append(entry)));
    await log.append(outcome);
    await log.close();
    expect(parseProducerLog(await readFile(file, 'utf8'))).toEqual([...entries, outcome]);
  });

  test('has an entry on disk once its append has resolved', async () => {
    const file = join(folder, 'two.jsonl');
    const log = await createProducerLog(file);
    await log.append(intent);
    expect(parseProducerLog(await readFile(file, 'utf8'))).toEqual([intent]);
    await log.close();
  });

  test('is not written over', async () => {
    const file = join(folder, 'three.jsonl');
    await (await createProducerLog(file)).close();
    await expect(createProducerLog(file)).rejects.toThrow('EEXIST');
  });

  test('a line that was being written when the process ended is left out', () => {
    expect(parseProducerLog(`${JSON.stringify(intent)}\n{"kind":"outc`)).toEqual([intent]);
    expect(parseProducerLog('')).toEqual([]);
  });

  test.each([
    ['text', 'nonsense'],
    ['half a line in the middle', '{"kind":"outc'],
    ['an empty line', ''],
    ['null', 'null'],
    ['another outcome', JSON.stringify({ ...outcome, outcome: 'perhaps' })],
    ['a sequence that is text', JSON.stringify({ ...intent, sequence: '1' })],
  ])('%s is refused, with its line', (_name, line) => {
    const text = `${JSON.stringify(intent)}\n${line}\n`;
    expect(() => parseProducerLog(text)).toThrow(ProducerLogError);
    expect(() => parseProducerLog(text)).toThrow('line 2');
  });
});
