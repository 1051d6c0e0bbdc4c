/** What went wrong, stable for logs, metrics and decisions. */
export type StreamErrorCode =
  /** The caller closed the client. */
  | 'closed'
  /** The client's numbers ran low: connect anew. */
  | 'recycled'
  | 'connect_timeout'
  | 'connect_failed'
  | 'request_timeout'
  /** The broker answered with an error code; `responseCode` has it. */
  | 'refused'
  | 'silent_peer'
  | 'peer_closed'
  | 'socket_error'
  /** The broker said why it closes. */
  | 'closed_by_broker'
  /** Bytes that are no frame, or a chunk whose checksum does not match. */
  | 'protocol_error'
  /** The stream was deleted, or its leader or replica moved. */
  | 'stream_unavailable'
  /** A function that was handed in threw. */
  | 'consumer_failed'
  | 'invalid_argument'
  | 'too_many_ids'
  | 'in_flight_full'
  | 'message_too_large';

/** Every failure of this folder. `cause` has the error it comes from, where there is one. */
export class StreamClientError extends Error {
  readonly code: StreamErrorCode;
  /** The stream protocol's response code, where the broker gave one. */
  readonly responseCode: number | undefined;

  constructor(code: StreamErrorCode, message: string, details: { cause?: unknown; responseCode?: number } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'StreamClientError';
    this.code = code;
    this.responseCode = details.responseCode;
  }
}

/** Source: RabbitMQ, "Stream protocol reference", response codes. */
const RESPONSE_TEXTS: Readonly<Record<number, string>> = {
  1: 'ok',
  2: 'stream does not exist',
  3: 'subscription id already exists',
  4: 'subscription id does not exist',
  5: 'stream already exists',
  6: 'stream not available on this node',
  7: 'SASL mechanism not supported',
  8: 'authentication failed',
  9: 'SASL error',
  10: 'SASL challenge',
  11: 'SASL authentication failed on loopback',
  12: 'virtual host access failed',
  13: 'unknown frame',
  14: 'frame too large',
  15: 'internal error',
  16: 'access refused',
  17: 'precondition failed',
  18: 'publisher does not exist',
  19: 'no offset',
};

export const RESPONSE_OK = 1;
export const RESPONSE_NO_OFFSET = 19;

export function responseText(code: number): string {
  return `${RESPONSE_TEXTS[code] ?? 'unknown code'} (${code})`;
}

/** The same error, or a new one with what was thrown as its cause. */
export function asStreamError(thrown: unknown, code: StreamErrorCode, what: string): StreamClientError {
  if (thrown instanceof StreamClientError) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new StreamClientError(code, `${what}: ${detail}`, { cause: thrown });
}
