import type { SourceContext } from '../source-context.ts';
import type { EventRecord } from './event.ts';
import type { Discard, Output } from './machine-types.ts';
import type { PartitionSetting } from './partition-types.ts';

/** What the log and the metrics are told of single records, and of whose the partition is. */
export function tellOfPartition(
  { stream, sentTo }: Pick<PartitionSetting, 'stream' | 'sentTo'>,
  { emit, logger, fields, outage }: SourceContext,
) {
  const messageIdOf = ({ offset }: EventRecord) => `${stream}:${offset}`;
  const known = (name: 'position' | 'epoch', value: bigint | undefined) =>
    value === undefined ? {} : { [name]: String(value) };
  const retried = ({ records, attempt, delayMs }: Output<EventRecord> & { type: 'retry' }) => {
    for (const record of records) {
      emit({ type: 'recordRetried', messageId: messageIdOf(record), attempt, delayMs });
    }
  };
  const discarded = ({ records, condition, invokeCount: attempt, failure }: Discard<EventRecord>) => {
    for (const record of records) {
      emit({ type: 'recordDeadLettered', messageId: messageIdOf(record), attempt, code: failure?.code ?? condition });
      const why = { condition, failure, problem: record.problem, sentTo: sentTo(condition) };
      const which = { partition: stream, offset: String(record.offset), attempt };
      logger.error('record given up on', { ...fields, ...which, ...why });
    }
  };
  return {
    assigned(position: bigint | undefined, epoch: bigint | undefined): void {
      emit({ type: 'partitionAssigned', partition: stream });
      const at = { ...known('position', position), ...known('epoch', epoch) };
      logger.info('partition assigned', { ...fields, partition: stream, ...at });
    },
    held(problem: string, part: string): void {
      emit({ type: 'partitionHeld', partition: stream });
      logger.error('partition held: its checkpoint is not of this stream', { ...fields, partition: stream, problem });
      outage.failed(part, new Error(problem));
    },
    revoked(position: bigint | undefined): void {
      emit({ type: 'partitionRevoked', partition: stream });
      logger.info('partition revoked', { ...fields, partition: stream, ...known('position', position) });
    },
    of(output: Output<EventRecord> & { type: 'retry' | 'discarded' | 'filtered' }): void {
      if (output.type === 'retry') retried(output);
      else if (output.type === 'discarded') discarded(output);
      else emit({ type: 'recordsFiltered', records: output.records });
    },
  };
}
