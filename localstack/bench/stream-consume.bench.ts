import streamLibrary from 'rabbitmq-stream-js-client';
import { streamBroker } from '../triggers/stream-client/test-stream-broker.ts';
import { type BenchContext, type BenchResult, percentile } from './bench-result.ts';
import { alertRecord, consumeRaw, fillStream, rateOf } from './stream-backlog.ts';
import { drainThroughTrigger } from './stream-drain.ts';
import { alertSink, bareSink, type StreamSink } from './stream-sinks.ts';

const STREAM = 'consume';
const RECORDS = 50_000;
/** The stage's insert does more for each record, and one at a time takes longest: fewer, for a run of some seconds each. */
const RECORDS_VALIDATED = 10_000;
const RECORDS_ONE_BY_ONE = 500;
const KEYS = 500;
const BATCH_SIZES = [100, 1_000, 5_000];
/** One batch can be made while another is with the database. */
const LANES = 2;
const ROUNDS = 3;
const WARM_UP_ROUNDS = 1;
const RAW_TARGET = 0.45;
const SINGLE_TARGET = 30;
const MIDDLE = 0.5;

const median = (values: readonly number[]) => percentile(values, MIDDLE);
const perSecond = (rates: readonly number[]) => `${median(rates).toFixed(0)}/s`;
const range = (values: readonly number[], digits: number) =>
  `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`;

/** The library's own consumer, which decodes and counts. */
async function consumeWithLibrary(url: string): Promise<void> {
  const { hostname, port, username, password } = new URL(url);
  const client = await streamLibrary.connect({ hostname, port: Number(port), username, password, vhost: '/' });
  const done = Promise.withResolvers<void>();
  let left = RECORDS;
  await client.declareConsumer({ stream: STREAM, offset: streamLibrary.Offset.first() }, () => {
    left -= 1;
    if (left === 0) done.resolve();
  });
  await done.promise;
  await client.close();
}

interface Runs {
  readonly raw: () => Promise<number>;
  readonly library: () => Promise<number>;
  readonly single: () => Promise<number>;
  readonly bare: (batchSize: number) => Promise<number>;
  readonly alerts: (batchSize: number) => Promise<number>;
}

interface Round {
  readonly raw: number;
  readonly library: number;
  readonly single: number;
  readonly bare: readonly number[];
  readonly alerts: readonly number[];
}

/** One after the other, so that what disturbs the machine meets all. */
async function round({ raw, library, single, bare, alerts }: Runs): Promise<Round> {
  const measured = { raw: await raw(), library: await library(), single: await single() };
  const rates: { bare: number[]; alerts: number[] } = { bare: [], alerts: [] };
  for (const batchSize of BATCH_SIZES) {
    rates.bare.push(await bare(batchSize));
    rates.alerts.push(await alerts(batchSize));
  }
  return { ...measured, ...rates };
}

/** From a stream through the whole trigger into Postgres, each record once, against consuming alone and single-row inserts. */
export async function run({ databaseUrl, progress }: BenchContext): Promise<BenchResult[]> {
  progress.step('bench', `stream-consume: a broker and ${RECORDS} records`);
  const broker = await streamBroker();
  const sinks = {
    batch: await bareSink(databaseUrl, 'batch', LANES),
    one: await bareSink(databaseUrl, 'one', 1),
    alerts: await alertSink(databaseUrl, LANES),
  };
  const { url } = broker;
  const into = async (sink: StreamSink, count: number, batchSize: number, parallelizationFactor: number) => {
    await sink.clear();
    const options = { batchSize, parallelizationFactor };
    return await rateOf(count, () =>
      drainThroughTrigger({ url, stream: STREAM, count, options, handle: (records) => sink.store(records) }),
    );
  };
  const runs: Runs = {
    raw: () => rateOf(RECORDS, () => consumeRaw(url, STREAM, RECORDS)),
    library: () => rateOf(RECORDS, () => consumeWithLibrary(url)),
    single: () => into(sinks.one, RECORDS_ONE_BY_ONE, BATCH_SIZES[0] ?? 1, 1),
    bare: (batchSize) => into(sinks.batch, RECORDS, batchSize, LANES),
    alerts: (batchSize) => into(sinks.alerts, RECORDS_VALIDATED, batchSize, LANES),
  };
  try {
    await broker.createStream(STREAM);
    await fillStream(broker, STREAM, RECORDS, (index) => alertRecord(`patient-${index % KEYS}`));
    const rounds: Round[] = [];
    for (let at = -WARM_UP_ROUNDS; at < ROUNDS; at += 1) {
      progress.step('bench', `stream-consume: round ${at + WARM_UP_ROUNDS + 1} of ${ROUNDS + WARM_UP_ROUNDS}`);
      const measured = await round(runs);
      if (at >= 0) rounds.push(measured);
    }
    return BATCH_SIZES.flatMap((batchSize, index) => [
      ...results(`id and payload, one UNNEST upsert a batch of ${batchSize}`, rounds, ({ bare }) => bare[index] ?? 0),
      ...results(`storeAlertBatch, batches of ${batchSize}`, rounds, ({ alerts }) => alerts[index] ?? 0),
    ]);
  } finally {
    await Promise.all(Object.values(sinks).map((sink) => sink.close()));
    await broker.close();
  }
}

/** Raw consuming is that of the client which everybody has; our own, at its fastest, is beside it. */
function results(what: string, rounds: readonly Round[], ours: (round: Round) => number): BenchResult[] {
  const against = (whom: string, theirs: (round: Round) => number, target: number, digits: number): BenchResult => {
    const ratios = rounds.map((each) => ours(each) / theirs(each));
    const rates = `${perSecond(rounds.map(ours))} against ${perSecond(rounds.map(theirs))}`;
    return {
      name: `stream trigger to Postgres: ${what}, against ${whom}`,
      target: `≥ ${target} ×`,
      measured: `${median(ratios).toFixed(digits)} ×`,
      holds: median(ratios) >= target,
      detail: `${rates} (${range(ratios, digits)})`,
    };
  };
  return [
    against('rabbitmq-stream-js-client alone', ({ library }) => library, RAW_TARGET, 2),
    against('our own client alone', ({ raw }) => raw, RAW_TARGET, 2),
    against('single rows, one after the other', ({ single }) => single, SINGLE_TARGET, 0),
  ];
}
