import { failureOf } from '../failure.ts';
import type { SourceContext } from '../source-context.ts';
import type { StreamClient } from '../stream-client/client.ts';
import type { StreamRecord } from '../stream-client/delivery-queue.ts';
import { streamStatistics } from '../stream-client/offsets.ts';
import { type EventRecord, eventRecord, type RecordContext } from './event.ts';
import { lossCounter } from './lost-records.ts';

interface IntakeSetting extends Pick<RecordContext, 'stream' | 'topicLevel' | 'passes' | 'isPassable'> {
  readonly records: (records: readonly EventRecord[]) => void;
}

/** Records of a partition on their way from the client to the machine. */
export interface Intake {
  /** Another activation begins; `from`: where reading goes on, if it is known. */
  begin(client: StreamClient, from: bigint | undefined): void;
  /** What came and was not handed on is forgotten. */
  clear(): void;
  /** For the client's `onRecord`: the promise lets what has come be handed on before the next. */
  received(record: StreamRecord): undefined | Promise<void>;
  /** Of the last record received in this activation. */
  lastOffset(): bigint | undefined;
}

/** Handed on together at the most; a chunk may hold more, and only between two of these can reading pause. */
const TOGETHER_RECORDS_MAX = 2_000;
const TOGETHER_BYTES_MAX = 1024 * 1024;

/** Hands on together what comes in one turn, and counts what the stream's retention took away. */
export function partitionIntake(setting: IntakeSetting, context: SourceContext): Intake {
  const { stream } = setting;
  const { clock, emit, logger } = context;
  const fields = { ...context.fields, partition: stream };
  let client: StreamClient | undefined;
  let pending: EventRecord[] = [];
  let pendingBytes = 0;
  /** Of the records that are handed on together. */
  let recordContext: RecordContext = { ...setting, clockAheadMs: 0 };
  let expected: bigint | undefined;
  let lastOffset: bigint | undefined;

  const losses = lossCounter(
    ({ records, from, firstOffset }) => {
      emit({ type: 'recordsLost', records, partition: stream });
      logger.error('records lost: the stream’s retention removed them before they were read', {
        ...fields,
        records,
        fromOffset: String(from),
        firstOffset: String(firstOffset),
      });
    },
    (error) =>
      logger.warn('not known whether records were lost: the stream’s statistics failed', {
        ...fields,
        error: failureOf(error),
      }),
  );

  function clear(): void {
    pending = [];
    pendingBytes = 0;
  }

  function flush(): void {
    const records = pending;
    clear();
    if (records.length > 0) setting.records(records);
  }

  return {
    begin(by, from) {
      client = by;
      expected = from;
      lastOffset = undefined;
      clear();
    },
    clear,
    received(record) {
      const { offset } = record;
      const asked = client;
      if (expected !== undefined && offset > expected && asked !== undefined) {
        losses.gap({ from: expected, to: offset }, () => streamStatistics(asked, stream));
      }
      expected = offset + 1n;
      lastOffset = offset;
      if (pending.length === 0) {
        recordContext = { ...setting, clockAheadMs: clock.nowMs() - Date.now() };
        queueMicrotask(flush);
      }
      pending.push(eventRecord(record, recordContext));
      pendingBytes += record.bytes.length;
      const isMuch = pending.length >= TOGETHER_RECORDS_MAX || pendingBytes >= TOGETHER_BYTES_MAX;
      return isMuch ? Promise.resolve() : undefined;
    },
    lastOffset: () => lastOffset,
  };
}
