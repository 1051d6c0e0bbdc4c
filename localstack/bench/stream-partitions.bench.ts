import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../services/ports.ts';
import { toxiproxyService } from '../services/toxiproxy.ts';
import { obtainToxiproxy } from '../setup/obtain-go-tool.ts';
import type { Progress } from '../setup/progress.ts';
import { streamBroker, type TestStreamBroker } from '../triggers/stream-client/test-stream-broker.ts';
import { type BenchContext, type BenchResult, percentile } from './bench-result.ts';
import { alertRecords, fillStream } from './stream-backlog.ts';
import { startWorkers } from './stream-workers.ts';

const SUPER_STREAM = 'shards';
const PARTITIONS = ['p0', 'p1', 'p2', 'p3'];
/** Towards the worker only: a statement takes this longer. */
const LATENCY_MS = 25;
/** Small: the database's latency is what a batch waits for, not its rows. */
const BATCH = 10;
/** Of each partition and round: some seconds for four workers, four times as long for one. */
const RECORDS = 1_600;
const ROUNDS = 3;
const TARGET = 3.8;
/** What one worker with a connection a partition reaches of four workers. */
const SAME_TARGET = 0.95;
const MS_PER_SECOND = 1_000;
const MIDDLE = 0.5;

/** Postgres by a way that takes {@link LATENCY_MS} longer. */
async function slowDatabase(databaseUrl: string, progress: Progress) {
  const home = await mkdtemp(join(tmpdir(), 'heartline-bench-toxic-'));
  const toxiproxy = await toxiproxyService({
    program: await obtainToxiproxy(progress),
    home,
    port: await freePort(),
  }).start();
  const post = async (path: string, body: object) => {
    const answer = await fetch(`${toxiproxy.endpoints.api}/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`toxiproxy: ${answer.status} ${await answer.text()}`);
  };
  const url = new URL(databaseUrl);
  const upstream = url.host;
  url.host = `127.0.0.1:${await freePort()}`;
  await post('proxies', { name: 'postgres', listen: url.host, upstream });
  await post('proxies/postgres/toxics', { type: 'latency', stream: 'downstream', attributes: { latency: LATENCY_MS } });
  return {
    url: url.href,
    async stop() {
      await toxiproxy.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

interface Setting {
  readonly broker: TestStreamBroker;
  readonly databaseUrl: string;
}

/** Records a second by so many workers that have the partitions before there is anything in them. */
async function rateBy(workerCount: number, connections: number, setting: Setting): Promise<number> {
  const { broker, databaseUrl } = setting;
  const options = {
    superStream: SUPER_STREAM,
    batchSize: BATCH,
    startingPosition: 'LATEST',
    consumerName: randomUUID(),
  };
  const workers = startWorkers(workerCount, { url: broker.url, databaseUrl, connections, options });
  try {
    await workers.active(PARTITIONS.length / workerCount);
    const make = alertRecords();
    const filled = PARTITIONS.map((partition, index) =>
      fillStream(broker, `${SUPER_STREAM}-${partition}`, RECORDS, (at) => make(index * RECORDS + at)),
    );
    const count = RECORDS * PARTITIONS.length;
    const handledMs = workers.handled(count);
    await Promise.all(filled);
    return (count * MS_PER_SECOND) / (await handledMs);
  } finally {
    await workers.stop();
  }
}

/** Four partitions and a database that is far away: what a second, third and fourth worker bring. */
export async function run({ databaseUrl, progress }: BenchContext): Promise<BenchResult[]> {
  const slow = await slowDatabase(databaseUrl, progress);
  const broker = await streamBroker();
  const setting = { broker, databaseUrl: slow.url };
  try {
    await broker.createSuperStream(SUPER_STREAM, PARTITIONS);
    const rounds: { one: number; four: number; wide: number }[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      progress.step('bench', `stream-partitions: round ${round + 1} of ${ROUNDS}`);
      const one = await rateBy(1, 1, setting);
      const four = await rateBy(PARTITIONS.length, 1, setting);
      rounds.push({ one, four, wide: await rateBy(1, PARTITIONS.length, setting) });
    }
    const rate = (of: 'one' | 'four' | 'wide') =>
      percentile(
        rounds.map((each) => each[of]),
        MIDDLE,
      ).toFixed(0);
    const speedUps = rounds.map(({ one, four }) => four / one);
    const speedUp = percentile(speedUps, MIDDLE);
    const same = percentile(
      rounds.map(({ four, wide }) => wide / four),
      MIDDLE,
    );
    const where = `${LATENCY_MS} ms added to each answer of the database, batches of ${BATCH}, ${PARTITIONS.length} partitions`;
    const range = `${Math.min(...speedUps).toFixed(2)} to ${Math.max(...speedUps).toFixed(2)}`;
    return [
      {
        name: `stream trigger: ${PARTITIONS.length} workers against one, a database connection each`,
        target: `≥ ${TARGET} ×`,
        measured: `${speedUp.toFixed(2)} ×`,
        holds: speedUp >= TARGET,
        detail: `${rate('four')} records/s against ${rate('one')} (${range}); ${where}; workers are processes`,
      },
      {
        name: `stream trigger: one worker with a connection a partition against ${PARTITIONS.length} workers`,
        target: `≥ ${SAME_TARGET} ×`,
        measured: `${same.toFixed(2)} ×`,
        holds: same >= SAME_TARGET,
        detail: `${rate('wide')} records/s against ${rate('four')}; partitions run beside each other in one worker too; ${where}`,
      },
    ];
  } finally {
    await broker.close();
    await slow.stop();
  }
}
