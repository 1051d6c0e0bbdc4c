import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { CachePersistenceLayer } from '@aws-lambda-powertools/idempotency/cache';
import type { BasePersistenceLayer } from '@aws-lambda-powertools/idempotency/persistence';
import type { Context } from 'aws-lambda';
import pg from 'pg';
import { type BenchContext, type BenchResult, percentile } from '../../localstack/bench/bench-result.ts';
import { freePort } from '../../localstack/services/ports.ts';
import { type ValkeyDurability, valkeyService } from '../../localstack/services/valkey.ts';
import { obtainValkey } from '../../localstack/setup/obtain-valkey.ts';
import { connectCacheClient } from './cache-client.ts';
import { PostgresPersistenceLayer } from './index.ts';

const IN_FLIGHT = [1, 50];
/** Calls of one turn; turns are short and many, so that what else the machine does then meets all layers alike. */
const CALLS_A_TURN = 300;
const ROUNDS = 11;
const WARM_UP_ROUNDS = 2;
const MEDIAN = 0.5;
const P99 = 0.99;
const MS_PER_SECOND = 1_000;
const REMAINING_MS = 60_000;
/** What a service may have; the layer uses two for each kind of statement. */
const POOL_SIZE = 20;

interface Turn {
  callsPerSecond: number;
  p99Ms: number;
}

type Call = (id: string) => Promise<unknown>;

function handlerOn(persistenceStore: BasePersistenceLayer): Call {
  // All that Powertools asks of a context.
  const lambdaContext = { getRemainingTimeInMillis: () => REMAINING_MS } as Context;
  const config = new IdempotencyConfig({ lambdaContext });
  return makeIdempotent(async (id: string) => ({ accepted: id, at: 1 }), { persistenceStore, config });
}

/** Each key once, so many at a time. */
async function turn(call: Call, keys: readonly string[], inFlight: number): Promise<Turn> {
  const waiting = [...keys];
  const tookMs: number[] = [];
  const startedAt = performance.now();
  const worker = async () => {
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
      const calledAt = performance.now();
      await call(key);
      tookMs.push(performance.now() - calledAt);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return {
    callsPerSecond: (keys.length * MS_PER_SECOND) / (performance.now() - startedAt),
    p99Ms: percentile(tookMs, P99),
  };
}

interface Seen {
  first: Turn[];
  repeated: Turn[];
}

/** All layers by turns in each round: new keys, then the same keys again. */
async function measure(layers: ReadonlyMap<string, Call>, inFlight: number): Promise<Map<string, Seen>> {
  const seen = new Map([...layers.keys()].map((name): [string, Seen] => [name, { first: [], repeated: [] }]));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    for (const [name, call] of layers) {
      const keys = Array.from({ length: CALLS_A_TURN }, () => crypto.randomUUID());
      const first = await turn(call, keys, inFlight);
      const repeated = await turn(call, keys, inFlight);
      if (round < 0) continue;
      seen.get(name)?.first.push(first);
      seen.get(name)?.repeated.push(repeated);
    }
  }
  return seen;
}

const OURS = 'Postgres';
const THEIRS: [string, ValkeyDurability][] = [
  ['Valkey, memory only', 'none'],
  ['Valkey, flushed at each write', 'always'],
];

function resultsOf(seen: ReadonlyMap<string, Seen>, inFlight: number): BenchResult[] {
  const ours = seen.get(OURS);
  return (['first', 'repeated'] as const).flatMap((kind) =>
    THEIRS.map(([name]): BenchResult => {
      const mine = ours?.[kind] ?? [];
      const theirs = seen.get(name)?.[kind] ?? [];
      const ratios = mine.map((one, index) => one.callsPerSecond / (theirs[index]?.callsPerSecond ?? Number.NaN));
      const ratio = percentile(ratios, MEDIAN);
      const figures = (turns: readonly Turn[]) =>
        `${percentile(
          turns.map(({ callsPerSecond }) => callsPerSecond),
          MEDIAN,
        ).toFixed(0)}/s, p99 ${percentile(
          turns.map(({ p99Ms }) => p99Ms),
          MEDIAN,
        ).toFixed(1)} ms`;
      return {
        name: `Powertools on Postgres, ${kind} calls, ${inFlight} in flight, against ${name}`,
        target: '≥ 1 ×',
        measured: `${ratio.toFixed(2)} ×`,
        holds: ratio >= 1,
        detail: `${figures(mine)}; ${name}: ${figures(theirs)}; rounds ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)} ×`,
      };
    }),
  );
}

/** Powertools' own handlers on this persistence layer, against the same on its cache layer. Postgres flushes each commit. */
export async function run({ databaseUrl, progress }: BenchContext): Promise<BenchResult[]> {
  const program = await obtainValkey(progress);
  const home = await mkdtemp(join(tmpdir(), 'heartline-bench-valkey-'));
  const pool = new pg.Pool({ connectionString: databaseUrl, max: POOL_SIZE });
  const layers = new Map([[OURS, handlerOn(new PostgresPersistenceLayer({ pool }))]]);
  const closing: (() => Promise<void>)[] = [() => pool.end(), () => rm(home, { recursive: true, force: true })];
  try {
    for (const [name, durability] of THEIRS) {
      const port = await freePort();
      const server = await valkeyService({ program, home: join(home, durability), port, durability }).start();
      closing.unshift(server.stop);
      const client = await connectCacheClient(port);
      closing.unshift(async () => client.close());
      layers.set(name, handlerOn(new CachePersistenceLayer({ client })));
    }
    const results: BenchResult[] = [];
    for (const inFlight of IN_FLIGHT) results.push(...resultsOf(await measure(layers, inFlight), inFlight));
    return results;
  } finally {
    for (const close of closing) await close();
  }
}
