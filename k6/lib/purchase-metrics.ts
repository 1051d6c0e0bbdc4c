// What became of a run's purchases, as k6 metrics; all are tagged with the way that they went (via).
import { Counter, Trend } from 'k6/metrics';
import { type NoReply, type Reply, via } from './purchase-client.ts';

/** From the first sending to the answer that accepts it: decided (sync), or in the stream (async). */
const acceptMs = new Trend('purchase_accept_ms', true);
const accepted = new Counter('purchases_accepted');
const confirmed = new Counter('purchases_confirmed');
const rejected = new Counter('purchases_rejected');
const failed = new Counter('purchases_failed');
/** Sent again, and answered with the same bytes. */
const repeated = new Counter('purchases_repeated');
const differs = new Counter('repeat_differs');
/** Sent again, and not answered. */
const repeatsFailed = new Counter('repeats_failed');
/** Accepted, and neither confirmed nor rejected in time. */
const undecided = new Counter('purchases_undecided');
/** From the acceptance to the decision, as the order itself has it. */
const decidedMs = new Trend('decided_ms', true);

const tags = { via };

/** The answer to a purchase that was sent for the first time. */
export function recordReply(reply: Reply | NoReply, afterMs: number): void {
  const { outcome } = reply;
  if (outcome === 'failed') failed.add(1, { ...tags, reason: reply.reason });
  else if (outcome === 'rejected') rejected.add(1, tags);
  else {
    accepted.add(1, tags);
    acceptMs.add(afterMs, tags);
    if (outcome === 'confirmed') confirmed.add(1, tags);
  }
}

export function recordRepeat(first: Reply, again: Reply | NoReply): void {
  if (again.outcome === 'failed') repeatsFailed.add(1, { ...tags, reason: again.reason });
  else if (again.status === first.status && again.body === first.body) repeated.add(1, tags);
  else differs.add(1, tags);
}

/** Of one that was accepted to be decided later. */
export function recordDecision(status: 'confirmed' | 'rejected'): void {
  (status === 'confirmed' ? confirmed : rejected).add(1, tags);
}

export const recordDecidedAfter = (ms: number) => decidedMs.add(ms, tags);
export const recordUndecided = (orders: number) => undecided.add(orders, tags);
