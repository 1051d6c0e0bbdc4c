import { PartitionsQuery } from 'rabbitmq-stream-js-client/dist/requests/partitions_query.js';
import type { StreamClient } from './client.ts';
import { readText, wireText } from './wire.ts';

/** The names of a super stream's partitions, in their order. @throws StreamClientError `refused` when there is none of the name */
export async function superStreamPartitions(client: StreamClient, superStream: string): Promise<string[]> {
  const payload = await client.request(new PartitionsQuery({ superStream: wireText('superStream', superStream) }));
  const streams: string[] = [];
  const count = payload.readInt32BE(0);
  for (let at = 4; streams.length < count; ) {
    const { text, next } = readText(payload, at);
    streams.push(text);
    at = next;
  }
  return streams;
}
