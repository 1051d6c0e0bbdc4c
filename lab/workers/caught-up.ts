import { setTimeout as sleep } from 'node:timers/promises';

/** As often as it is measured (localstack/triggers/stream/tuning.ts: once a second). */
const POLL_MS = 1_000;
/** Several measurements of nothing: a worker that has just begun has not measured its own yet. */
const QUIET_MS = 4_000;
const DEADLINE_MS = 90_000;
const PROBE_TIMEOUT_MS = 2_000;
const LAG = /^rabbitmq_stream_consumer_lag_messages\{[^}]*\} (\S+)$/gm;

/** Messages behind, over all partitions and consumers of a page of metrics. */
export const lagIn = (page: string): number =>
  [...page.matchAll(LAG)].reduce((sum, [, value]) => sum + Number(value), 0);

/**
 * Waits until the workers have read and stored all there is.
 * @param url their page of metrics
 * @returns how many messages they were behind when the wait ended: 0, unless it took too long
 */
export async function untilCaughtUp(url: string, signal: AbortSignal): Promise<number> {
  const deadline = performance.now() + DEADLINE_MS;
  let quietSince = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const page = await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    const behind = lagIn(await page.text());
    const now = performance.now();
    if (behind > 0) quietSince = now;
    if (now - quietSince >= QUIET_MS || now > deadline) return behind;
    await sleep(POLL_MS);
  }
}
