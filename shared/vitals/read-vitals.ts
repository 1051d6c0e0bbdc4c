import { schemaFaults } from '../stream/schema-faults.ts';
import { isPulseMessage, PULSE_KEY } from './pulse-message.ts';
import { isVitalsMessage } from './vitals-form.ts';
import { type VitalsMessage, vitalsMessageSchema } from './vitals-message.ts';

/** What is read of a record of stream `vitals`, as the event source hands it over. */
export interface VitalsRecord {
  readonly kinesis: {
    /** Base64. */
    readonly data: string;
    readonly partitionKey: string;
    /** Seconds: when the broker wrote it. */
    readonly approximateArrivalTimestamp: number;
  };
  /** What the broker routed it by: of what came from a device. */
  readonly routingKey?: string | undefined;
}

/** Why a record is given up on: `reason` for the metric, `code` and `message` for its dead letter. */
interface VitalsRefusal {
  readonly reason: 'not_json' | 'schema' | 'topic_mismatch';
  readonly code: 'poison_record' | 'topic_mismatch';
  readonly message: string;
}

/** `arrivedMs`: since 1970, on the broker's clock. */
export type VitalsRead =
  | { readonly message: VitalsMessage; readonly arrivedMs: number }
  | { readonly pulse: true; readonly arrivedMs: number }
  | { readonly refusal: VitalsRefusal };

const MS_PER_S = 1_000;
const NOT_JSON: VitalsRefusal = { reason: 'not_json', code: 'poison_record', message: 'The data is not JSON.' };
const MISMATCH: VitalsRefusal = {
  reason: 'topic_mismatch',
  code: 'topic_mismatch',
  message: 'The message speaks for another than its topic or key.',
};

/**
 * What a record says: a message of its own device's, a pulse, or why it is neither. At ten thousands of records a second no schema
 * looks at what is well-formed, and nothing is logged here. A pulse that was routed is a device's forgery, and refused.
 */
export function readVitals({ kinesis, routingKey }: VitalsRecord): VitalsRead {
  const { data, partitionKey } = kinesis;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(data, 'base64').toString());
  } catch (error) {
    if (error instanceof SyntaxError) return { refusal: NOT_JSON };
    throw error;
  }
  const arrivedMs = Math.round(kinesis.approximateArrivalTimestamp * MS_PER_S);
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
