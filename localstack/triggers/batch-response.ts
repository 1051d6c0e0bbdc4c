import type { Failure } from './event-source.ts';
import { itemFailureOf } from './failure.ts';

/** Which records of an invoked batch failed: all, or those listed (none: an empty map), each with why. */
export type BatchFailures =
  | { readonly type: 'all'; readonly failure: Failure }
  | { readonly type: 'listed'; readonly failures: ReadonlyMap<string, Failure> };

export const NOTHING_FAILED: BatchFailures = { type: 'listed', failures: new Map() };

const LISTED: Failure = {
  code: 'BatchItemFailure',
  name: 'BatchItemFailure',
  message: 'the handler listed this record in batchItemFailures',
};

function malformed(message: string): BatchFailures {
  return { type: 'all', failure: { code: 'InvalidBatchResponse', name: 'InvalidBatchResponse', message } };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a handler's partial batch response (functionResponseType ReportBatchItemFailures).
 *
 * Null, undefined, `{}`, and an empty or null `batchItemFailures`: all succeeded. An empty, null, unknown or missing
 * `itemIdentifier`, or a `batchItemFailures` of another shape: the whole batch failed. An item may carry an `error`
 * beside its identifier (AWS ignores it); it is what the record's dead letter then says, and with `retriable: false` in
 * it an event source that retries in order gives up on that record alone, at once.
 * Source: Lambda developer guide, "Implementing partial batch responses", success and failure conditions.
 */
export function readBatchResponse(response: unknown, identifiers: ReadonlySet<string>): BatchFailures {
  if (response === null || response === undefined || response === '') return NOTHING_FAILED;
  // AWS says nothing of other shapes; a list of failures returned bare must not count as success.
  if (!isObject(response)) return malformed('the response is not an object');
  const items = response['batchItemFailures'];
  if (items === undefined || items === null) return NOTHING_FAILED;
  if (!Array.isArray(items)) return malformed('batchItemFailures is not a list');

  const failures = new Map<string, Failure>();
  for (const item of items as readonly unknown[]) {
    if (!isObject(item)) return malformed('an entry of batchItemFailures is not an object');
    const identifier = item['itemIdentifier'];
    if (typeof identifier !== 'string' || identifier === '') {
      return malformed('an entry of batchItemFailures has no itemIdentifier');
    }
    if (!identifiers.has(identifier)) return malformed('batchItemFailures names a record that is not in the batch');
    failures.set(identifier, item['error'] === undefined ? LISTED : itemFailureOf(item['error']));
  }
  return { type: 'listed', failures };
}
