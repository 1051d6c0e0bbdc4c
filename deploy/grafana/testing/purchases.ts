// The inventory stage by hand: purchases at once and later, again, too large, and a record that is no purchase.

import { randomUUID } from 'node:crypto';
import { eventually } from '../../../localstack/testing/eventually.ts';
import { silentLogger } from '../../../localstack/triggers/silent-logger.ts';
import { encodeMessage } from '../../../localstack/triggers/stream-client/encode-message.ts';
import { createStreamPublisher } from '../../../localstack/triggers/stream-publisher/stream-publisher.ts';
import { fetchAllowed } from '../../../shared/testing/fetch-as.ts';
import type { ScrapedStack } from './scraped-stack.ts';

const DEADLINE_MS = 60_000;
const CONFIRM_TIMEOUT_MS = 10_000;
const INITIAL = 3;
const TOO_MANY = 10;

/** Confirmed, rejected and repeated, by both ways; read and checked; one dead letter. */
export async function drivePurchases({ endpoints, stack }: ScrapedStack): Promise<void> {
  const sku = `panel-${randomUUID().slice(0, 8)}`;
  const post = async (path: string, body: object, key = '') => {
    const headers = { 'content-type': 'application/json', ...(key === '' ? {} : { 'idempotency-key': key }) };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    await (await fetchAllowed(`${endpoints.http}/inventory/${path}`, init)).arrayBuffer();
  };
  const read = async (path: string) => await (await fetchAllowed(`${endpoints.http}/inventory/${path}`)).arrayBuffer();
  await post('stock', { sku, initial: INITIAL });
  for (const way of ['sync', 'async']) {
    const buy = (quantity: number, key: string) =>
      post(`${way}/purchase`, { sku, quantity, customerId: 'panel' }, `${sku}-${way}-${key}`);
    for (const key of ['one', 'one']) await buy(1, key);
    await buy(TOO_MANY, 'many');
  }
  const stream = endpoints.rabbitmq?.stream ?? '';
  const publisher = createStreamPublisher({
    url: stream,
    stream: 'purchases-p0',
    confirmTimeoutMs: CONFIRM_TIMEOUT_MS,
    logger: silentLogger,
  });
  await publisher.publish([encodeMessage({ content: Buffer.from('no purchase') })]);
  await publisher.close({ deadlineMs: CONFIRM_TIMEOUT_MS });
  await read(`stock/${sku}`);
  await read('conservation');
  const counted = (what: string, line: RegExp) =>
    eventually(what, async () => line.test(await stack.bridge.render()), DEADLINE_MS);
  await counted('the repetition', /^orders_repeated_total\{via="async"\} [1-9]/m);
  await counted('the rejection', /^orders_total\{via="async",status="rejected",reason="out_of_stock"\} [1-9]/m);
  await counted('the dead letter', /^dead_letters_total\{queue="purchases",.*\} [1-9]/m);
}
