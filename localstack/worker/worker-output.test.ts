import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWorkerOutput } from './worker-output.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'worker-output-'));
});
afterEach(() => rm(home, { recursive: true }));

const LINE = '{"level":"INFO","timestamp":"2026-01-01T00:00:00.000Z","message":"hello","function":"f","patient":"p"}';
const EMF =
  '{"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"Heartline","Dimensions":[["service"]],"Metrics":[{"Name":"trigger_reconnects_total","Unit":"Count"}]}]},"service":"heartline","trigger_reconnects_total":2}';

/** What is written to a terminal, of lines from two replicas. */
async function written(isTTY: boolean) {
  let text = '';
  const terminal = { isTTY, columns: 80, write: (more: string) => (text += more) };
  const output = createWorkerOutput({ name: 'f', home, terminal, warn: (message) => expect.fail(message) });
  const streams = [new PassThrough(), new PassThrough()];
  for (const [index, stream] of streams.entries()) output.read(stream, index + 1);
  streams[0]?.write(`${EMF}\n${LINE.slice(0, 20)}`);
  streams[1]?.end('not JSON\u001b[2J\n');
  streams[0]?.end(`${LINE.slice(20)}\n`);
  await Promise.all(streams.map((stream) => new Promise((resolve) => stream.once('close', resolve))));
  const metrics = await output.bridge.render();
  await output.close();
  return { text, metrics, logs: output.logs };
}

test('at a terminal: pretty, each line with its replica in front, nothing that moves the cursor', async () => {
  const { text } = await written(true);
  const lines = stripVTControlCharacters(text).trimEnd().split('\n');
  expect(lines.every((line) => /^[12] │ /.test(line))).toBe(true);
  expect(lines.find((line) => line.includes('hello'))).toMatch(/^1 │ 00:00:00\.000/);
  expect(lines.find((line) => line.includes('not JSON'))).toMatch(/^2 │ /);
  expect(text).not.toContain('\u001b[2J');
});

test('elsewhere: lines as they are; EMF becomes metrics; the log has them all', async () => {
  const { text, metrics, logs } = await written(false);
  expect(text.split('\n')).toContain(LINE);
  expect(text).not.toContain('_aws');
  expect(metrics).toContain('trigger_reconnects_total 2');
  const log = await readFile(join(logs, 'heartline.jsonl'), 'utf8');
  expect(log).toContain(LINE);
  expect(log).toContain('"source":"worker 2","message":"not JSON"');
});
