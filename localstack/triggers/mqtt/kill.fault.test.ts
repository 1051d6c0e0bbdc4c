import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import { BOOT_TIMEOUT_MS, type TestBroker, testBroker } from './test-broker.ts';

const CONSUMER = join(import.meta.dirname, '../fixtures/mqtt-consumer.ts');
const DEADLINE_MS = 40_000;
const TEST_TIMEOUT_MS = 120_000;

let broker: TestBroker;
let publisher: MqttClient;
let folder: string;
let children: ChildProcess[] = [];
let base: string;
let tests = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mqtt-kill-'));
  broker = await testBroker();
  publisher = await broker.client();
}, BOOT_TIMEOUT_MS);
beforeEach(() => {
  tests += 1;
  base = `k${tests}`;
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
});
afterAll(async () => {
  await broker?.close();
  await rm(folder, { recursive: true, force: true });
}, BOOT_TIMEOUT_MS);

const publish = (payload: string) => publisher.publishAsync(`${base}/a`, payload, { qos: 1 });

describe('kill -9 in the middle of handlers', () => {
  const MESSAGES = 40;
  interface Line {
    readonly pid: number;
    readonly began?: number;
    readonly ended?: number;
    readonly subscribed?: true;
  }
  const linesOf = (log: string) =>
    existsSync(log)
      ? readFileSync(log, 'utf8')
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as Line)
      : [];

  async function consumer(log: string, order: string): Promise<ChildProcess> {
    const child = spawn(process.execPath, [CONSUMER, broker.url, `${base}/#`, log, '100', order], { stdio: 'ignore' });
    children.push(child);
    const isThere = () => linesOf(log).some(({ pid, subscribed }) => pid === child.pid && subscribed);
    await eventually('the consumer to be subscribed', isThere, DEADLINE_MS);
    return child;
  }

  /** Messages that no handler ended, after one consumer was killed at work and another had all the time it needed. */
  async function lostAfterKill(order: string): Promise<number> {
    const log = join(folder, `${base}.jsonl`);
    const first = await consumer(log, order);
    for (let n = 0; n < MESSAGES; n += 1) await publish(String(n));
    await eventually(
      'handlers to be at work, some done',
      () => {
        const lines = linesOf(log);
        const ended = lines.filter((line) => line.ended !== undefined).length;
        return ended >= 4 && lines.filter((line) => line.began !== undefined).length > ended;
      },
      DEADLINE_MS,
    );
    first.kill('SIGKILL');
    await new Promise((resolve) => first.once('exit', resolve));
    await consumer(log, order);
    // The last message of all is handled after what is delivered again.
    await publish(String(MESSAGES));
    const ended = () => new Set(linesOf(log).flatMap((line) => (line.ended === undefined ? [] : [line.ended])));
    const began = (pid: number | undefined) =>
      linesOf(log).filter((line) => line.pid === pid && line.began !== undefined);
    await eventually(
      'the second consumer to be done',
      () => {
        const second = children.at(-1)?.pid;
        const endedThere = linesOf(log).filter((line) => line.pid === second && line.ended !== undefined);
        return ended().has(MESSAGES) && endedThere.length === began(second).length;
      },
      DEADLINE_MS,
    );
    return MESSAGES + 1 - ended().size;
  }

  test(
    'every message is handled after the restart',
    async () => expect(await lostAfterKill('ack-last')).toBe(0),
    TEST_TIMEOUT_MS,
  );
  test(
    'mutant: a consumer that acknowledges first loses messages',
    async () => expect(await lostAfterKill('ack-first')).toBeGreaterThan(0),
    TEST_TIMEOUT_MS,
  );
});
