import { randomBytes } from 'node:crypto';

/** W3C Trace Context level 1: version-traceId-parentId-flags. Later versions may append fields after a dash. */
const TRACEPARENT =
  /^(?<version>[0-9a-f]{2})-(?<traceId>[0-9a-f]{32})-(?<parentId>[0-9a-f]{16})-[0-9a-f]{2}(?<rest>-.*)?$/;
const INVALID_VERSION = 'ff';
const FIRST_VERSION = '00';
const TRACE_ID_BYTES = 16;
const ALL_ZERO = /^0+$/;
/** Drawn at once: each draw costs 15 µs, however little is drawn. */
const POOL_BYTES = 4_096;
let pool = Buffer.alloc(0);

function randomHex(bytes: number): string {
  if (pool.length < bytes) pool = randomBytes(POOL_BYTES);
  const drawn = pool.toString('hex', 0, bytes);
  pool = pool.subarray(bytes);
  return drawn;
}

/**
 * The trace id of a `traceparent` header, 32 hex digits; a new one if there is none or it breaks the specification
 * (https://www.w3.org/TR/trace-context/#traceparent-header: all zeros and version ff are invalid).
 */
export function traceIdFrom(traceparent: string | undefined): string {
  const { version, traceId, parentId, rest } = TRACEPARENT.exec(traceparent ?? '')?.groups ?? {};
  const valid =
    traceId !== undefined &&
    parentId !== undefined &&
    version !== INVALID_VERSION &&
    !(version === FIRST_VERSION && rest !== undefined) &&
    !ALL_ZERO.test(traceId) &&
    !ALL_ZERO.test(parentId);
  return valid ? traceId : randomHex(TRACE_ID_BYTES);
}

const SPAN_ID_BYTES = 8;

/** The trace that a `traceparent` names, or a new one; and the header to pass on with what happens in it. */
export function continuedTrace(traceparent: string | undefined): { traceId: string; traceparent: string } {
  const traceId = traceIdFrom(traceparent);
  return { traceId, traceparent: `00-${traceId}-${randomHex(SPAN_ID_BYTES)}-01` };
}
