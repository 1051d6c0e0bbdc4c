import { randomInt } from 'node:crypto';
import { systemClock } from '../clock.ts';
import { failureOf } from '../failure.ts';
import { streamEndpoint } from '../stream-client/endpoint.ts';
import { responseText } from '../stream-client/stream-error.ts';
import { wireText } from '../stream-client/wire.ts';
import { keepLink } from './kept-link.ts';
import { createPublisherMachine } from './machine.ts';
import type { Input, Output } from './machine-types.ts';
import { failureText, PublishError, type PublishErrorCode } from './publish-error.ts';
import type { PublisherEvent, PublisherSettings, PublishOptions, ReconnectingPublisher } from './publisher-types.ts';
import { TAG_MAX } from './publishing-ids.ts';

export type { ReconnectingPublisher } from './publisher-types.ts';

/** Some hundred ms of a broker's throughput; past it the caller has to wait. */
const IN_FLIGHT_MAX = 10_000;
const IN_FLIGHT_BYTES_MAX = 64 * 1024 * 1024;
/** Below the 29 s that API Gateway gives a request; above the seconds that a broker takes to elect a leader. */
const CONFIRM_TIMEOUT_MS = 10_000;
const STALLED_MS = 15_000;
const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
const HEARTBEAT_S = 10;
const CLOSE_DEADLINE_MS = 10_000;
/** A conflict of names is noticed within this, where it can be. */
const SEQUENCE_CHECK_MS = 5_000;

interface Waiting {
  readonly messages: number;
  readonly sinceMs: number;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * A publisher to one stream that stays connected: what is unconfirmed when a connection ends is sent again on the next, in the
 * order of publishing, before anything new. Without a name that may store a message twice; with one the broker tells.
 * @throws StreamClientError `invalid_argument`: the URL, the stream or the name
 */
export function createStreamPublisher(options: PublisherSettings & { readonly stream: string }): ReconnectingPublisher {
  const { url, tls, logger, name, clock = systemClock, confirmTimeoutMs = CONFIRM_TIMEOUT_MS } = options;
  streamEndpoint(url);
  const stream = wireText('stream', options.stream);
  if (name !== undefined) wireText('name', name);
  const { inFlightMax = IN_FLIGHT_MAX, inFlightBytesMax = IN_FLIGHT_BYTES_MAX, stalledMs = STALLED_MS } = options;
  const machine = createPublisherMachine<Buffer>({
    inFlightMax,
    inFlightBytesMax,
    stalledMs,
    tag: randomInt(1, TAG_MAX + 1),
  });
  const waiting = new Map<number, Waiting>();
  const drained = Promise.withResolvers<void>();
  let batches = 0;
  let timer: { readonly atMs: number; readonly cancel: () => void } | undefined;
  let checkedMs = clock.nowMs();
  let refusal = '';
  let closing: Promise<void> | undefined;

  const link = keepLink({
    client: {
      url,
      connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
      heartbeatS: options.heartbeatS ?? HEARTBEAT_S,
      connectionName: `publisher ${name ?? ''} of ${stream}`,
      logger,
      ...(tls === undefined ? {} : { tls }),
    },
    stream,
    name,
    clock,
    random: options.random ?? Math.random,
    logger,
    onUp(up) {
      emit({ type: 'connected' });
      step({ type: 'connected', ...up });
    },
    onDown(reason) {
      emit({ type: 'disconnected', reason: reason.code });
      step({ type: 'disconnected' });
    },
    onConfirm(id) {
      step({ type: 'confirmed', id });
      if (name !== undefined && clock.nowMs() - checkedMs >= SEQUENCE_CHECK_MS) checkSequence();
    },
    onRefused(id, code) {
      refusal = responseText(code);
      step({ type: 'refused', id });
    },
  });

  const checkSequence = (): void => {
    checkedMs = clock.nowMs();
    link
      .sequence()
      .then((sequence) => {
        if (sequence !== undefined) step({ type: 'sequence', sequence });
      })
      .catch((error: unknown) => logger.error('a publisher failed', { stream, error: failureOf(error) }));
  };

  const emit = (event: PublisherEvent): void => {
    try {
      options.onEvent?.(event);
    } catch (error) {
      logger.error('the observer of publisher events failed', { stream, error: failureOf(error) });
    }
  };

  const end = (batch: number, code?: PublishErrorCode, mayBeStored = false): PublisherEvent | undefined => {
    const entry = waiting.get(batch);
    if (entry === undefined) return undefined;
    waiting.delete(batch);
    const { messages, sinceMs, done } = entry;
    if (code === undefined) {
      done.resolve();
      return { type: 'stored', messages, durationMs: clock.nowMs() - sinceMs };
    }
    const cause = link.lastFailure;
    done.reject(new PublishError(code, failureText(code, { stream, refusal, cause }), { mayBeStored, cause }));
    return { type: 'failed', messages, code };
  };

  const apply = (output: Output<Buffer>): PublisherEvent | undefined => {
    switch (output.type) {
      case 'send':
        link.send(
          output.messages.map(({ message }) => message),
          output.messages.map(({ id }) => id),
        );
        return undefined;
      case 'stored':
        return end(output.batch);
      case 'failed':
        return end(output.batch, output.code, output.mayBeStored);
      case 'reconnect':
        link.drop('what was published is refused, or not confirmed');
        return undefined;
      case 'nameConflict':
        logger.error('another publisher of this name writes to the stream: messages of either may be lost', {
          stream,
          publisher: name,
          sequence: String(output.sequence),
        });
        return { type: 'nameConflict', sequence: output.sequence };
      case 'drained':
        drained.resolve();
        return undefined;
    }
  };

  const step = (input: Input<Buffer>): void => {
    const outputs = machine.step(input, clock.nowMs());
    const events = outputs.map(apply);
    schedule();
    // Last: an observer may publish, and that has to come after what is sent again.
    for (const event of events) if (event !== undefined) emit(event);
  };

  const schedule = (): void => {
    const atMs = machine.nextTickMs();
    if (atMs === undefined || (timer !== undefined && timer.atMs <= atMs)) return;
    timer?.cancel();
    const cancel = clock.after(atMs - clock.nowMs(), () => {
      timer = undefined;
      step({ type: 'tick' });
    });
    timer = { atMs, cancel };
  };

  const publish = async (
    messages: readonly Buffer[],
    { deadlineMs = confirmTimeoutMs, signal }: PublishOptions = {},
  ): Promise<void> => {
    if (!(deadlineMs > 0)) throw new PublishError('invalid_argument', `deadlineMs must be above 0, not ${deadlineMs}`);
    if (signal?.aborted)
      throw new PublishError('aborted', failureText('aborted', { stream }), { cause: signal.reason });
    batches += 1;
    const batch = batches;
    const sinceMs = clock.nowMs();
    const done = Promise.withResolvers<void>();
    waiting.set(batch, { messages: messages.length, sinceMs, done });
    const abort = () => step({ type: 'cancel', batch });
    signal?.addEventListener('abort', abort, { once: true });
    step({ type: 'publish', batch, messages, deadlineMs: sinceMs + deadlineMs });
    if (waiting.has(batch)) link.start();
    try {
      await done.promise;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  };

  const close = async (deadlineMs: number): Promise<void> => {
    step({ type: 'close' });
    const cancel = clock.after(deadlineMs, () => step({ type: 'abandon' }));
    await drained.promise;
    cancel();
    await link.stop();
    timer?.cancel();
  };

  return {
    publish,
    connect: () => link.start(),
    inFlight: () => machine.counts().inFlight,
    get ready() {
      return link.up;
    },
    close({ deadlineMs = CLOSE_DEADLINE_MS } = {}) {
      closing ??= close(deadlineMs);
      return closing;
    },
  };
}
