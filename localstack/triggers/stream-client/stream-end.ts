import type { StreamClient } from './client.ts';
import { streamStatistics } from './offsets.ts';
import { consumePartition } from './partition.ts';

/**
 * The offset behind the last record that is there now; 0 in an empty stream. Statistics alone do not do: they name chunks,
 * those of stored positions included, and of a chunk only its first offset.
 * @throws StreamClientError `refused` 2: no such stream
 */
export async function streamEnd(client: StreamClient, stream: string): Promise<bigint> {
  let end = 0n;
  const consumer = await consumePartition({
    client,
    stream,
    consumerName: 'stream-end',
    singleActive: false,
    offset: 'last',
    onRecord(record) {
      end = record.offset + 1n;
      return undefined;
    },
  });
  // The last chunk is on the wire before the answer to what is asked after it.
  await streamStatistics(client, stream);
  await consumer.close();
  return end;
}
