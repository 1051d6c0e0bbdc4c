import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTopology } from '../../shared/topology/read-topology.ts';
import { letter } from '../redrive/test-dead-letters.ts';
import { eventually } from '../testing/eventually.ts';
import { applyTopology } from '../topology/apply-topology.ts';
import { silentLogger } from '../triggers/silent-logger.ts';
import { messages } from '../triggers/stream/test-source.ts';
import { consumePartition } from '../triggers/stream-client/partition.ts';
import { BOOT_TIMEOUT_MS, streamBroker, type TestStreamBroker } from '../triggers/stream-client/test-stream-broker.ts';
import { checkStreams } from './stream-checks.ts';

/** The broker counts every five seconds. */
const DEADLINE_MS = 30_000;
const TEST_TIMEOUT_MS = 90_000;
let broker: TestStreamBroker;
beforeAll(async () => {
  broker = await streamBroker();
}, BOOT_TIMEOUT_MS);
afterAll(() => broker.close(), BOOT_TIMEOUT_MS);

test(
  'what of the streams is missing, unread or given up on is told, and that all is well',
  async () => {
    const texts = async () => (await checkStreams(broker.endpoints)).map(({ ok, text }) => `${ok ? '✓' : '✗'} ${text}`);
    expect((await texts())[0]).toMatch(/^✗ .* is not there \(the next start mends it\)$/);
    const urls = { streamUrl: broker.endpoints.stream, managementUrl: broker.endpoints.management };
    await applyTopology({ ...urls, topology: readTopology(), logger: silentLogger });
    const well = ['✓ as functions/topology.yml says, and read'];
    expect(await texts()).toEqual(well);

    const stream = 'alerts.raw-w1';
    await broker.publish(stream, messages('a', 'b'));
    const unread = ['✗ nobody reads alerts.raw-w1 (2 records): npm run worker'];
    await eventually('the unread stream', async () => `${await texts()}` === `${unread}`, DEADLINE_MS);
    const client = await broker.connect();
    await consumePartition({
      client,
      stream,
      consumerName: 'reader',
      singleActive: false,
      offset: 'first',
      onRecord: () => undefined,
    });
    await eventually('all to be well', async () => `${await texts()}` === `${well}`, DEADLINE_MS);

    await broker.publish('dead-letters', [letter('poison', { partition: stream })]);
    expect(await texts()).toEqual(['✗ up to 1 in the stream dead-letters: npm run redrive -- --list']);
  },
  TEST_TIMEOUT_MS,
);
