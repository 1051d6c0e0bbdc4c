import { setTimeout as sleep } from 'node:timers/promises';

/** One line of what works or does not. */
export interface Check {
  name: string;
  ok: boolean;
  text: string;
}

const PROBE_TIMEOUT_MS = 3_000;
/** Metrics worth a line here; all others are at the metrics address. */
const SHOWN_METRICS = [
  'alerts_stored_total',
  'staff_notified_total',
  'queue_depth',
  'dead_letters_total',
  'db_tps',
  'rabbitmq_stream_consumer_lag_messages',
];

/** @param expected the status that says all is well, if not any of 200 to 299 */
export async function probe(name: string, url: string, expected?: number): Promise<Check> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    const body = await answer.text();
    const ok = expected === undefined ? answer.ok : answer.status === expected;
    return { name, ok, text: ok ? url : `${url} answers ${answer.status}: ${body.slice(0, 200)}` };
  } catch (error) {
    return { name, ok: false, text: `${url} does not answer (${error instanceof Error ? error.message : error})` };
  }
}

/** Its first question makes the functions connect to all that they may publish to, which a busy machine needs longer for than an answer may take. */
const ASKED_TIMES = 3;
const ASKED_AGAIN_MS = 1_000;

/** The functions' own answer of what they depend on. */
export async function probeReadiness(url: string): Promise<Check> {
  for (let times = 1; ; times += 1) {
    const check = await probe('dependencies', url);
    if (check.ok || times === ASKED_TIMES) return check;
    await sleep(ASKED_AGAIN_MS);
  }
}

/** Sums each shown metric over its labels but the stage. A trigger without its source and messages given up on are for somebody to look at. */
export async function readMetrics(url: string): Promise<{ sums: Record<string, number>; found: Check[] }> {
  const sums: Record<string, number> = {};
  const found: Check[] = [];
  try {
    const text = await (await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })).text();
    for (const [, queue = '', depth] of text.matchAll(/^queue_depth\{queue="(\w+_dlq)"\} (\S+)/gm)) {
      const many = Number(depth);
      if (many > 0)
        found.push({
          name: 'dead letters',
          ok: false,
          text: `${many} in pgmq.q_${queue}: see its headers->'error'`,
        });
    }
    for (const [, stream = '', lost] of text.matchAll(/^trigger_records_lost_total\{.*stream="([^"]*)"\} (\S+)/gm)) {
      const what = `${lost} of ${stream}: its retention removed them before they were read`;
      found.push({ name: 'records lost', ok: false, text: what });
    }
    for (const [, stream = ''] of text.matchAll(/^trigger_partition_held\{.*stream="([^"]*)"\} 1$/gm)) {
      found.push({ name: 'partition held', ok: false, text: `${stream}: why is in npm run logs -- --level error` });
    }
    for (const [, labels = '', value] of text.matchAll(/^trigger_connected\{([^}]*)\} (\S+)/gm)) {
      const ok = value === '1';
      const label = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1] ?? '?';
      const text = `subscribed to ${label('source')}`;
      found.push({ name: `${label('function')}`, ok, text: ok ? text : `is not ${text}: see npm run logs` });
    }
    for (const [, name = '', labels = '', value] of text.matchAll(/^(\w+)(?:\{([^}]*)\})? (\S+)/gm)) {
      if (!SHOWN_METRICS.includes(name)) continue;
      const stage = /stage="([^"]*)"/.exec(labels)?.[1];
      const shown = stage === undefined ? name : `${name} (${stage})`;
      sums[shown] = (sums[shown] ?? 0) + Number(value);
    }
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof DOMException)) throw error; // away: the check above says so
  }
  return { sums, found };
}
