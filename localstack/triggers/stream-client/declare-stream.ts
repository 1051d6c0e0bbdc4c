import { CreateStreamRequest } from 'rabbitmq-stream-js-client/dist/requests/create_stream_request.js';
import type { StreamClient } from './client.ts';
import { StreamClientError } from './stream-error.ts';
import { wireText } from './wire.ts';

/** Source: RabbitMQ, "Stream protocol reference", response codes. */
const STREAM_EXISTS = 5;

/** Larger files are fewer; only whole ones are removed. RabbitMQ's own default. */
const SEGMENT_BYTES_DEFAULT = 500_000_000;

export interface StreamDeclaration {
  readonly client: StreamClient;
  readonly stream: string;
  /** For good: a segment size cannot be changed later. Default 500 MB. */
  readonly segmentBytes?: number;
}

/**
 * Creates a durable stream; one that is there with the same arguments is left as it is. How long it keeps records is not said
 * here but by a policy, which can be changed.
 * @throws StreamClientError `refused` 17 when a stream or queue of the name has other arguments, 16 without permission
 */
export async function declareStream(declaration: StreamDeclaration): Promise<'created' | 'existed'> {
  const { client, segmentBytes = SEGMENT_BYTES_DEFAULT } = declaration;
  if (!Number.isSafeInteger(segmentBytes) || segmentBytes <= 0) {
    throw new StreamClientError('invalid_argument', 'segmentBytes must be a whole number above 0');
  }
  const stream = wireText('stream', declaration.stream);
  const request = new CreateStreamRequest({
    stream,
    // As the broker does for the partitions of a super stream: in a cluster, leaders are spread over the nodes.
    arguments: { 'stream-max-segment-size-bytes': segmentBytes, 'queue-leader-locator': 'least-leaders' },
  });
  try {
    await client.request(request);
    return 'created';
  } catch (error) {
    if (error instanceof StreamClientError && error.responseCode === STREAM_EXISTS) return 'existed';
    throw error;
  }
}
