import { randomBytes } from 'node:crypto';

/** W3C Trace Context level 1: version-traceId-parentId-flags. Later versions may append fields after a dash. */
const TRACEPARENT =
  /^(?<version>[0-9a-f]{2})-(?<traceId>[0-9a-f]{32})-(?<parentId>[0-9a-f]{16})-[0-9a-f]{2}(?<rest>-.*)?$/;
const INVALID_VERSION = 'ff';
const FIRST_VERSION = '00';
const TRACE_ID_BYTES = 16;
const ALL_ZERO = /^0+$/;

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
  return valid ? traceId : randomBytes(TRACE_ID_BYTES).toString('hex');
}

const SPAN_ID_BYTES = 8;

/** The trace that a `traceparent` names, or a new one; and the header to pass on with what happens in it. */
export function continuedTrace(traceparent: string | undefined): { traceId: string; traceparent: string } {
  const traceId = traceIdFrom(traceparent);
  return { traceId, traceparent: `00-${traceId}-${randomBytes(SPAN_ID_BYTES).toString('hex')}-01` };
}
