import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestBroker, testBroker } from './broker.ts';
import { ackProxy } from './frame-proxy.ts';
import { K6_FAILED, runK6 } from './run-k6.ts';

const START_TIMEOUT_MS = 180_000;
const RUN_TIMEOUT_MS = 120_000;
const scripts = fileURLToPath(new URL('..', import.meta.url));
/** Of its 200 messages, the first three. */
const HELD_BACK = 3;

let broker: TestBroker;
let folder: string;
let script: string;
beforeAll(async () => {
  broker = await testBroker();
  folder = await mkdtemp(join(tmpdir(), 'heartline-k6-readme-'));
  const [, code] =
    /```ts\n([^`]*(?:`[^`\n]+`[^`]*)*)```/.exec(await readFile(join(scripts, 'README.md'), 'utf8')) ?? [];
  if (code === undefined) throw new Error('README.md has no script');
  script = join(folder, 'my-load');
  await writeFile(`${script}.ts`, code.replace("'./", `'${scripts}`));
}, START_TIMEOUT_MS);
afterAll(async () => {
  await broker?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test(
  "README's script runs, and its samples name the messages",
  async () => {
    const run = await runK6(script, { WEB_MQTT_URL: broker.endpoints.webMqtt });
    expect(run.code, run.output).toBe(0);
    const acked = run.of('producer_acked_msgs');
    expect(new Set(acked.map(({ metadata }) => metadata['eventId'])).size).toBe(200);
    expect(acked.every(({ tags }) => tags['kind'] === 'temperature')).toBe(true);
  },
  RUN_TIMEOUT_MS,
);

test(
  'and fails when three acknowledgements stay away',
  async () => {
    const proxy = await ackProxy(broker.endpoints.webMqtt, (ack) => ack <= HELD_BACK);
    const run = await runK6(script, { WEB_MQTT_URL: proxy.url });
    await proxy.close();
    expect(K6_FAILED, run.output).toContain(run.code);
    expect(run.of('producer_failed_msgs').map(({ tags }) => tags['reason'])).toEqual(
      Array(HELD_BACK).fill('ack_timeout'),
    );
  },
  RUN_TIMEOUT_MS,
);
