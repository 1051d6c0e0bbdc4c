import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { declarePublisher } from '../triggers/stream-client/publisher.ts';
import { BOOT_TIMEOUT_MS, streamBroker, type TestStreamBroker } from '../triggers/stream-client/test-stream-broker.ts';
import { contents } from '../triggers/stream-publisher/test-contents.ts';
import {
  type FrameProxy,
  frameProxy,
  KEY_CONFIRM,
  KEY_PUBLISH,
} from '../triggers/stream-publisher/test-frame-proxy.ts';
import type { Declare } from './lanes.ts';
import { deadLetters, letter } from './test-dead-letters.ts';

const DEADLINE_MS = 60_000;
const COMMAND = fileURLToPath(new URL('../commands/redrive.ts', import.meta.url));
let broker: TestStreamBroker;
const children: ChildProcess[] = [];
beforeAll(async () => {
  broker = await streamBroker();
}, BOOT_TIMEOUT_MS);
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => broker.close(), BOOT_TIMEOUT_MS);

/** `npm run redrive` in a process of its own, whose way to the broker is the proxy. */
function command(from: string, proxy: FrameProxy): ChildProcess {
  const child = spawn(process.execPath, [COMMAND, '--from', from], {
    env: { ...process.env, HEARTLINE_STREAM_URL: proxy.url },
    stdio: 'ignore',
  });
  children.push(child);
  return child;
}

async function prepared(stream: string) {
  await broker.createStream(stream);
  const texts = ['a', 'b', 'c'];
  const letters = texts.map((text) => letter(text, { partition: stream }));
  return { ...(await deadLetters(broker, `dead-${stream}`, letters)), texts, from: `dead-${stream}` };
}

/** Holds what the broker, or the command, says of one kind; resolves when there was something to hold. */
async function holding(kind: number): Promise<{ proxy: FrameProxy; held: () => boolean }> {
  const proxy = await frameProxy(broker.url);
  let held = false;
  proxy.judge((key) => {
    if (key !== kind) return 'pass';
    held = true;
    return 'hold';
  });
  return { proxy, held: () => held };
}

const moments = [
  ['stored-unconfirmed', KEY_CONFIRM],
  ['never-arrived', KEY_PUBLISH],
] as const;
test.each(moments)(
  'kill -9 with %s: run again, none is lost and none stored twice',
  async (stream, kind) => {
    const { run, position, texts, from } = await prepared(stream);
    const { proxy, held } = await holding(kind);
    const child = command(from, proxy);
    await eventually('the publish', held, DEADLINE_MS);
    expect(await position()).toBeUndefined();
    child.kill('SIGKILL');
    await once(child, 'exit');
    await proxy.close();
    const { code, text } = await run();
    expect(code).toBe(0);
    // The broker tells how far the lane had come, before it would have to drop anything.
    expect(text).toContain(kind === KEY_CONFIRM ? 'Redriven before: 3' : 'Redriven: 3');
    expect(await contents(broker, stream)).toEqual(texts);
  },
  DEADLINE_MS,
);

test('the mutant that moves the position before the confirmation loses all three', async () => {
  const { run, position } = await prepared('hasty');
  const { proxy, held } = await holding(KEY_PUBLISH);
  const hasty: Declare = async (options) => {
    const publisher = await declarePublisher(options);
    return {
      ...publisher,
      async publish(messages, ids) {
        publisher.publish(messages, ids).catch(() => undefined);
      },
      close: async () => undefined,
    };
  };
  await run([], { url: proxy.url, declare: hasty });
  expect(held()).toBe(true);
  expect(await position()).toBe(3n);
  await proxy.close();
  await run();
  expect(await contents(broker, 'hasty')).toEqual([]);
});

test('the mutant that publishes without a name stores them twice', async () => {
  const { run, texts } = await prepared('nameless');
  const nameless: Declare = async ({ client, stream }) => await declarePublisher({ client, stream });
  const proxy = await frameProxy(broker.url);
  proxy.judge((key) => (key === KEY_CONFIRM ? 'cut' : 'pass'));
  await expect(run([], { url: proxy.url, declare: nameless })).rejects.toMatchObject({ code: 'redrive_interrupted' });
  await proxy.close();
  await run([], { declare: nameless });
  expect(await contents(broker, 'nameless')).toEqual([...texts, ...texts]);
});

test('two at once store none twice', async () => {
  const { run, texts } = await prepared('both');
  await run(['--limit', '1']);
  await Promise.all([run(), run(), run()]);
  expect(await contents(broker, 'both')).toEqual(texts);
});

test('the command prints its usage, and its exit code says how it went', async () => {
  const proxy = await frameProxy(broker.url);
  const child = command('dead-nowhere', proxy);
  expect(await once(child, 'exit')).toEqual([0, null]);
  const wrong = spawn(process.execPath, [COMMAND, '--limit', 'many'], { stdio: 'ignore' });
  expect(await once(wrong, 'exit')).toEqual([2, null]);
  await proxy.close();
});
