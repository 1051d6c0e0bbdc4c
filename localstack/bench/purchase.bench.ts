import { randomUUID } from 'node:crypto';
import { createDatabase, type Database } from '../../shared/postgres/database.ts';
import { buy } from '../../shared/purchase/buy-store.ts';
import { fulfil } from '../../shared/purchase/fulfil-store.ts';
import { orderIdOf, type PurchaseMessage } from '../../shared/purchase/purchase-message.ts';
import { setStock } from '../../shared/purchase/stock-store.ts';
import { encodeMessage } from '../triggers/stream-client/encode-message.ts';
import { streamBroker } from '../triggers/stream-client/test-stream-broker.ts';
import { type BenchContext, type BenchResult, measureRatio } from './bench-result.ts';
import { fillStream, rateOf } from './stream-backlog.ts';
import { drainThroughTrigger } from './stream-drain.ts';

const SKU = 'hot';
const INITIAL = 1_000_000_000;
/** The functions' own pool: as many buy at once. */
const CONNECTIONS = 10;
const BOUGHT_AT_ONCE = 2_000;
/** The stage's batch size (functions/purchase/functions.yml). */
const BATCH = 500;
const BATCHES = 20;
const ROUNDS = 5;
const TARGET = 10;
const BACKLOG = 100_000;
const PARTS = 10;
const TIMEOUT_MS = 60_000;
const MS_PER_SECOND = 1_000;
const recordMetric = () => undefined;
const body = { sku: SKU, quantity: 1, customerId: 'bench' };

function purchase(): PurchaseMessage {
  const key = randomUUID();
  return { version: 1, orderId: orderIdOf(key, body), key, ...body, acceptedAt: new Date().toISOString() };
}

/** Purchases a second of customers who each wait for theirs. */
async function atOnce(database: Database): Promise<number> {
  const each = BOUGHT_AT_ONCE / CONNECTIONS;
  return await rateOf(BOUGHT_AT_ONCE, () =>
    Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        for (let count = 0; count < each; count += 1) await buy(randomUUID(), body, { database, recordMetric });
      }),
    ),
  );
}

async function inBatches(database: Database): Promise<number> {
  const batches = Array.from({ length: BATCHES }, () => Array.from({ length: BATCH }, purchase));
  return await rateOf(BATCHES * BATCH, async () => {
    for (const batch of batches) await fulfil(batch, { database, recordMetric });
  });
}

/** @returns purchases a second of each tenth of the backlog */
async function drain(database: Database): Promise<number[]> {
  const broker = await streamBroker();
  try {
    await broker.createStream('backlog');
    await fillStream(broker, 'backlog', BACKLOG, () =>
      encodeMessage({ content: Buffer.from(JSON.stringify(purchase())), subject: SKU }),
    );
    const times: number[] = [];
    let done = 0;
    await drainThroughTrigger({
      url: broker.url,
      stream: 'backlog',
      count: BACKLOG,
      options: { batchSize: BATCH },
      async handle(records) {
        if (times.length === 0) times.push(performance.now());
        const messages = records.map(
          ({ kinesis }): PurchaseMessage => JSON.parse(Buffer.from(kinesis.data, 'base64').toString()),
        );
        await fulfil(messages, { database, recordMetric });
        done += messages.length;
        while (done >= (BACKLOG / PARTS) * times.length) times.push(performance.now());
      },
    });
    return times.slice(1).map((ms, index) => (BACKLOG / PARTS) * (MS_PER_SECOND / (ms - (times[index] ?? 0))));
  } finally {
    await broker.close();
  }
}

/** One hot SKU: purchases decided one by one as they come, against batches from the stream; and a backlog that is drained. */
export async function run({ databaseUrl, progress }: BenchContext): Promise<BenchResult[]> {
  const options = { url: databaseUrl, poolSize: CONNECTIONS, timeoutMs: TIMEOUT_MS, applicationName: 'bench' };
  const database = createDatabase(options);
  try {
    await setStock({ sku: SKU, initial: INITIAL }, { database, recordMetric });
    const batched = () => inBatches(database);
    const single = () => atOnce(database);
    await measureRatio(1, batched, single);
    const { ratio, ours, bare } = await measureRatio(ROUNDS, batched, single);
    progress.step('bench', `purchase: a backlog of ${BACKLOG}`);
    const rates = await drain(database);
    const slowest = Math.min(...rates);
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
    return [
      {
        name: `purchase: one hot SKU, batches of ${BATCH} against one by one`,
        target: `≥ ${TARGET} ×`,
        measured: `${ratio.toFixed(1)} ×`,
        holds: ratio >= TARGET,
        detail: `${ours.toFixed(0)} orders/s in batches, ${bare.toFixed(0)}/s by ${CONNECTIONS} customers at once`,
      },
      {
        name: `purchase: a backlog of ${BACKLOG}, its slowest tenth against the mean`,
        target: '≥ 0.5 ×',
        measured: `${(slowest / mean).toFixed(2)} ×`,
        holds: slowest >= mean / 2,
        detail: `drained at ${mean.toFixed(0)} orders/s; by tenths ${rates.map((rate) => rate.toFixed(0)).join(', ')}`,
      },
    ];
  } finally {
    await database.close();
  }
}
