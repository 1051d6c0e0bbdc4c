import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { anAlert } from '../../shared/testing/alerts.ts';
import { fetchAllowed } from '../../shared/testing/fetch-as.ts';
import { eventually } from '../testing/eventually.ts';
import { startFunctions } from '../testing/functions.ts';
import { type BenchContext, type BenchResult, percentile } from './bench-result.ts';

const RATE_PER_SECOND = 60;
const SECONDS = 20;
const WARM_UP_REQUESTS = 60;
const TARGET_MS = 100;
const P99 = 0.99;

/** From the 201 at the client to the notification's own time, at 60 requests a second through the running stack. */
export async function run({ databaseUrl, progress }: BenchContext): Promise<BenchResult[]> {
  const functions = await startFunctions(databaseUrl);
  try {
    for (let request = 0; request < WARM_UP_REQUESTS; request += 1) await post(functions.http);
    progress.step('bench', `${RATE_PER_SECOND} requests a second for ${SECONDS} s`);
    const sent = await load(functions.http);
    const latencies = await latenciesOf(databaseUrl, sent);
    const p99 = percentile(latencies, P99);
    const requests = [...sent.values()].map((one) => one.tookMs);
    return [
      {
        name: 'notified after the 201, p99 at 60 requests a second',
        target: `≤ ${TARGET_MS} ms`,
        measured: `${p99.toFixed(1)} ms`,
        holds: p99 <= TARGET_MS,
        detail: `median ${percentile(latencies, 0.5).toFixed(1)} ms, worst ${Math.max(...latencies).toFixed(1)} ms of ${sent.size}; the request itself p99 ${percentile(requests, P99).toFixed(1)} ms`,
      },
    ];
  } finally {
    await functions.stop();
  }
}

interface Sent {
  answeredAt: number;
  tookMs: number;
}

async function load(http: string): Promise<Map<string, Sent>> {
  const sent = new Map<string, Sent>();
  const start = Date.now();
  const requests: Promise<void>[] = [];
  for (let index = 0; index < RATE_PER_SECOND * SECONDS; index += 1) {
    await sleep(Math.max(0, start + (index * 1000) / RATE_PER_SECOND - Date.now()));
    requests.push(
      post(http).then(({ eventId, tookMs }) => {
        sent.set(eventId, { answeredAt: Date.now(), tookMs });
      }),
    );
  }
  await Promise.all(requests);
  return sent;
}

async function post(http: string): Promise<{ eventId: string; tookMs: number }> {
  const alert = anAlert();
  const started = performance.now();
  const answer = await fetchAllowed(`${http}/db-first/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(alert),
  });
  const text = await answer.text();
  if (answer.status !== 201) throw new Error(`POST /db-first/alerts answered ${answer.status}: ${text}`);
  return { eventId: alert.eventId, tookMs: performance.now() - started };
}

/** Milliseconds from the answer to the notification; one recorded before the answer arrived counts as 0. */
async function latenciesOf(databaseUrl: string, sent: Map<string, Sent>): Promise<number[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const rows = await eventually('every alert to be notified', async () => {
      const found = await client.query<{ event_id: string; notified_at: Date }>(
        'SELECT event_id, notified_at FROM db_first.notifications WHERE event_id = ANY($1)',
        [[...sent.keys()]],
      );
      return found.rowCount === sent.size ? found.rows : undefined;
    });
    return rows.map((row) => Math.max(0, row.notified_at.getTime() - (sent.get(row.event_id)?.answeredAt ?? 0)));
  } finally {
    await client.end();
  }
}
