import type { IncomingMessage } from 'node:http';
import { AwsError, invalid } from './aws-error.ts';

/** AWS IoT Core message broker quotas: payload size, 128 KB. */
export const MAX_PAYLOAD_BYTES = 128 * 1024;

const tooLarge = () =>
  new AwsError('RequestEntityTooLargeException', `The payload exceeds ${MAX_PAYLOAD_BYTES} bytes.`);

/**
 * The body's bytes; no more than the limit is ever kept.
 * @throws AwsError RequestEntityTooLargeException; InvalidRequestException when the sender broke it off
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_PAYLOAD_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  return await new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_PAYLOAD_BYTES) reject(tooLarge());
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', () => reject(invalid('The body was broken off.')));
  });
}
