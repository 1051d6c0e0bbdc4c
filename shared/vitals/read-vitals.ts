import type { BatchRecord, Refusal } from '../stream/batch-handler.ts';
import { schemaFaults } from '../stream/schema-faults.ts';
import { isPulseMessage, PULSE_KEY } from './pulse-message.ts';
import { isVitalsMessage } from './vitals-form.ts';
import { type VitalsMessage, vitalsMessageSchema } from './vitals-message.ts';

/** `arrivedMs`: since 1970, on the broker's clock. */
export type VitalsRead =
  | { readonly message: VitalsMessage; readonly arrivedMs: number }
  | { readonly pulse: true; readonly arrivedMs: number }
  | { readonly refusal: Refusal };

const MS_PER_S = 1_000;
const NOT_JSON: Refusal = { reason: 'not_json', code: 'poison_record', message: 'The data is not JSON.' };
const MISMATCH: Refusal = {
  reason: 'topic_mismatch',
  code: 'topic_mismatch',
  message: 'The message speaks for another than its topic or key.',
};

/**
 * What a record says: a message of its own device's, a pulse, or why it is neither. At ten thousands of records a second no schema
 * looks at what is well-formed, and nothing is logged here. A pulse that was routed is a device's forgery, and refused.
 */
export function readVitals({ kinesis, routingKey }: BatchRecord): VitalsRead {
  const { data, partitionKey } = kinesis;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(data, 'base64').toString());
  } catch (error) {
    if (error instanceof SyntaxError) return { refusal: NOT_JSON };
    throw error;
  }
  const arrivedMs = Math.round((kinesis.approximateArrivalTimestamp ?? 0) * MS_PER_S);
  if (isVitalsMessage(value)) {
    const { patientId, ward, bed } = value;
    const isRouted = routingKey === undefined || routingKey === `hl.${ward}.${bed}.${patientId}.vitals`;
    return isRouted && partitionKey === patientId ? { message: value, arrivedMs } : { refusal: MISMATCH };
  }
  if (routingKey === undefined && partitionKey === PULSE_KEY && isPulseMessage(value))
    return { pulse: true, arrivedMs };
  return { refusal: { reason: 'schema', code: 'poison_record', message: faultsOf(value) } };
}

function faultsOf(value: unknown): string {
  const { error } = vitalsMessageSchema.safeParse(value);
  return error === undefined ? 'The message is not valid.' : schemaFaults(error);
}
