/** Why a publish failed, stable for handlers, logs and metrics. */
export type PublishErrorCode =
  /** Sent, and not confirmed in time: it may be stored, and is not sent again. */
  | 'confirm_timeout'
  /** Never sent: there was no connection within the time. */
  | 'not_connected'
  /** As many messages or bytes as allowed wait for their confirmation. Nothing of this publish was sent. */
  | 'in_flight_full'
  /** The broker did not take it: access, or the stream is not available. Of several messages some may be stored. */
  | 'refused'
  /** Another publisher of the same name writes to the stream: what was unconfirmed may be stored, or lost. */
  | 'name_conflict'
  /** The caller's signal; what was sent may be stored. */
  | 'aborted'
  /** The publisher was closed before the confirmation came. */
  | 'closed'
  | 'message_too_large'
  /** More messages or bytes in one publish than may be in flight at all. */
  | 'batch_too_large'
  | 'invalid_argument'
  | 'no_partition';

const PERMANENT: ReadonlySet<PublishErrorCode> = new Set([
  'message_too_large',
  'batch_too_large',
  'invalid_argument',
  'no_partition',
]);

/** A publish that was not confirmed. `cause` is the connection's last failure, where there is one. */
export class PublishError extends Error {
  readonly code: PublishErrorCode;
  /** False: the same publish fails again, whatever the broker does. */
  readonly retriable: boolean;
  /** True: publishing it again may store it twice. */
  readonly mayBeStored: boolean;

  constructor(
    code: PublishErrorCode,
    message: string,
    { mayBeStored = false, cause }: { mayBeStored?: boolean; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'PublishError';
    this.code = code;
    this.retriable = !PERMANENT.has(code);
    this.mayBeStored = mayBeStored;
  }
}

/** The failure in a sentence, with what is known of its cause. */
export function failureText(
  code: PublishErrorCode,
  { stream, refusal = '', cause }: { readonly stream: string; readonly refusal?: string; readonly cause?: unknown },
): string {
  const last =
    cause === undefined ? '' : `; the last failure: ${cause instanceof Error ? cause.message : String(cause)}`;
  const texts: Record<PublishErrorCode, string> = {
    confirm_timeout: `not confirmed in time, may be stored${last}`,
    not_connected: `no connection in time, nothing was sent${last}`,
    in_flight_full: 'as much as allowed waits for confirmation',
    refused: `refused by the broker: ${refusal}`,
    name_conflict: 'another publisher of the name writes to the stream',
    aborted: 'the caller gave up',
    closed: 'the publisher is closed',
    message_too_large: 'a message does not fit a frame of the broker',
    batch_too_large: 'more than may be in flight at all',
    invalid_argument: 'not valid',
    no_partition: 'no partition for the routing key',
  };
  return `publishing to ${stream}: ${texts[code]}`;
}
