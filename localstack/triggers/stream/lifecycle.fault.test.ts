import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BOOT_TIMEOUT_MS } from '../../testing/broker.ts';
import { eventually } from '../../testing/eventually.ts';
import { testPeer } from '../stream-client/test-peer.ts';
import { testProxy } from '../stream-client/test-proxy.ts';
import { type KillableBroker, killableBroker } from './test-killable-broker.ts';
import { onStreams } from './test-on-streams.ts';
import { messages, type TestSource } from './test-source.ts';
import { DEFAULT_TUNING } from './tuning.ts';

const DEADLINE_MS = 30_000;
const TEST_TIMEOUT_MS = 90_000;
const STOPPER = join(import.meta.dirname, '../fixtures/stream-stopper.ts');
/** What a stop may take past its deadline, and as much again for a busy machine. */
const LATE_MS = 2 * (DEFAULT_TUNING.storeGraceMs + DEFAULT_TUNING.goodbyeMs) + 1_000;
const forever = () => new Promise<never>(() => undefined);
let broker: KillableBroker;
beforeAll(async () => {
  broker = await killableBroker();
}, BOOT_TIMEOUT_MS);
afterAll(() => broker.close(), BOOT_TIMEOUT_MS);

const { newStream, started } = onStreams(() => broker, { timeoutMs: DEADLINE_MS });

async function stopsWithin(source: TestSource, deadlineMs: number): Promise<void> {
  const startMs = performance.now();
  await Promise.all([source.source.stop({ deadlineMs }), source.source.stop({ deadlineMs })]);
  expect(performance.now() - startMs).toBeLessThan(deadlineMs + LATE_MS);
  expect(source.source.health()).toMatchObject({ status: 'stopped', partitions: [] });
}

describe('stop settles soon after its deadline', () => {
  test(
    'before there is a broker, and while one does not answer',
    async () => {
      const gone = await testPeer(() => undefined);
      gone.close();
      const silent = await testPeer(() => undefined);
      for (const url of [gone.url, silent.url]) {
        const source = await started({ stream: 'any' }, undefined, {}, url);
        expect(source.source.health().status).not.toBe('running');
        await stopsWithin(source, 100);
        expect(source.events.filter(({ type }) => type === 'connected')).toEqual([]);
      }
      silent.close();
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'while it connects: what is connected later does not subscribe',
    async () => {
      const stream = await newStream('a');
      const proxy = await testProxy(broker.url);
      proxy.freeze();
      const source = await started({ stream }, undefined, {}, proxy.url);
      await stopsWithin(source, 0);
      await proxy.close();
      expect(source.invocations).toEqual([]);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'while it takes a partition over, which hangs; the partition is free afterwards',
    async () => {
      const stream = await newStream('a');
      let asked = 0;
      const takeOver = async () => {
        asked += 1;
        return await forever();
      };
      const fencedStore = { takeOver, moveCheckpoint: forever };
      const source = await started({ stream, checkpoint: 'postgres' }, undefined, { fencedStore });
      await eventually('the take-over', () => asked > 0, DEADLINE_MS);
      await stopsWithin(source, 100);
      const next = await started({ stream });
      await next.handled(1);
      await next.stop();
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'a handler that never returns, a checkpoint that is never answered',
    async () => {
      const stream = await newStream('a');
      const hangs = await started({ stream }, forever);
      await hangs.handled(1);
      await stopsWithin(hangs, 100);
      const fencedStore = {
        takeOver: async () => ({ epoch: 1n, position: undefined }),
        moveCheckpoint: forever,
      };
      const unanswered = await started({ stream, checkpoint: 'postgres' }, undefined, { fencedStore });
      await unanswered.handled(1);
      await stopsWithin(unanswered, 100);
      expect(unanswered.logger.lines.at(-1)?.level).toBe('warn');
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'during a release',
    async () => {
      await broker.within(async (client) => {
        const { CreateSuperStreamRequest } = await import(
          'rabbitmq-stream-js-client/dist/requests/create_super_stream_request.js'
        );
        const partitions = ['moving-a', 'moving-b'];
        await client.request(
          new CreateSuperStreamRequest({ streamName: 'moving', partitions, bindingKeys: ['a', 'b'] }),
        );
      });
      for (const part of ['a', 'b']) await broker.publish(`moving-${part}`, messages('x'));
      const one = await started({ superStream: 'moving' }, forever);
      await one.handled(2);
      const two = await started({ superStream: 'moving' });
      const isToMove = () => one.logger.lines.some(({ message }) => message === 'partition is to move');
      await eventually('the release', isToMove, DEADLINE_MS);
      await stopsWithin(one, 100);
      await two.handled(2);
      await two.stop();
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'with a broker that has fallen silent, and one that is dead',
    async () => {
      const stream = await newStream('a');
      const proxy = await testProxy(broker.url);
      const silenced = await started({ stream }, forever, {}, proxy.url);
      await silenced.handled(1);
      proxy.freeze();
      await stopsWithin(silenced, 100);
      await proxy.close();
      const bereft = await started({ stream }, forever);
      await bereft.handled(1);
      await broker.kill();
      await stopsWithin(bereft, 100);
      await broker.start();
    },
    BOOT_TIMEOUT_MS,
  );
});

test(
  'nothing is left behind by a stop: a process that only ran sources ends by itself',
  async () => {
    const stream = await newStream('a');
    const child = spawn(process.execPath, [STOPPER, broker.url, stream], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    let stoppedMs = 0;
    child.stdout.on('data', (bytes: Buffer) => {
      output += bytes;
      if (output.includes('stopped all')) stoppedMs ||= performance.now();
    });
    try {
      const code = await new Promise((resolve) => child.once('exit', resolve));
      expect(output).toContain('stopped all');
      expect(code).toBe(0);
      expect(performance.now() - stoppedMs).toBeLessThan(LATE_MS);
    } finally {
      child.kill('SIGKILL');
    }
  },
  TEST_TIMEOUT_MS,
);
