import { type DecodedMessage, decodeMessage, type Undecodable } from './amqp-message.ts';
import { type Chunk, chunkRecords, type RawRecord } from './chunk.ts';
import type { StartOffset } from './wire.ts';

export interface StreamRecord {
  readonly offset: bigint;
  /** When the broker wrote the record's chunk, ms since 1970. */
  readonly timestampMs: number;
  /** As stored; views of the chunk's memory: copy what outlives the handling. */
  readonly bytes: Buffer;
  readonly message: DecodedMessage | Undecodable;
}

export interface Delivery {
  readonly onRecord: (record: StreamRecord) => undefined | Promise<void>;
  /** So many chunks are done with: as many credits are due. */
  readonly onChunksDone: (chunks: number) => void;
  readonly onFailed: (error: unknown) => void;
}

interface Waiting {
  readonly timestampMs: number;
  readonly records: Iterator<RawRecord, void>;
}

/** Hands records over in order and one at a time; a chunk's credit is due when its last record is handled. */
export class DeliveryQueue {
  private readonly delivery: Delivery;
  private waiting: Waiting[] = [];
  /** A chunk begins before the offset asked for; what is below is not delivered. */
  private minimum = 0n;
  private paused = false;
  private ended = false;
  private draining = false;

  constructor(delivery: Delivery) {
    this.delivery = delivery;
  }

  startAt(start: StartOffset): void {
    this.minimum = typeof start === 'bigint' ? start : 0n;
  }

  add(chunk: Chunk): void {
    if (this.ended) return;
    this.waiting.push({ timestampMs: chunk.timestampMs, records: chunkRecords(chunk) });
    this.resumeDraining();
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.resumeDraining();
  }

  /** Forgets what was not delivered: another consumer has it now. Its credits are given back, for the next activation. */
  drop(): void {
    const dropped = this.waiting.length;
    this.waiting = [];
    if (dropped > 0) this.delivery.onChunksDone(dropped);
  }

  end(): void {
    this.ended = true;
    this.waiting = [];
  }

  private resumeDraining(): void {
    if (this.draining) return;
    this.draining = true;
    this.drain().catch((error: unknown) => {
      this.end();
      this.delivery.onFailed(error);
    });
  }

  /** Clears `draining` in the turn in which it stops: the next chunk may come before a promise of this would settle. */
  private async drain(): Promise<void> {
    try {
      for (let head = this.waiting[0]; head !== undefined && !this.paused; head = this.waiting[0]) {
        const next = head.records.next();
        if (next.done) {
          this.waiting.shift();
          this.delivery.onChunksDone(1);
          continue;
        }
        const { offset, bytes, unreadable } = next.value;
        if (offset < this.minimum) continue;
        const message = unreadable === undefined ? decodeMessage(bytes) : { undecodable: unreadable, bytes };
        const handled = this.delivery.onRecord({ offset, timestampMs: head.timestampMs, bytes, message });
        if (handled !== undefined) await handled;
      }
    } finally {
      this.draining = false;
    }
  }
}
