import { z } from 'zod';
import { takeEvents } from '../alert-desk/alert-desk-store.ts';
import type { AlertItem } from '../alert-desk/alert-item.ts';
import { findAlert } from '../alert-desk/open-alerts-store.ts';
import { HeartlineError, PermanentError, TransientError } from '../errors.ts';
import { continuedTrace } from '../observability/traceparent.ts';
import type { QueueFailure, QueueRecord } from '../queue/queue-handler.ts';
import type { Trail } from '../telemetry.ts';
import { alarmEvents } from './channel-alarm.ts';
import { channelAlarms } from './channel-alarm-store.ts';
import { type ClaimedDelivery, claimDeliveries, keepBody, releaseDeliveries } from './claim-store.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { deliveryIdOf } from './delivery-id.ts';
import { isStillMeant, pauseAfter, RECEIPT_WITHIN_MS } from './delivery-rules.ts';
import { reach } from './delivery-steps.ts';
import type { Channel } from './read-channels.ts';
import { requestFor } from './request-for.ts';
import { type Attempted, sendRequest } from './send-request.ts';
import { settle } from './settle-store.ts';

const alarmKey = z.object({ ward: z.string(), channel: z.string(), occurrence: z.int() });
/** A message of queue alert_deliveries. */
export const queuedDelivery = z.union([z.strictObject({ deliveryId: z.uuid() }), z.strictObject({ alarm: alarmKey })]);
type DeliveryRecord = QueueRecord<z.infer<typeof queuedDelivery>>;

export interface DeliverParts extends DeliveryContext {
  readonly channels: readonly Channel[];
  /** These two are so, unless a test breaks them. */
  readonly send?: typeof sendRequest;
  readonly isMeant?: typeof isStillMeant;
}

/** Requests at once: each waits for somebody else most of the time. */
const AT_ONCE = 16;
/** After this no further request is begun: with its own 3 s it ends below the function's time. */
const BEGUN_WITHIN_MS = 2_000;

const NOT_SEEN = { outcome: 'again', error: 'no station shows it', afterMs: RECEIPT_WITHIN_MS } as const;
const REMOVED = { outcome: 'refused', error: 'the channel was removed' } as const;

/**
 * Delivers what is due, each under its key, those of one alert and channel one after the other; and tells the desk of channels
 * that do not confirm.
 * @returns the messages that have to come again
 * @throws TransientError when the database is away or slow: all of them come again
 */
export async function deliver(
  records: readonly DeliveryRecord[],
  parts: DeliverParts,
  { log }: Pick<Trail, 'log'>,
): Promise<QueueFailure[]> {
  const untilMs = performance.now() + BEGUN_WITHIN_MS;
  const alarms = await channelAlarms(
    records.flatMap(({ message }) => ('alarm' in message ? [message.alarm] : [])),
    parts,
  );
  const { traceparent } = continuedTrace(undefined);
  const events = alarms.flatMap(alarmEvents).map((event) => ({ event, traceparent }));
  if (events.length > 0) await takeEvents(events, parts);

  const messages = new Map(
    records.flatMap(({ messageId, message }) => ('alarm' in message ? [] : [[message.deliveryId, messageId] as const])),
  );
  if (messages.size === 0) return [];
  const { claimed, held } = await claimDeliveries([...messages.keys()], parts);
  const failures = new Map<string, HeartlineError>();
  for (const id of held) failures.set(id, new TransientError('delivery_held', 'Another process is at this delivery.'));

  const left: string[] = [];
  const lanes = [...Map.groupBy(claimed, ({ alertId, channel }) => `${alertId}|${channel}`).values()].values();
  async function takeLanes(): Promise<void> {
    for (const lane of lanes) {
      for (const [index, delivery] of lane.entries()) {
        if (performance.now() > untilMs) {
          left.push(...lane.slice(index).map(({ deliveryId }) => deliveryId));
          break;
        }
        await attempt(delivery);
      }
    }
  }
  async function attempt(delivery: ClaimedDelivery): Promise<void> {
    try {
      await deliverOne(delivery, parts, log);
    } catch (error) {
      if (!(error instanceof HeartlineError)) throw error;
      failures.set(delivery.deliveryId, error);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, takeLanes));
  await releaseDeliveries(left, parts);
  for (const id of left) failures.set(id, new TransientError('no_time_left', 'Others took all the time there was.'));
  return [...failures].map(([id, error]) => ({ messageId: messages.get(id) ?? '', error }));
}

async function deliverOne(delivery: ClaimedDelivery, parts: DeliverParts, log: Trail['log']): Promise<void> {
  const { isMeant = isStillMeant } = parts;
  const { deliveryId, alertId, kind, channel: name, attempts } = delivery;
  const about = { deliveryId, alertId, kind, channel: name, attempts };
  const count = (outcome: string) => parts.recordMetric('notification_deliveries_total', 1, { channel: name, outcome });
  const channel = parts.channels.find((one) => one.name === name);
  reach('deliver: claimed', name);
  const alert = await findAlert(alertId, parts);
  if (alert === undefined || !isMeant(delivery, alert)) {
    await settle.superseded(deliveryId, parts);
    count('superseded');
    log.info('delivery superseded: nobody has to come any more', about);
    return;
  }
  reach('deliver: found to be meant', name);
  const attempted = await attemptOn(channel, delivery, alert, parts);
  reach('deliver: sent', name);
  if (attempted.outcome === 'confirmed') {
    const tookMs = await settle.confirmed(deliveryId, parts);
    if (tookMs !== undefined) parts.recordMetric('notification_delivery_ms', tookMs, { channel: name });
    count('confirmed');
    log.info('delivered', about);
  } else {
    await goOn(delivery, channel, attempted, parts);
    count(attempted.outcome);
    log.warn('not delivered', { ...about, outcome: attempted.outcome, reason: attempted.error });
  }
  reach('deliver: settled', name);
}

async function attemptOn(
  channel: Channel | undefined,
  delivery: ClaimedDelivery,
  alert: AlertItem,
  { send = sendRequest, ...context }: DeliverParts,
): Promise<Attempted> {
  if (channel === undefined) return REMOVED;
  if (channel.type === 'station') {
    if (delivery.isSeen) return { outcome: 'confirmed' };
    // One that opens is sent all that holds: until then there is nobody to try again for.
    return delivery.isAlarmed ? { outcome: 'refused', error: NOT_SEEN.error } : NOT_SEEN;
  }
  try {
    const notice = { ...delivery, alert };
    const request = requestFor(channel, notice, Date.now(), delivery.body ?? undefined);
    if (channel.type !== 'webhook' || delivery.body !== null) return await send(request);
    const kept = await keepBody(delivery.deliveryId, request.body, context);
    // Who was held up for so long that another has settled it has nothing to send.
    if (kept === undefined) return { outcome: 'confirmed' };
    return await send(requestFor(channel, notice, Date.now(), kept));
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return { outcome: 'refused', error: error.code };
  }
}

/** After an attempt that was not confirmed: the next one, or another channel and an alarm. */
async function goOn(
  { deliveryId, notificationId, attempts, ageMs }: ClaimedDelivery,
  channel: Channel | undefined,
  attempted: Exclude<Attempted, { outcome: 'confirmed' }>,
  parts: DeliverParts,
): Promise<void> {
  const { error } = attempted;
  if (attempted.outcome === 'again' && channel !== undefined) {
    const { afterMs } = attempted;
    const pauseMs = pauseAfter({ attempts, ageMs, retry: channel.retry, afterMs, random: Math.random() });
    if (pauseMs !== null) return await settle.again(deliveryId, { pauseMs, error }, parts);
  }
  const to = parts.channels.find(({ name }) => name === channel?.redirectTo);
  const isStation = to?.type === 'station';
  const afterMs = isStation ? RECEIPT_WITHIN_MS : 0;
  const redirect = to && { channel: to.name, deliveryId: deliveryIdOf(notificationId, to.name), isStation, afterMs };
  // That nobody looks at the ward is worse than that one pager is away.
  const priority = channel?.type === 'station' ? 'high' : 'medium';
  await settle.givenUp(deliveryId, { error, redirect: redirect ?? null, priority }, parts);
}
