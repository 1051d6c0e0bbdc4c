import type { BatchFailures } from '../batch-response.ts';
import { invokeBatch } from '../invoke-batch.ts';
import type { SourceContext } from '../source-context.ts';
import { type EventCheckpoint, type EventRecord, kinesisEvent } from './event.ts';
import type { PartitionSetting } from './partition-types.ts';

/** Invokes the function with a batch of a partition; always settles, and never rejects. */
export function invokeRecords(
  { stream, invoke, timeoutMs, options }: PartitionSetting,
  records: readonly EventRecord[],
  checkpoint: EventCheckpoint | undefined,
  context: SourceContext,
): Promise<BatchFailures> {
  const event = kinesisEvent(records, checkpoint);
  const ids = new Set(event.Records.map(({ kinesis }) => kinesis.sequenceNumber));
  const limits = { timeoutMs, reportBatchItemFailures: options.reportBatchItemFailures };
  const fields = { ...context.fields, partition: stream };
  return invokeBatch(invoke, event, ids, limits, { ...context, fields });
}
