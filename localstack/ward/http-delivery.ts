import { parseRetryAfter } from './backoff.ts';
import type { Deliver, DeliveryResult } from './delivery.ts';
import { reason } from './reason.ts';

/** A server that has not answered in this time is taken for gone; the alert is sent again. */
const DEFAULT_TIMEOUT_MS = 10_000;
const OK = 200;
/**
 * Statuses of the 400s that say nothing about the alert itself but about the credential (401, 403), the address (404, 405, 421) or
 * the moment (408, 425, 429): trying again later can help, once somebody has put it right. All others refuse the alert for good.
 */
const RETRIABLE_4XX = new Set([401, 403, 404, 405, 408, 421, 425, 429]);

export interface HttpDeliveryOptions {
  readonly url: string;
  /** Asked for each request's bearer token: one does not last for ever. */
  readonly token?: () => Promise<string>;
  readonly timeoutMs?: number;
  readonly nowMs?: () => number;
}

/**
 * POSTs an alert as JSON: 200 is redelivered (the server had it), every other 2xx stored, a 4xx about the alert refused with the
 * `code` of its problem+json (RFC 9457), and all else, a cut connection and a time-out included, is to be tried again.
 */
export function httpDelivery({
  url,
  token,
  timeoutMs = DEFAULT_TIMEOUT_MS,
  nowMs = Date.now,
}: HttpDeliveryOptions): Deliver {
  return async (alert, signal) => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const body = JSON.stringify(alert);
      const authorization = token && { authorization: `Bearer ${await token()}` };
      const headers = { 'content-type': 'application/json', ...authorization };
      const response = await fetch(url, { method: 'POST', headers, body, signal: limit, redirect: 'manual' });
      // The answer is read to its end, so that the connection can be used again.
      return resultOf(response, await response.text(), nowMs());
    } catch (error) {
      return { status: 'retry', reason: failure(error) };
    }
  };
}

function resultOf(response: Response, text: string, nowMs: number): DeliveryResult {
  const { status } = response;
  if (response.ok) return { status: status === OK ? 'redelivered' : 'stored' };
  if (status >= 400 && status < 500 && !RETRIABLE_4XX.has(status)) {
    return { status: 'refused', code: problemCode(text) ?? `http_${status}` };
  }
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), nowMs);
  const why = `HTTP ${status}`;
  return retryAfterMs === undefined ? { status: 'retry', reason: why } : { status: 'retry', reason: why, retryAfterMs };
}

function problemCode(text: string): string | undefined {
  let problem: unknown;
  try {
    problem = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof problem !== 'object' || problem === null || !('code' in problem)) return undefined;
  return typeof problem.code === 'string' ? problem.code : undefined;
}

/** fetch hides the cause of a network failure behind "fetch failed". */
function failure(error: unknown): string {
  if (error instanceof DOMException) return error.name === 'TimeoutError' ? 'no answer in time' : error.name;
  return reason(error instanceof TypeError && error.cause ? error.cause : error);
}
