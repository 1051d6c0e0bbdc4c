// What a producer does, as k6 metrics. Each sample carries the message it is about as metadata (seen by `--out json`, no time
// series of its own), so that every single message can be followed.
import exec from 'k6/execution';
import { Counter, Trend } from 'k6/metrics';

export type Tags = Record<string, string>;
/** What names a message in its samples, as { eventId: '…' }. */
export type Metadata = Readonly<Record<string, string>>;

/** Attempts: also one that found no connection was made. */
const sent = new Counter('producer_sent_msgs');
const acked = new Counter('producer_acked_msgs');
const failed = new Counter('producer_failed_msgs');
const latency = new Trend('producer_latency_ms', true);
/** Sent once more by a device that got no acknowledgement: no message of its own. */
const resent = new Counter('producer_resent_msgs');
/** Sent so late that the load was not the one planned. */
const late = new Counter('producer_late_msgs');

export function recordSent(message: Metadata, tags: Tags, latencyMs?: number): void {
  about(message, () => {
    sent.add(1, tags);
    if (latencyMs !== undefined) latency.add(latencyMs, tags);
  });
}

export function recordAcked(message: Metadata, tags: Tags, latencyMs: number): void {
  about(message, () => {
    acked.add(1, tags);
    latency.add(latencyMs, tags);
  });
}

/** @param reason a stable word */
export function recordFailed(message: Metadata, tags: Tags, reason: string): void {
  about(message, () => failed.add(1, { ...tags, reason }));
}

/** @param reason why the time before was not acknowledged: a stable word */
export function recordResent(message: Metadata, tags: Tags, reason: string): void {
  about(message, () => resent.add(1, { ...tags, reason }));
}

export function recordLate(message: Metadata): void {
  about(message, () => late.add(1));
}

/** Kept: asking k6 for it takes 18 µs, setting a name 0.4 µs. It belongs to the VU, whichever scenario the VU is in. */
let metadata: Record<string, unknown> | undefined;

/** Nothing else runs in this VU between setting and clearing, so the metadata is on these samples alone. */
function about(message: Metadata, record: () => void): void {
  metadata ??= exec.vu.metrics.metadata;
  const names = Object.keys(message);
  for (const name of names) metadata[name] = message[name];
  try {
    record();
  } finally {
    for (const name of names) delete metadata[name];
  }
}
