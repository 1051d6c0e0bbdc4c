import { z } from 'zod';
import { traceIdFrom } from '../observability/traceparent.ts';
import { type DeviceTopic, type DeviceTopicKind, parseDeviceTopic } from './device-topic.ts';

/** What every message of a device says of itself. */
export interface DeviceMessage {
  ward: string;
  patientId: string;
}

export type DeviceSchema<Message extends DeviceMessage> = z.ZodType<Message>;

/** Why a message was not taken: the `reason` of messages_refused_total. */
export type RefusalReason = 'topic' | 'empty' | 'not_json' | 'schema' | 'topic_mismatch';

/** For the log: nothing in it is the payload's own text, and the patient's id goes by a name that the logger hashes. */
interface Refusal {
  reason: RefusalReason;
  ward?: string;
  bed?: string;
  patientId?: string;
  faults?: string[];
}

type Read<Message> = { refused: Refusal } | { message: Message; topic: DeviceTopic };

/** Enough to see what is wrong with a device; a message of wrong members only would fill the log. */
const MAX_FAULTS = 5;
const MAX_FAULT_CHARACTERS = 120;

const objectSchema = z.looseObject({});
const eventSchema = z.looseObject({ topic: z.string() });
/** Added by the trigger from a user property; what is no trace context starts a trace of its own. */
const traceSchema = z.looseObject({ traceparent: z.string() });
/** What an event source makes of a payload that is no JSON object (AWS: "Working with binary payloads"). */
const binarySchema = z.strictObject({ payload: z.string() });

/** What is wrong, by the schema's own words: the names of unknown members are the sender's, so only their number is told. */
function faultsOf(error: z.ZodError): string[] {
  return error.issues.slice(0, MAX_FAULTS).map((issue) => {
    if (issue.code === 'unrecognized_keys')
      return `${issue.keys.length} unknown member${issue.keys.length === 1 ? '' : 's'}`;
    return `${String(issue.path[0] ?? '')}: ${issue.message}`.slice(0, MAX_FAULT_CHARACTERS);
  });
}

/** The trace that a message belongs to: 32 hex digits, new ones where its sender named none. */
export function traceIdOf(event: unknown): string {
  const traced = traceSchema.safeParse(event);
  return traceIdFrom(traced.success ? traced.data.traceparent : undefined);
}

/**
 * The message in an event `{...payload, topic}`, if its topic is a device's of this kind, its payload is what the schema
 * says, and both speak of one patient in one ward: a device cannot speak for another bed. A member `topic` of the payload itself
 * does not get here: the rule's own takes its place.
 */
export function readDeviceEvent<Message extends DeviceMessage>(
  event: unknown,
  { kind, schema }: { kind: DeviceTopicKind; schema: DeviceSchema<Message> },
): Read<Message> {
  // JSON that is no object arrives as it is, with no place for its topic.
  if (!objectSchema.safeParse(event).success) return { refused: { reason: 'schema', faults: ['not a JSON object'] } };
  const envelope = eventSchema.safeParse(event);
  const topic = envelope.success ? parseDeviceTopic(envelope.data.topic) : undefined;
  if (!envelope.success || topic?.kind !== kind) return { refused: { reason: 'topic' } };
  const { topic: _, traceparent: __, ...payload } = envelope.data;
  const { ward, bed, patientId } = topic;
  const refused = (reason: RefusalReason, faults?: string[]) => ({
    refused: { reason, ward, bed, patientId, ...(faults ? { faults } : {}) },
  });

  const binary = binarySchema.safeParse(payload);
  if (binary.success) return refused(binary.data.payload === '' ? 'empty' : 'not_json');
  const result = schema.safeParse(payload);
  if (!result.success) return refused('schema', faultsOf(result.error));
  const message = result.data;
  if (message.ward !== ward || message.patientId !== patientId) return refused('topic_mismatch');
  return { message, topic };
}
