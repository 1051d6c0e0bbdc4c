import { PermanentError } from '../../../shared/errors.ts';
import { asDatabaseError } from '../../../shared/postgres/postgres-error.ts';
import { type Batch, batchOf, type Message, type WorkloadRecord } from './event.ts';

/** A batch of which every record can be applied. */
export interface Applicable extends Omit<Batch, 'records'> {
  readonly records: readonly (WorkloadRecord & { readonly message: Message })[];
}

interface Response {
  readonly batchItemFailures: readonly {
    readonly itemIdentifier: string;
    readonly error: { readonly code: string; readonly name: string; readonly message: string };
  }[];
}

/**
 * A handler that applies what comes before the first record that it cannot apply, and reports that one: the trigger tries it
 * and all after it again, and gives up on it alone. A database that is away is thrown as retriable.
 */
export function workloadHandler(apply: (batch: Applicable) => Promise<void>): (event: unknown) => Promise<Response> {
  return async (event) => {
    const { records, fence, checkpoint } = batchOf(event);
    const poison = records.find(({ message }) => message === undefined);
    const until = poison ? records.indexOf(poison) : records.length;
    const applicable = records
      .slice(0, until)
      .flatMap(({ message, ...rest }) => (message ? [{ ...rest, message }] : []));
    try {
      // The batch's position covers the poison as well: it moves once that is in the dead letters.
      if (applicable.length > 0)
        await apply({ records: applicable, fence, checkpoint: poison ? undefined : checkpoint });
    } catch (error) {
      throw asDatabaseError(error);
    }
    if (!poison) return { batchItemFailures: [] };
    const { code, name, message } = new PermanentError('poison_record', 'The amount is no whole number.');
    return { batchItemFailures: [{ itemIdentifier: poison.sequenceNumber, error: { code, name, message } }] };
  };
}
