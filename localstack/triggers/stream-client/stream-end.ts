import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamClient } from './client.ts';
import { streamStatistics } from './offsets.ts';
import { consumePartition } from './partition.ts';

/** A broker that has just booted says for a moment that a stream is empty, and delivers its last chunk late. */
const SETTLE_MS = 1_000;
const LOOK_EVERY_MS = 50;

/**
 * The offset behind the last record that is there now; 0 in an empty stream. Statistics alone do not do: they name chunks,
 * those of stored positions included, and of a chunk only its first offset. At once where the last chunk holds records;
 * else when for a second none came.
 * @throws StreamClientError `refused` 2: no such stream; why the client ended
 */
export async function streamEnd(client: StreamClient, stream: string): Promise<bigint> {
  let end = 0n;
  let quietSinceMs = performance.now();
  const consumer = await consumePartition({
    client,
    stream,
    consumerName: 'stream-end',
    singleActive: false,
    offset: 'last',
    onRecord(record) {
      end = record.offset + 1n;
      quietSinceMs = performance.now();
      return undefined;
    },
  });
  try {
    for (;;) {
      const { committedChunkId } = await streamStatistics(client, stream);
      if (committedChunkId !== undefined && end > committedChunkId) return end;
      if (performance.now() - quietSinceMs >= SETTLE_MS) return end;
      await sleep(LOOK_EVERY_MS);
    }
  } finally {
    await consumer.close();
  }
}
