import { TransientError } from '../../shared/errors.ts';
import type { StreamClient } from '../triggers/stream-client/client.ts';
import type { StreamRecord } from '../triggers/stream-client/delivery-queue.ts';
import { consumePartition } from '../triggers/stream-client/partition.ts';

/** A page is held in memory, and confirmed before the position moves. */
const PAGE_RECORDS = 500;
const PAGE_BYTES = 16 * 1024 * 1024;
/** A broker delivers what it has at once. */
const IDLE_MS = 30_000;

/** The records from `from` to before `end`, in pages; the next is read when one is done with. */
export async function* pages(
  { client, stream }: { readonly client: StreamClient; readonly stream: string },
  from: bigint,
  end: bigint,
): AsyncGenerator<readonly StreamRecord[], void, undefined> {
  if (from >= end) return;
  let page: StreamRecord[] = [];
  let bytes = 0;
  let atEnd = false;
  let full = Promise.withResolvers<void>();
  let taken = Promise.withResolvers<void>();
  const consumer = await consumePartition({
    client,
    stream,
    consumerName: 'redrive',
    singleActive: false,
    offset: from,
    onRecord(record) {
      if (record.offset < end) page.push(record);
      bytes += record.bytes.length;
      atEnd ||= record.offset + 1n >= end;
      if (!atEnd && page.length < PAGE_RECORDS && bytes < PAGE_BYTES) return undefined;
      full.resolve();
      return taken.promise;
    },
  });
  try {
    while (!atEnd || page.length > 0) {
      await within(IDLE_MS, full.promise, client);
      const records = page;
      page = [];
      bytes = 0;
      if (records.length > 0) yield records;
      if (atEnd) return;
      full = Promise.withResolvers<void>();
      const next = taken;
      taken = Promise.withResolvers<void>();
      next.resolve();
    }
  } finally {
    taken.resolve();
    await consumer.close();
  }
}

async function within(limitMs: number, wanted: Promise<void>, client: StreamClient): Promise<void> {
  const late = Promise.withResolvers<never>();
  const message = `no dead letter came within ${limitMs / 1_000} s, though there are more: try again`;
  const timer = setTimeout(() => late.reject(new TransientError('dead_letters_stalled', message)), limitMs);
  try {
    const ended = await Promise.race([wanted, late.promise, client.closed]);
    if (ended !== undefined) throw ended;
  } finally {
    clearTimeout(timer);
  }
}
