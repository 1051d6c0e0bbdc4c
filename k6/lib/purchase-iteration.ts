// One purchase, at its time; some are sent once more after their answer.
import { sleep } from 'k6';
import { nowMs } from '../mqtt/clock.ts';
import { numberOfIteration } from './arrivals.ts';
import type { RunIdentity } from './messages.ts';
import { recordAcked, recordFailed, recordResent, recordSent } from './producer-metrics.ts';
import { PATIENCE_S, purchase, type Reply, via } from './purchase-client.ts';
import { recordRepeat, recordReply } from './purchase-metrics.ts';
import { mix, ranks } from './purchase-settings.ts';
import { Purchases } from './purchases.ts';

/** Of this VU. */
let purchases: Purchases | undefined;

/** @returns the answer to this iteration's purchase; undefined if there was none, or nothing to buy */
export function purchaseIteration(run: RunIdentity): Reply | undefined {
  const number = numberOfIteration();
  if (number === undefined) return undefined;
  purchases ??= new Purchases(run, mix.quantity, ranks);
  const planned = purchases.of(String(__ENV['PHASE']), number);
  const { key, sku, repeatAfterMs } = planned;
  const identity = { eventId: key, patientId: sku, text: `${mix.quantity} of ${sku}` };
  const tags = { via };
  const startedMs = nowMs();
  const untilMs = startedMs + PATIENCE_S * 1000;

  recordSent(identity, tags);
  const reply = purchase(planned, untilMs, (reason) => recordResent(identity, tags, reason));
  const afterMs = nowMs() - startedMs;
  recordReply(reply, afterMs);
  if (reply.outcome === 'failed') {
    recordFailed(identity, tags, reply.reason);
    return undefined;
  }
  const { outcome, orderId } = reply;
  recordAcked(orderId === undefined ? identity : { ...identity, orderId }, { via, outcome }, afterMs);

  if (repeatAfterMs !== undefined && nowMs() + repeatAfterMs < untilMs) {
    sleep(repeatAfterMs / 1000);
    recordRepeat(
      reply,
      purchase(planned, untilMs, () => undefined),
    );
  }
  return reply;
}
