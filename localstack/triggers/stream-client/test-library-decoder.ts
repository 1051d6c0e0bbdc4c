import { NoneCompression } from 'rabbitmq-stream-js-client/dist/compression.js';
import { ResponseDecoder } from 'rabbitmq-stream-js-client/dist/response_decoder.js';
import { silentLogger } from '../silent-logger.ts';

/** A Deliver frame (version 1) with one chunk of these records. */
export function deliverFrame(records: readonly Buffer[], firstOffset = 0n): Buffer {
  const entries = records.map((record) => {
    const entry = Buffer.alloc(4 + record.length);
    entry.writeUInt32BE(record.length, 0);
    record.copy(entry, 4);
    return entry;
  });
  const data = Buffer.concat(entries);
  const head = Buffer.alloc(4 + 5 + 48);
  head.writeUInt32BE(head.length - 4 + data.length, 0);
  head.writeUInt16BE(8, 4);
  head.writeUInt16BE(1, 6);
  head.writeUInt8(0x50, 9);
  head.writeUInt16BE(records.length, 11);
  head.writeUInt32BE(records.length, 13);
  head.writeBigUInt64BE(firstOffset, 33);
  head.writeUInt32BE(data.length, 45);
  return Buffer.concat([head, data]);
}

/** The mutant: the message as rabbitmq-stream-js-client decodes it. */
export function libraryDecode(bytes: Buffer): unknown {
  const delivered: unknown[] = [];
  const decoder = new ResponseDecoder(() => undefined, silentLogger);
  decoder.on('deliverV1', (response) => delivered.push(...response.messages));
  decoder.add(deliverFrame([bytes]), () => NoneCompression.create());
  return delivered[0];
}
