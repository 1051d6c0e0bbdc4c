import type { Clock } from '../clock.ts';
import type { TriggerLogger } from '../event-source.ts';
import { failureOf } from '../failure.ts';
import { fullJitterMs } from '../jitter.ts';
import { connectStream, type StreamClient, type StreamClientOptions } from '../stream-client/client.ts';
import { messageBytesMax } from '../stream-client/publish-frames.ts';
import { declarePublisherLink, type PublisherLink, queryPublisherSequence } from '../stream-client/publisher-link.ts';
import { StreamClientError } from '../stream-client/stream-error.ts';

interface KeptLinkOptions {
  readonly client: Omit<StreamClientOptions, 'onClosed'>;
  readonly stream: string;
  readonly name: string | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: TriggerLogger;
  /** `sequence`: with a name, the highest id that is stored under it. */
  readonly onUp: (up: { readonly messageBytesMax: number; readonly sequence: bigint | undefined }) => void;
  readonly onDown: (reason: StreamClientError) => void;
  readonly onConfirm: (id: bigint) => void;
  readonly onRefused: (id: bigint, code: number) => void;
}

/** A declared publisher that comes back, with a fresh client each time. */
export interface KeptLink {
  /** Begins to connect, and never gives up; idempotent. */
  start(): void;
  readonly up: boolean;
  /** Why the last connection ended or was not made. */
  readonly lastFailure: unknown;
  /** Goes nowhere while the link is not up. A failure ends the connection. */
  send(messages: readonly Buffer[], ids: readonly bigint[]): void;
  /** The stored sequence now; undefined without a name, or when the connection ended over it. */
  sequence(): Promise<bigint | undefined>;
  /** Ends this connection; another follows. */
  drop(reason: string): void;
  /** Always settles, within {@link GOODBYE_MS}. A connection that is being made then ends as soon as it stands. */
  stop(): Promise<void>;
}

/** Soon enough for a broker that restarts, and not a storm against one that is down. */
const RECONNECT = { minimumMs: 100, maximumMs: 5_000 } as const;
const GOODBYE_MS = 1_000;

export function keepLink(options: KeptLinkOptions): KeptLink {
  const { stream, name, clock, random, logger } = options;
  const fields = { stream, ...(name === undefined ? {} : { publisher: name }) };
  let started = false;
  let stopped = false;
  let attempts = 0;
  let outageSinceMs: number | undefined;
  let lastFailure: unknown;
  let current: { readonly client: StreamClient; readonly link: PublisherLink } | undefined;
  let endPause: (() => void) | undefined;

  const failed = (error: unknown): void => {
    lastFailure = error;
    const { code, message } = failureOf(error);
    const detail = { ...fields, errorCode: code, errorMessage: message };
    if (outageSinceMs === undefined) logger.warn('a publisher has no connection to its stream; retrying', detail);
    else logger.debug('a publisher still has no connection to its stream', detail);
    outageSinceMs ??= clock.nowMs();
  };

  const declare = async (client: StreamClient): Promise<{ link: PublisherLink; sequence: bigint | undefined }> => {
    const link = await declarePublisherLink({
      client,
      stream,
      ...(name === undefined ? {} : { reference: name }),
      onConfirm(id) {
        attempts = 0;
        options.onConfirm(id);
      },
      onError: options.onRefused,
      // `client.closed` says it.
      onEnd: () => undefined,
    });
    const sequence = name === undefined ? undefined : await queryPublisherSequence({ client, stream, reference: name });
    return { link, sequence };
  };

  /** One connection, from its making to its end. @throws what it could not be made for */
  const live = async (): Promise<void> => {
    const client = await connectStream({ ...options.client, onClosed: () => undefined });
    try {
      if (stopped) return;
      const { link, sequence } = await declare(client);
      if (stopped) return;
      current = { client, link };
      if (outageSinceMs !== undefined) {
        logger.info('a publisher is connected again', {
          ...fields,
          afterMs: Math.round(clock.nowMs() - outageSinceMs),
        });
      }
      outageSinceMs = undefined;
      options.onUp({ messageBytesMax: messageBytesMax(client.frameBytesMax), sequence });
      const reason = await client.closed;
      current = undefined;
      if (!stopped) failed(reason);
      options.onDown(reason);
    } finally {
      await goodbye(client);
    }
  };

  const goodbye = async (client: StreamClient): Promise<void> => {
    const late = () => client.fail(new StreamClientError('closed', 'the broker did not say goodbye in time'));
    const cancel = clock.after(GOODBYE_MS, late);
    await client.close();
    cancel();
  };

  const run = async (): Promise<void> => {
    while (!stopped) {
      try {
        await live();
      } catch (error) {
        if (!stopped) failed(error);
      }
      if (stopped) return;
      attempts += 1;
      const delayMs = fullJitterMs(attempts, RECONNECT, random());
      await new Promise<void>((resolve) => {
        const cancel = clock.after(delayMs, resolve);
        endPause = () => {
          cancel();
          resolve();
        };
      });
    }
  };

  return {
    start() {
      if (started || stopped) return;
      started = true;
      run().catch((error: unknown) => logger.error('a publisher has stopped connecting', { error: failureOf(error) }));
    },
    get up() {
      return current !== undefined && current.client.failed() === undefined;
    },
    get lastFailure() {
      return lastFailure;
    },
    send(messages, ids) {
      if (current === undefined || current.client.failed() !== undefined) return;
      try {
        current.link.send(messages, ids);
      } catch (error) {
        current.client.fail(new StreamClientError('invalid_argument', String(error), { cause: error }));
      }
    },
    async sequence() {
      if (name === undefined || current === undefined) return undefined;
      try {
        return await queryPublisherSequence({ client: current.client, stream, reference: name });
      } catch (error) {
        logger.debug('the sequence of a publisher is not known', { ...fields, error: failureOf(error) });
        return undefined;
      }
    },
    drop(reason) {
      current?.client.fail(new StreamClientError('stream_unavailable', reason));
    },
    async stop() {
      stopped = true;
      endPause?.();
      if (current !== undefined) await goodbye(current.client);
    },
  };
}
