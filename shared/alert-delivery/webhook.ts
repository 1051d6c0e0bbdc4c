import { createHmac } from 'node:crypto';
import { PermanentError } from '../errors.ts';
import type { HttpChannel } from './read-channels.ts';
import type { OutgoingRequest } from './send-request.ts';
import { type Notice, toldAlert } from './told-alert.ts';

const PREFIX = 'whsec_';
/** Standard Webhooks, "Signature scheme": the key has 24 to 64 bytes. */
const KEY_BYTES = { min: 24, max: 64 } as const;
const MS_PER_S = 1_000;

/** The key of a secret. @throws PermanentError `webhook_secret` */
export function webhookKey({ name, secret }: Pick<HttpChannel, 'name' | 'secret'>): Buffer {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  const key = Buffer.from(text, 'base64');
  if (key.length >= KEY_BYTES.min && key.length <= KEY_BYTES.max) return key;
  const allowed = `${PREFIX} and base64 of ${KEY_BYTES.min} to ${KEY_BYTES.max} bytes`;
  throw new PermanentError('webhook_secret', `The secret of channel ${name} is to be ${allowed}.`);
}

/**
 * A message as Standard Webhooks has it (standardwebhooks.com): its id is the idempotency key, and with time and body signed
 * by HMAC-SHA-256. The time is the attempt's: receivers refuse what is older than five minutes.
 */
function signed(
  channel: HttpChannel,
  { id, nowMs, body }: { readonly id: string; readonly nowMs: number; readonly body: string },
): OutgoingRequest {
  const timestamp = String(Math.floor(nowMs / MS_PER_S));
  const signature = createHmac('sha256', webhookKey(channel)).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    url: channel.url,
    headers: { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` },
    body,
  };
}

const messageOf = (type: string, nowMs: number, data: object) =>
  JSON.stringify({ type, timestamp: new Date(nowMs).toISOString(), data });

/**
 * What is asked of whom, of an alert as it was when it was first sent. `version`: of two messages of an alert the one with the higher
 * is the later.
 * @param kept what an earlier attempt has sent: under one key a receiver gets one text
 * @throws PermanentError `webhook_secret`
 */
export function webhookRequest(channel: HttpChannel, notice: Notice, nowMs: number, kept?: string): OutgoingRequest {
  const { deliveryId, kind, version, role, people, group, alert } = notice;
  const data = { kind, version, role, people, group, alert: toldAlert(alert, channel.identifiers) };
  return signed(channel, { id: deliveryId, nowMs, body: kept ?? messageOf(`alert.${kind}`, nowMs, data) });
}

/** That the way from a reading to here is open. @throws PermanentError `webhook_secret` */
export function webhookHeartbeat(
  channel: HttpChannel,
  { id, nowMs, data }: { readonly id: string; readonly nowMs: number; readonly data: object },
): OutgoingRequest {
  return signed(channel, { id, nowMs, body: messageOf('heartbeat', nowMs, data) });
}
