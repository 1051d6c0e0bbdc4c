// A customer's side of POST /inventory/<via>/purchase.
import { sleep } from 'k6';
import http, { type RefinedResponse } from 'k6/http';
import { nowMs } from '../mqtt/clock.ts';
import { traceparentOf } from './identity.ts';
import { choiceFrom, labPhases, numberFrom, secondsFrom } from './load.ts';
import { BASE_URL, headers } from './notifications.ts';
import type { PlannedPurchase } from './purchases.ts';

export type Via = 'sync' | 'async' | 'naive';
export const via = choiceFrom<Via>('VIA', { sync: 'sync', async: 'async', naive: 'naive' }, 'sync');

/** A definite answer: sent again, the purchase must get the same bytes. */
export interface Reply {
  /** Accepted: it will be decided. */
  readonly outcome: 'accepted' | 'confirmed' | 'rejected';
  readonly status: number;
  readonly body: string;
  /** Not of a rejected one. */
  readonly orderId?: string;
}

/** Whether the purchase was made is not known, or it was refused: a stable word. */
export interface NoReply {
  readonly outcome: 'failed';
  readonly reason: string;
}

/** A purchase, what it needs to be sent again, and its repeat have so long, together. */
export const PATIENCE_S = secondsFrom('HTTP_TIMEOUT', '10s');
/** One request gets half of it: the functions answer within 2 s, or are not going to. */
const REQUEST_SHARE = 1 / 2;
/** With PHASES clients are careful ones: after a cut connection they send the same again. */
const RESENDS_MAX = numberFrom('RETRIES', labPhases ? 5 : 0);
/** Before the first resend; twice as long before each one after it, so that five take 3 s. */
const RESEND_PAUSE_MS = 100;
/** How k6's message ends when a request took too long. */
const TIMED_OUT = 'request timeout';

const URL = `${BASE_URL}/inventory/${via}/purchase`;
/** Answers to a purchase; http_req_failed counts the others. */
const ANSWERS = http.expectedStatuses(201, 202, 404, 409);
const REJECTIONS: readonly string[] = ['out_of_stock', 'unknown_sku'];
const IN_FLIGHT = 'request_in_flight';

/** The same can be sent again. */
interface Again {
  readonly outcome: 'again';
  readonly reason: string;
}

/**
 * Sends the purchase until there is an answer, at most until that time (on the clock of `nowMs`).
 * @param onResend is told why the time before was in vain
 */
export function purchase(
  planned: PlannedPurchase,
  untilMs: number,
  onResend: (reason: string) => void,
): Reply | NoReply {
  for (let pauseMs = RESEND_PAUSE_MS, resends = 0; ; pauseMs *= 2, resends++) {
    const read = send(planned, untilMs);
    if (read.outcome !== 'again') return read;
    const { reason } = read;
    if (resends >= RESENDS_MAX || nowMs() + pauseMs >= untilMs) return { outcome: 'failed', reason };
    sleep(pauseMs / 1000);
    onResend(reason);
  }
}

function send({ key, body }: PlannedPurchase, untilMs: number): Reply | NoReply | Again {
  const params = {
    // A structured field string (draft-ietf-httpapi-idempotency-key-header-07).
    headers: { ...headers, 'idempotency-key': `"${key}"`, traceparent: traceparentOf(key) },
    timeout: Math.max(1, Math.min(untilMs - nowMs(), PATIENCE_S * 1000 * REQUEST_SHARE)),
    responseType: 'text' as const,
    responseCallback: ANSWERS,
    tags: { via },
    // Without it k6 prints a line for every request that gets no answer: under overload thousands, the same ones.
    throw: true,
  };
  try {
    return readReply(http.post(URL, body, params));
  } catch (error) {
    // k6's own: also of an answer that was cut in the middle.
    if (!(error instanceof Error) || error.name !== 'GoError') throw error;
    return { outcome: 'again', reason: error.message.endsWith(TIMED_OUT) ? 'timeout' : 'no_answer' };
  }
}

function readReply({ status, body }: RefinedResponse<'text'>): Reply | NoReply | Again {
  if (status === 201 || status === 202) {
    const outcome = status === 201 ? 'confirmed' : 'accepted';
    return { outcome, status, body, orderId: textOf(body, 'orderId') ?? '' };
  }
  const reason = textOf(body, 'code') ?? `status_${status}`;
  if (REJECTIONS.includes(reason)) return { outcome: 'rejected', status, body };
  return { outcome: reason === IN_FLIGHT ? 'again' : 'failed', reason };
}

/** A member of a JSON object, if it is a text. */
function textOf(body: string, name: string): string | undefined {
  try {
    const value = (JSON.parse(body) as Record<string, unknown> | null)?.[name];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined; // A gateway's page: the status says it.
  }
}
