import type { BatchFailures } from '../batch-response.ts';
import type { InvokeFunction } from '../event-source.ts';
import { type InvocationLimits, invokeBatch as invokeBatchOf } from '../invoke-batch.ts';
import type { SourceContext } from '../source-context.ts';
import type { QueueRecord } from './event.ts';

/** Invokes the function with a batch of records, SQS-shaped; settles as {@link invokeBatchOf} does. */
export function invokeBatch(
  invoke: InvokeFunction,
  records: readonly QueueRecord[],
  limits: InvocationLimits,
  context: SourceContext,
): Promise<BatchFailures> {
  const event = { Records: records.map((record) => record.event) };
  const ids = new Set(records.map((record) => record.id));
  return invokeBatchOf(invoke, event, ids, limits, context);
}
