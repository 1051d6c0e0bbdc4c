import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { RawRecord } from './chunk.ts';

/** As the stream protocol numbers them: none, gzip, snappy, lz4, zstd. */
export type Compression = number;

interface SubEntry {
  readonly firstOffset: bigint;
  readonly records: number;
  readonly compression: Compression;
  /** What the publisher says it unpacks to. */
  readonly rawBytes: number;
  readonly packed: Buffer;
}

const NONE = 0;
const GZIP = 1;
const ZSTD = 4;
/** A publisher's frame is at most 1 MiB (the broker's default); unpacked, this much is generous and a bomb is bounded. */
const RAW_BYTES_MAX = 64 * 1024 * 1024;

/** The broker takes a publisher's batch unread, so all in it is untrusted: exactly `records` come out, whatever it holds. */
export function* subEntryRecords(entry: SubEntry): Generator<RawRecord, void, undefined> {
  const { firstOffset, records, packed } = entry;
  let at = 0;
  let raw: Buffer | undefined;
  let unreadable = '';
  try {
    raw = unpack(entry);
  } catch (error) {
    unreadable = `batch cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`;
  }
  for (let index = 0; index < records; index += 1) {
    const offset = firstOffset + BigInt(index);
    const length: number = raw !== undefined && raw.length - at >= 4 ? raw.readUInt32BE(at) : Number.POSITIVE_INFINITY;
    if (raw !== undefined && length <= raw.length - at - 4) {
      yield { offset, bytes: raw.subarray(at + 4, at + 4 + length) };
      at += 4 + length;
    } else {
      // From here on no boundary is known.
      if (raw !== undefined) unreadable = `batch ends within record ${index + 1} of ${records}`;
      raw = undefined;
      yield { offset, bytes: packed, unreadable };
    }
  }
}

function unpack({ compression, rawBytes, packed }: SubEntry): Buffer {
  if (compression === NONE) return packed;
  const maxOutputLength = Math.max(1, Math.min(rawBytes, RAW_BYTES_MAX));
  if (compression === GZIP) return gunzipSync(packed, { maxOutputLength });
  if (compression === ZSTD) return zstdDecompressSync(packed, { maxOutputLength });
  throw new Error(`compression ${compression} is not supported`);
}
