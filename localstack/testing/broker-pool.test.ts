import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BOOT_TIMEOUT_MS, declareStreams, lentBroker, type TestBroker } from './broker.ts';
import { type BrokerPool, startBrokerPool } from './broker-pool.ts';
import { eventually } from './eventually.ts';

const RETAINED_WOULD_COME_MS = 500;
/** A boot takes as long as emptying. */
const MOST_LENT = 6;
const CLIENT = {
  clientId: 'kept',
  clean: false,
  protocolVersion: 5,
  properties: { sessionExpiryInterval: 3_600 },
} as const;

let pool: BrokerPool;
beforeAll(async () => {
  pool = await startBrokerPool();
});
afterAll(() => pool.close());

async function queues(management: string): Promise<string> {
  const headers = { authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}` };
  return (await fetch(`${management}/api/queues`, { headers })).text();
}

test(
  'a broker that was given back is lent again, stopped or not, with nothing of what was in it',
  async () => {
    const first = await lentBroker(pool.url);
    await declareStreams(first.endpoints);
    const client = await connectAsync(first.endpoints.mqtt, CLIENT);
    await client.subscribeAsync('a/#', { qos: 1 });
    await client.publishAsync('a/b', 'kept', { qos: 1, retain: true });
    expect(await queues(first.endpoints.management)).toContain('alerts.raw-w0');
    await client.endAsync();
    await first.stop();
    await first.remove();

    // While it is emptied the pool has none, and would boot another.
    const isBack = () =>
      queues(first.endpoints.management).then(
        (all) => all === '[]',
        () => false,
      );
    await eventually('the broker is back, and empty', isBack, BOOT_TIMEOUT_MS);
    await sleep(RETAINED_WOULD_COME_MS);
    // Before the pool knows that it is empty, too, it boots another, which is kept from being lent again.
    const lent: TestBroker[] = [];
    while (lent.at(-1)?.endpoints.stream !== first.endpoints.stream && lent.length < MOST_LENT) {
      lent.push(await lentBroker(pool.url));
    }
    const second = lent.at(-1) ?? first;
    expect(second.endpoints).toEqual(first.endpoints);
    const got: string[] = [];
    const again = await connectAsync(second.endpoints.mqtt, CLIENT);
    again.on('message', (topic) => got.push(topic));
    await again.subscribeAsync('a/b', { qos: 1 });
    await sleep(RETAINED_WOULD_COME_MS);
    expect(got).toEqual([]);
    await again.endAsync();
    await Promise.all(lent.map((each) => each.remove()));
  },
  BOOT_TIMEOUT_MS,
);
