import { crc32 } from 'node:zlib';
import { StreamClientError } from './stream-error.ts';
import { type Compression, subEntryRecords } from './sub-entry.ts';

/** Records as the broker delivers them: as many as were published at about one time. */
export interface Chunk {
  readonly subscriptionId: number;
  /** First offset of the last chunk that a quorum has; only since the broker speaks Deliver version 2. */
  readonly committedChunkId: bigint | undefined;
  readonly firstOffset: bigint;
  /** When the broker wrote it, ms since 1970. */
  readonly timestampMs: number;
  readonly entries: number;
  readonly data: Buffer;
}

/** One record's bytes, or why it has none: then `bytes` is the compressed batch that it was in. */
export interface RawRecord {
  readonly offset: bigint;
  readonly bytes: Buffer;
  readonly unreadable?: string;
}

const DELIVER_VERSION_2 = 2;
/** Osiris chunk: magic 5, version 0. */
const MAGIC = 0x50;
const HEADER_BYTES = 48;
const SUB_ENTRY_FLAG = 0x80;

/**
 * The chunk of a Deliver frame. Source: RabbitMQ, "Stream protocol reference", Deliver and OsirisChunk.
 * @throws StreamClientError `protocol_error`: too short, or the checksum does not match; another connection may bring it whole
 */
export function readChunk(frame: Buffer): Chunk {
  const version = frame.readUInt16BE(2);
  const subscriptionId = frame.readUInt8(4);
  let at = 5;
  let committedChunkId: bigint | undefined;
  if (version === DELIVER_VERSION_2) {
    committedChunkId = frame.readBigUInt64BE(at);
    at += 8;
  }
  const dataBytes = frame.readUInt32BE(at + 36);
  const data = frame.subarray(at + HEADER_BYTES, at + HEADER_BYTES + dataBytes);
  if (frame.readUInt8(at) !== MAGIC) throw new StreamClientError('protocol_error', 'a delivery that is no chunk');
  const firstOffset = frame.readBigUInt64BE(at + 24);
  if (data.length !== dataBytes || crc32(data) !== frame.readUInt32BE(at + 32)) {
    throw new StreamClientError('protocol_error', `the chunk at offset ${firstOffset} is damaged`);
  }
  return {
    subscriptionId,
    committedChunkId,
    firstOffset,
    timestampMs: Number(frame.readBigInt64BE(at + 8)),
    entries: frame.readUInt16BE(at + 2),
    data,
  };
}

/** The chunk's records in order; a batch within it that cannot be read yields its records as unreadable. */
export function* chunkRecords({ firstOffset, entries, data }: Chunk): Generator<RawRecord, void, undefined> {
  let offset = firstOffset;
  let at = 0;
  for (let entry = 0; entry < entries; entry += 1) {
    const first = data.readUInt8(at);
    if ((first & SUB_ENTRY_FLAG) === 0) {
      const bytes = slice(data, at + 4, data.readUInt32BE(at));
      yield { offset, bytes };
      offset += 1n;
      at += 4 + bytes.length;
    } else {
      const records = data.readUInt16BE(at + 1);
      const rawBytes = data.readUInt32BE(at + 3);
      const packed = slice(data, at + 11, data.readUInt32BE(at + 7));
      const compression = ((first & 0x70) >> 4) as Compression;
      yield* subEntryRecords({ firstOffset: offset, records, compression, rawBytes, packed });
      offset += BigInt(records);
      at += 11 + packed.length;
    }
  }
}

function slice(data: Buffer, from: number, length: number): Buffer {
  if (from + length > data.length) throw new StreamClientError('protocol_error', 'an entry reaches past its chunk');
  return data.subarray(from, from + length);
}
