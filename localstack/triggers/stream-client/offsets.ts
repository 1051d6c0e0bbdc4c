import { QueryOffsetRequest } from 'rabbitmq-stream-js-client/dist/requests/query_offset_request.js';
import { StoreOffsetRequest } from 'rabbitmq-stream-js-client/dist/requests/store_offset_request.js';
import { StreamStatsRequest } from 'rabbitmq-stream-js-client/dist/requests/stream_stats_request.js';
import type { StreamClient } from './client.ts';
import { RESPONSE_NO_OFFSET, StreamClientError } from './stream-error.ts';
import { readText, wireText } from './wire.ts';

/** Whose position in which stream. */
export interface OffsetKey {
  readonly client: StreamClient;
  readonly stream: string;
  readonly consumerName: string;
}

const OFFSET_MAX = 2n ** 64n - 1n;

/**
 * Stores `next`, the offset of the first record not yet done. The protocol has no answer to this: a {@link queryOffset} on
 * the same client, which the broker handles after it, says whether it arrived. It may lag after a broker crash: at least once.
 * @throws StreamClientError `invalid_argument` for what is no offset, or why the client ended
 */
export function storeOffset({ client, stream, consumerName, next }: OffsetKey & { readonly next: bigint }): void {
  if (typeof next !== 'bigint' || next < 0n || next > OFFSET_MAX) {
    throw new StreamClientError('invalid_argument', `${String(next)} is no offset`);
  }
  const reference = wireText('consumerName', consumerName);
  const ended = client.failed();
  if (ended !== undefined) throw ended;
  client.send(new StoreOffsetRequest({ stream: wireText('stream', stream), reference, offsetValue: next }));
}

/** What {@link storeOffset} stored last, where delivery resumes; undefined when nothing was. */
export async function queryOffset({ client, stream, consumerName }: OffsetKey): Promise<bigint | undefined> {
  const reference = wireText('consumerName', consumerName);
  try {
    const payload = await client.request(new QueryOffsetRequest({ stream: wireText('stream', stream), reference }));
    return payload.readBigUInt64BE(0);
  } catch (error) {
    if (error instanceof StreamClientError && error.responseCode === RESPONSE_NO_OFFSET) return undefined;
    throw error;
  }
}

/** Undefined in an empty stream. A chunk's id is the offset of its first record. */
export interface StreamStatistics {
  readonly firstOffset: bigint | undefined;
  readonly committedChunkId: bigint | undefined;
  readonly lastChunkId: bigint | undefined;
  /** Exact, where the broker gives it (RabbitMQ 4.1 and later). */
  readonly committedOffset: bigint | undefined;
}

export async function streamStatistics(client: StreamClient, stream: string): Promise<StreamStatistics> {
  const payload = await client.request(new StreamStatsRequest(wireText('stream', stream)));
  const statistics = new Map<string, bigint>();
  const count = payload.readInt32BE(0);
  for (let index = 0, at = 4; index < count; index += 1) {
    const { text, next } = readText(payload, at);
    const value = payload.readBigInt64BE(next);
    at = next + 8;
    // The broker says −1 for none.
    if (value >= 0n) statistics.set(text, value);
  }
  return {
    firstOffset: statistics.get('first_chunk_id'),
    committedChunkId: statistics.get('committed_chunk_id'),
    lastChunkId: statistics.get('last_chunk_id'),
    committedOffset: statistics.get('committed_offset'),
  };
}

/** Records behind the end, at least: what follows in the last chunk is unknown where `committedOffset` is. */
export function lagRecords({ committedOffset, committedChunkId }: StreamStatistics, next: bigint): bigint {
  const last = committedOffset ?? committedChunkId;
  return last === undefined || last < next ? 0n : last - next + 1n;
}
