import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { TriggerLogger } from '../event-source.ts';
import { deadLetterMessage } from '../stream-publisher/dead-letter.ts';
import type { ReconnectingPublisher } from '../stream-publisher/publisher-types.ts';
import { createStreamPublisher } from '../stream-publisher/stream-publisher.ts';
import type { EventRecord } from './event.ts';
import type { Discard } from './machine-types.ts';

export interface DeadLetterSetting {
  readonly url: string;
  readonly tls: TlsOptions | undefined;
  readonly functionName: string;
  readonly onFailure: string | undefined;
  /** For records that are no messages, where there is no `onFailure`. */
  readonly undecodableTo: string | undefined;
  readonly logger: TriggerLogger;
}

export interface DeadLetterDestination {
  /** Resolves when the stream has confirmed a dead letter for each record. */
  send(discard: Discard<EventRecord>): Promise<void>;
  /** Waits for nothing that is unconfirmed: whoever asked for it has given it up, or has its answer. */
  close(): Promise<void>;
}

/** Writes records that are given up on to a stream, with their raw bytes and why; its connection is made on first use. */
export function deadLetterDestination(setting: DeadLetterSetting): DeadLetterDestination {
  const { url, tls, functionName, onFailure, undecodableTo, logger } = setting;
  const stream = onFailure ?? undecodableTo;
  let publisher: ReconnectingPublisher | undefined;
  return {
    async send({ records, condition, invokeCount, failure }) {
      if (stream === undefined) throw new Error('no failure destination');
      publisher ??= createStreamPublisher({ url, stream, logger, ...(tls === undefined ? {} : { tls }) });
      const letters = records.map((record) =>
        deadLetterMessage({
          bytes: record.raw,
          partition: record.stream,
          offset: record.offset,
          timestampMs: record.writtenMs,
          functionName,
          condition,
          attempts: invokeCount,
          failure,
          undecodable: record.problem,
          atMs: Date.now(),
        }),
      );
      await publisher.publish(letters);
    },
    close: async () => publisher?.close({ deadlineMs: 0 }),
  };
}
