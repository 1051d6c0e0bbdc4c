import {
  changing,
  confirming,
  forgetful,
  fromHighest,
  hearing,
  hearingRecords,
  readAhead,
  seeing,
  withOptions,
} from './machine-breakages.ts';
import type { CreateMachine } from './machine-model.ts';

interface Mutant {
  /** The law that does not hold of it. */
  readonly breaks: string;
  readonly create: CreateMachine;
}

/** Small variations of the machine, each of which breaks the law it names. */
export const mutants: Record<string, Mutant> = {
  'stores what it has read, not what is done': {
    breaks: 'the checkpoint never passes a record that is not handled, filtered, or confirmed at the destination',
    create: readAhead,
  },
  'skips the failure destination': {
    breaks: 'the checkpoint never passes a record that is not handled, filtered, or confirmed at the destination',
    create: confirming('sendToDestination', () => true),
  },
  'takes the highest failure for the checkpoint of the batch': {
    breaks: 'the checkpoint never passes a record that is not handled, filtered, or confirmed at the destination',
    create: fromHighest,
  },
  'announces the end of each batch': {
    breaks:
      'an announced checkpoint passes only what is done or in the batch, and nothing is announced where none is asked for',
    create: changing((made) =>
      made.type === 'invoke' ? [{ ...made, checkpoint: (made.records.at(-1)?.offset ?? 0n) + 1n }] : [made],
    ),
  },
  'announces no checkpoint': {
    breaks: 'with one lane the first batch in hand announces a checkpoint behind it',
    create: withOptions(() => ({ announceCheckpoint: false })),
  },
  'lets go of a partition without a last store': {
    breaks: 'a release ends with the checkpoint stored, unless that failed or it is given up on',
    create: confirming('storeCheckpoint', (phase) => phase === 'releasing'),
  },
  'lets go of a partition at once': {
    breaks: 'a release ends once, at the latest with the end of the activation, and not before',
    create: changing((made) => (made.type === 'released' ? [] : [made])),
  },
  'stores one too many': {
    breaks: 'the checkpoint passes only what has been read',
    create: changing((made) => (made.type === 'storeCheckpoint' ? [{ ...made, offset: made.offset + 1n }] : [made])),
  },
  'stores twice at a time': {
    breaks: 'the checkpoint is monotonic, and stored one at a time',
    create: changing((made) => (made.type === 'storeCheckpoint' ? [made, { ...made, store: -made.store }] : [made])),
  },
  'stores after each batch': {
    breaks: 'the checkpoint is stored after so many records or so much time, not earlier, but for the end of a drain',
    create: withOptions(() => ({ checkpointRecords: 1 })),
  },
  'leaves the last store of a drain out': {
    breaks: 'a drain ends with the checkpoint stored, unless that failed or it was given up on',
    create: confirming('storeCheckpoint', (phase) => phase === 'stopping'),
  },
  'forgets filtered records': {
    breaks: 'all that was written is done in the end, and the checkpoint stored behind it',
    create: hearingRecords((record) => (record.filtered && !record.undecodable ? [] : [record])),
  },
  'loses a record now and then': {
    breaks: 'the checkpoint never passes a record that is not handled, filtered, or confirmed at the destination',
    create: hearingRecords((record) => (record.offset % 5n === 3n ? [] : [record])),
  },
  'runs two batches of one key at once': {
    breaks: 'of a key, no two batches are in flight at once',
    create: seeing((record) => ({ ...record, key: `${record.key}${record.offset % 2n}` })),
  },
  'has a lane too many': {
    breaks: 'there are parallelizationFactor lanes, and each has one batch in flight',
    create: withOptions(({ parallelizationFactor }) => ({ parallelizationFactor: parallelizationFactor + 1 })),
  },
  'turns a batch around': {
    breaks:
      'a record is invoked in the order of its key: all before it are done, given up on, or before it in the batch',
    create: changing((made) => (made.type === 'invoke' ? [{ ...made, records: made.records.toReversed() }] : [made])),
  },
  'does not filter': {
    breaks: 'only what is read, passes the filter, can be decoded and waits is invoked',
    create: seeing((record) => ({ ...record, filtered: false })),
  },
  'takes one record too many': {
    breaks: 'a batch keeps to batchSize and to the payload, base64 counted',
    create: withOptions(({ batchSize }) => ({ batchSize: batchSize + 1 })),
  },
  'counts bytes before base64': {
    breaks: 'a batch keeps to batchSize and to the payload, base64 counted',
    create: seeing((record) => ({ ...record, bytes: Math.floor((record.bytes * 3) / 4) })),
  },
  'ignores the window': {
    breaks: 'a fresh batch that is not full waits for its window, unless reading is paused',
    create: withOptions(() => ({ windowMs: 0 })),
  },
  'has a window where none is asked for': {
    breaks:
      'without a window a record waits only for others of its key, for its retry, or for a lane when all are busy',
    create: withOptions(({ windowMs }) => ({ windowMs: Math.max(windowMs, 50) })),
  },
  'has one lane for all': {
    breaks:
      'without a window a record waits only for others of its key, for its retry, or for a lane when all are busy',
    create: withOptions(() => ({ parallelizationFactor: 1 })),
  },
  'has one lane for all, also of those that each key has': {
    breaks:
      'where each key has a lane, a record waits only for one of its key, for its retry, or while as many as may be are in flight',
    create: withOptions(() => ({ parallelizationFactor: 1 })),
  },
  'lets nothing pass, whatever may be passed': {
    breaks:
      'where each key has a lane, a record waits only for one of its key, for its retry, or while as many as may be are in flight',
    create: seeing((record) => ({ ...record, passable: false })),
  },
  'lets everything pass': {
    breaks:
      'a record is invoked in the order of its key: all before it are done, given up on, or before it in the batch',
    create: seeing((record) => ({ ...record, passable: true })),
  },
  'pauses late': {
    breaks: 'a bounded number of records is in hand: no more than the bound and one chunk',
    create: withOptions(({ recordsInHandMax }) => ({ recordsInHandMax: 2 * recordsInHandMax })),
  },
  'counts records and not their bytes': {
    breaks: 'bounded bytes are in hand: no more than the bound and one chunk',
    create: withOptions(() => ({ bytesInHandMax: Infinity })),
  },
  'does not resume': {
    breaks: 'reading is paused only while there is something in hand',
    create: changing((made) => (made.type === 'resume' ? [] : [made])),
  },
  'begins anew when the partition comes back, beside what is still in flight': {
    breaks: 'of a key, no two batches are in flight at once',
    create: forgetful,
  },
  'retries once too often': {
    breaks: 'no record is retried more often than maximumRetryAttempts',
    create: withOptions(({ maximumRetryAttempts }) => ({ maximumRetryAttempts: maximumRetryAttempts + 1 })),
  },
  'counts the first attempt as a retry': {
    breaks: 'what is given up on is out of retries, too old, refused or undecodable, as it says',
    create: withOptions(({ maximumRetryAttempts }) => ({
      maximumRetryAttempts: Math.max(0, maximumRetryAttempts - 1),
    })),
  },
  'takes each invocation for the first': {
    breaks: 'the attempt of a batch, and the invokeCount of what is given up on, are the invocations of its records',
    create: changing((made) => (made.type === 'invoke' ? [{ ...made, attempt: 1 }] : [made])),
  },
  'retries before the delay it gave': {
    breaks: 'a failed batch is not retried before its delay is over',
    create: changing((made) => (made.type === 'retry' ? [{ ...made, delayMs: 2 * made.delayMs + 1 }] : [made])),
  },
  'keeps old records': {
    breaks: 'a record that is too old is not invoked with',
    create: withOptions(() => ({ maximumRecordAgeMs: Infinity })),
  },
  'retries the whole batch instead of splitting it, for ever': {
    breaks:
      'a split ends: a record is invoked once for each cut of its batch, each failure that counts, and each that does not',
    create: withOptions(({ bisectBatchOnFunctionError, maximumRetryAttempts }) => ({
      bisectBatchOnFunctionError: false,
      maximumRetryAttempts: bisectBatchOnFunctionError ? Infinity : maximumRetryAttempts,
    })),
  },
  'does not split': {
    breaks: 'with bisect, a batch that failed comes back in fewer records until there is one',
    create: withOptions(() => ({ bisectBatchOnFunctionError: false })),
  },
  'says twice that it gave up': {
    breaks: 'given up on for good is said once, and after the destination has confirmed it',
    create: changing((made) => (made.type === 'discarded' ? [made, made] : [made])),
  },
  'says that it gave up when it sends': {
    breaks: 'given up on for good is said once, and after the destination has confirmed it',
    create: changing((made) => (made.type === 'sendToDestination' ? [made, { ...made, type: 'discarded' }] : [made])),
  },
  'does not notice that the partition has moved': {
    breaks: 'nothing comes out between a deactivation and the next activation, but the end of a drain',
    create: hearing((input) => (input.type === 'deactivated' ? { type: 'tick' } : input)),
  },
  'does not hear stop': {
    breaks: 'after stop or release nothing is begun',
    create: hearing((input) => (input.type === 'stop' ? { type: 'tick' } : input)),
  },
  'does not say that the drain is over': {
    breaks: 'a drain ends, once, when no invocation is waited for, and nothing follows',
    create: changing((made) => (made.type === 'finished' ? [] : [made])),
  },
  'cuts the drain short': {
    breaks: 'an outcome of an invocation is waited for, unless it is given up on',
    create: hearing((input) => (input.type === 'stop' ? { type: 'abandon' } : input)),
  },
};
