import { DeleteStreamRequest } from 'rabbitmq-stream-js-client/dist/requests/delete_stream_request.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { encodeMessage } from '../triggers/stream-client/encode-message.ts';
import { consumePartition } from '../triggers/stream-client/partition.ts';
import { streamEnd } from '../triggers/stream-client/stream-end.ts';
import { BOOT_TIMEOUT_MS, streamBroker, type TestStreamBroker } from '../triggers/stream-client/test-stream-broker.ts';
import { contents } from '../triggers/stream-publisher/test-contents.ts';
import { deadLettersLeft } from './redrive.ts';
import { deadLetters, letter } from './test-dead-letters.ts';

const DEADLINE_MS = 60_000;
let broker: TestStreamBroker;
beforeAll(async () => {
  broker = await streamBroker();
}, BOOT_TIMEOUT_MS);
afterAll(() => broker.close(), BOOT_TIMEOUT_MS);

const numbered = (count: number, partition: string) =>
  Array.from({ length: count }, (_, index) => letter(String(index), { partition }));
const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index));

test('all go to the streams they came from, unchanged, once; then there is nothing left', async () => {
  await Promise.all(['raw-0', 'raw-1'].map((stream) => broker.createStream(stream)));
  const { run, position } = await deadLetters(broker, 'dead-all', [
    letter('a'),
    letter('b', { partition: 'raw-1' }),
    letter('c', { functionName: 'Löschen 💔'.repeat(30), undecodable: 'no section', failure: undefined }),
  ]);
  expect(await deadLettersLeft(broker.url, 'dead-all')).toBe(3n);
  const { code, text } = await run();
  expect(text).toContain('Redriven: 3 dead letters');
  expect(await deadLettersLeft(broker.url, 'dead-all')).toBe(0n);
  expect(code).toBe(0);
  expect(await position()).toBe(3n);
  expect(await run()).toMatchObject({ code: 0, text: 'No dead letter is left in dead-all: nothing to redrive.' });
  expect(await contents(broker, 'raw-0')).toEqual(['a', 'c']);
  expect(await contents(broker, 'raw-1')).toEqual(['b']);
});

test('more than a page, with a dead letter that comes back while it runs: it ends', {
  timeout: DEADLINE_MS,
}, async () => {
  await broker.createStream('many');
  const { run, position } = await deadLetters(broker, 'dead-many', numbered(1_203, 'many'));
  const running = run();
  await broker.publish('dead-many', [letter('back', { partition: 'many' })]);
  expect((await running).code).toBe(0);
  expect(await position()).toBeGreaterThanOrEqual(1_203n);
  await run();
  expect(await contents(broker, 'many')).toEqual([...numbers(1_203), 'back']);
});

test('--list and --dry-run say what there is and change nothing', async () => {
  await broker.createStream('listed');
  const poison = { partition: 'listed', condition: 'Undecodable', failure: undefined };
  const hostile = { partition: 'listed', failure: { code: `\u001b[2J${'x'.repeat(99)}`, name: '', message: '' } };
  const { run, position } = await deadLetters(broker, 'dead-listed', [
    ...numbered(3, 'listed'),
    letter('x', poison),
    letter('y', hostile),
  ]);
  const listed = await run(['--list']);
  expect(listed.code).toBe(0);
  expect(listed.text).toMatch(/listed +0–2 +RetryAttemptsExhausted db_down +3\n/);
  expect(listed.text).toMatch(/listed +3 +Undecodable +1\n/);
  expect(listed.text).not.toContain('\u001b');
  expect(Math.max(...listed.lines.map((line) => [...line].length))).toBeLessThanOrEqual(80);
  const dry = await run(['--dry-run', '--limit', '4']);
  expect(dry.text).toContain('Would be redriven: 4 dead letters (the limit)');
  expect(await position()).toBeUndefined();
  expect(await contents(broker, 'listed')).toEqual([]);
});

test('a part of them, by stream, function and number: the rest stays, and none is stored twice or lost', async () => {
  await Promise.all(['part-0', 'part-1'].map((stream) => broker.createStream(stream)));
  const { run, position } = await deadLetters(broker, 'dead-part', [
    letter('0 other', { partition: 'part-0', functionName: 'notify' }),
    letter('1', { partition: 'part-1' }),
    letter('2', { partition: 'part-0' }),
    letter('3', { partition: 'part-1' }),
    letter('4', { partition: 'part-0' }),
  ]);
  await run(['--stream', 'part-1']);
  expect(await contents(broker, 'part-1')).toEqual(['1', '3']);
  expect(await position()).toBeUndefined();
  await run(['--function', 'store', '--limit', '1']);
  expect(await contents(broker, 'part-0')).toEqual(['2']);
  expect((await run(['--list'])).text).toContain('Redriven before: 3 dead letters');
  expect((await run(['--limit', '1'])).text).toContain('Redriven: 1 dead letter (the limit)');
  expect(await position()).toBe(4n);
  await run();
  expect(await contents(broker, 'part-0')).toEqual(['2', '0 other', '4']);
  expect(await contents(broker, 'part-1')).toEqual(['1', '3']);
  expect(await position()).toBe(5n);
});

test('what cannot be redriven is named, counted, kept, and exit code 1; the others go', async () => {
  await broker.createStream('good');
  const { run, position } = await deadLetters(broker, 'dead-bad', [
    letter('first', { partition: 'good' }),
    encodeMessage({ content: Buffer.from('hello'), contentType: 'text/plain' }),
    letter('of a stream that is gone', { partition: 'gone' }),
    letter('of no stream', { partition: 'Übel' }),
    letter('of itself', { partition: 'dead-bad' }),
    letter('cut', { partition: 'good', bytes: Buffer.alloc(1_048_576) }),
    letter('last', { partition: 'good' }),
  ]);
  const { code, lines, text } = await run();
  expect(code).toBe(1);
  expect(lines.filter((line) => line.startsWith('✗'))).toHaveLength(5);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(text).toContain('✗ offset 2: its stream gone is gone');
  expect(text).toContain('Cannot be redriven, and stay: 5 dead letters');
  expect(await position()).toBe(1n);
  await broker.createStream('gone');
  expect((await run()).text).toContain('Redriven: 1 dead letter\n');
  expect(await contents(broker, 'gone')).toEqual(['of a stream that is gone']);
  expect(await contents(broker, 'good')).toEqual(['first', 'last']);
  const skipped = await run(['1', '3', '4', '5'].flatMap((offset) => ['--skip', offset]));
  expect(skipped).toMatchObject({ code: 0, text: expect.stringContaining('Left for good, as asked: 4') });
  expect(await run()).toMatchObject({ code: 0, text: 'No dead letter is left in dead-bad: nothing to redrive.' });
});

test('one of them, whole; what its author put in obeys nobody', async () => {
  const failure = { code: 'bad', name: 'PermanentError', message: 'no\u001b[2J such kind' };
  const { run, position } = await deadLetters(broker, 'dead-shown', [
    letter('{"kind":"X"}', { failure }),
    letter('', { bytes: Buffer.from([0xff, 0x00, 0xfe]), undecodable: 'no section' }),
  ]);
  const { code, text } = await run(['--show', '0']);
  expect(code).toBe(0);
  expect(text).toMatchInlineSnapshot(`
    "record      raw-0, offset 7, of 1970-01-01T00:00:01.000Z
    given up on by store at 1970-01-01T00:00:02.000Z, after 3 attempts
    condition   RetryAttemptsExhausted
    error       bad: PermanentError: no�[2J such kind
    property    id: {"kind":"X"}
    content     12 bytes
    {"kind":"X"}"
  `);
  expect((await run(['--show', '1'])).text).toContain('no message  no section\nbytes       3\nff00fe');
  expect(await run(['--show', '2'])).toMatchObject({ code: 1, text: expect.stringContaining('ends at 2') });
  expect(await position()).toBeUndefined();
});

test('what is wrong with many is one line', async () => {
  const { run } = await deadLetters(broker, 'dead-alike', numbered(40, 'missing'));
  const { code, lines } = await run();
  expect(code).toBe(1);
  expect(lines.filter((line) => line.startsWith('✗'))).toEqual(['✗ 40 of offsets 0–39: its stream missing is gone']);
});

test('a stream that none of them is of: exit code 1, and what there is', async () => {
  await broker.createStream('asked-w0');
  const { run } = await deadLetters(broker, 'dead-asked', numbered(3, 'asked-w0'));
  const { code, text } = await run(['--stream', 'aske']);
  expect(code).toBe(1);
  expect(text).toContain('    3 store of asked-w0');
  expect(await contents(broker, 'asked-w0')).toEqual([]);
});

test('no stream, and an empty one, are no fault', async () => {
  const { run } = await deadLetters(broker, 'dead-none', []);
  expect(await run()).toMatchObject({ code: 0, text: 'No dead letter is left in dead-none: nothing to redrive.' });
  const client = await broker.connect();
  await client.request(new DeleteStreamRequest('dead-none'));
  expect(await run()).toMatchObject({ code: 0, text: 'There is no stream dead-none: nothing to redrive.' });
});

test('a stream of dead letters that was deleted and made again hides nothing', async () => {
  await broker.createStream('twice');
  const first = await deadLetters(broker, 'dead-twice', numbered(5, 'twice'));
  await first.run();
  const client = await broker.connect();
  await client.request(new DeleteStreamRequest('dead-twice'));
  const again = await deadLetters(broker, 'dead-twice', [letter('new', { partition: 'twice' })]);
  await again.run();
  expect(await contents(broker, 'twice')).toEqual([...numbers(5), 'new']);
});

test('the end of a stream is known exactly, whatever its chunks and the offsets that stored positions take up', async () => {
  const { run } = await deadLetters(broker, 'dead-end', []);
  await broker.createStream('ends');
  const [client, reader] = await Promise.all([broker.connect(), broker.connect()]);
  expect(await streamEnd(client, 'dead-end')).toBe(0n);
  const offsets: bigint[] = [];
  await consumePartition({
    client: reader,
    stream: 'dead-end',
    consumerName: 'reader',
    singleActive: false,
    offset: 'first',
    onRecord: ({ offset }) => void offsets.push(offset),
  });
  let count = 0;
  for (const records of [1, 7, 300, 2, 1]) {
    await broker.publish('dead-end', numbered(records, 'ends'));
    count += records;
    await eventually('all records', () => offsets.length === count);
    const end = (offsets.at(-1) ?? 0n) + 1n;
    for (let time = 0; time < 10; time += 1) expect(await streamEnd(client, 'dead-end')).toBe(end);
    await run();
    expect(await streamEnd(client, 'dead-end')).toBe(end);
  }
  expect(offsets.at(-1)).toBeGreaterThan(BigInt(count));
});

test('a broker that is not there is an error that says so', async () => {
  const { run } = await deadLetters(broker, 'dead-away', []);
  const away = run([], { url: 'rabbitmq-stream://127.0.0.1:1' });
  await expect(away).rejects.toMatchObject({ code: 'broker_unavailable', retriable: true });
});

test('picked out by their event, or by when they were given up on: only those, and the others stay', async () => {
  await Promise.all(['picked-p0', 'picked-p1'].map((stream) => broker.createStream(stream)));
  const of = (eventId: string, more: object = {}) =>
    letter(eventId, {
      partition: 'picked-p0',
      bytes: encodeMessage({ content: Buffer.from(eventId), applicationProperties: { eventId } }),
      ...more,
    });
  const [early, late] = [Date.parse('2026-01-01T00:00:00Z'), Date.parse('2026-02-01T00:00:00Z')];
  const { run, position } = await deadLetters(broker, 'dead-picked', [
    of('a', { atMs: early }),
    of('b', { atMs: early, partition: 'picked-p1' }),
    of('c', { atMs: late }),
  ]);
  expect((await run(['picked', '--event', 'c'])).code).toBe(0);
  expect(await contents(broker, 'picked-p0')).toEqual(['c']);
  expect(await run(['--event', 'nobody'])).toMatchObject({ code: 1 });
  expect((await run(['--since', '2026-01-15T00:00:00Z'])).code).toBe(0);
  expect(await contents(broker, 'picked-p0')).toEqual(['c', 'c']);
  expect((await position()) ?? 0n).toBe(0n);
  // None of the others is taken for done by that.
  expect((await run(['picked'])).code).toBe(0);
  expect(await contents(broker, 'picked-p0')).toEqual(['c', 'c', 'a', 'c']);
  expect(await contents(broker, 'picked-p1')).toEqual(['b']);
});
