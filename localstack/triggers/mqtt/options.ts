import { z } from 'zod';
import { flag, integer, isName, nameAllowed, range, retryDelayRule, seconds, unquoted } from '../option-schemas.ts';
import { type OptionsRead, type RefusedOption, type RetryDelay, readOptions, retryDelayOf } from '../read-options.ts';
import type { RefusedOptions } from '../trigger-kind.ts';
import { isSharedFilter, isTopicFilter, isTopicName, matchesFilter } from './topic.ts';

/** MQTT allows 65,535 bytes; a longer name than this is a mistake. */
const CLIENT_ID_BYTES_MAX = 128;
/** MQTT 5, 3.1.2.11.2: four bytes; the largest number means that the session never expires. */
const SESSION_EXPIRY_MAX_S = 0xffff_ffff;
/** Lambda: reserved concurrency of an account is 1,000 unless raised. */
const CONCURRENCY_MAX = 1_000;
const CONCURRENCY_DEFAULT = 10;
/** With the highest concurrency it makes 65,535, the largest Receive Maximum (MQTT 5, 3.1.2.11.3). */
const QUEUE_LENGTH_MAX = 64_535;
const QUEUE_LENGTH_DEFAULT = 1_000;
/** Lambda invokes with at most 6 MB; AWS IoT takes messages of up to 128 KB. */
const PAYLOAD_MAX_BYTES = 6 * 1024 * 1024;
const PAYLOAD_DEFAULT_BYTES = 128 * 1024;
/** Lambda retries an asynchronous invocation twice. */
const RETRY_ATTEMPTS_MAX = 10_000;
const RETRY_ATTEMPTS_DEFAULT = 2;
/** Short, since acknowledgements keep the order of arrival: those behind a message being retried wait for it. */
const RETRY_DELAY_DEFAULT_S: RetryDelay = { minimum: 0.1, maximum: 5 };
const RETRY_DELAY_MAX_S = 3_600;
/** A handler that needs more than these reads the payload. */
const PROPERTIES_MAX = 20;
const PROPERTY_CHARACTERS_MAX = 128;

const fieldName = z.string().regex(/^(?!__proto__$)[A-Za-z_]\w{0,63}$/);
const fieldAllowed = 'the name of a field: 1 to 64 of A-Z a-z 0-9 _, not starting with a digit';
const clientIdAllowed = nameAllowed(CLIENT_ID_BYTES_MAX);
const destinationAllowed = 'onFailure: a topic without wildcards that the filter does not match';

/** Each option of an `mqtt` trigger: its schema, and what an error says is allowed. */
const mqttOptionRules = {
  topic: {
    schema: z.string().refine(isTopicFilter),
    allowed: "a topic filter of MQTT, such as 'hl/+/+/alert', 'hl/#' or '$share/group/hl/#'",
  },
  qos: { schema: z.preprocess(unquoted, z.union([z.literal(0), z.literal(1)]).default(0)), allowed: '0 or 1' },
  clientId: { schema: z.string().refine(isName(CLIENT_ID_BYTES_MAX)).optional(), allowed: clientIdAllowed },
  sessionExpiry: {
    schema: integer(0, SESSION_EXPIRY_MAX_S, 0),
    allowed: range(0, SESSION_EXPIRY_MAX_S, ' (seconds; the largest: never)'),
  },
  protocolVersion: {
    schema: z.preprocess(unquoted, z.union([z.literal(4), z.literal(5)]).default(5)),
    allowed: '5 (MQTT 5) or 4 (MQTT 3.1.1)',
  },
  maximumConcurrency: { schema: integer(1, CONCURRENCY_MAX, CONCURRENCY_DEFAULT), allowed: range(1, CONCURRENCY_MAX) },
  maximumQueueLength: {
    schema: integer(0, QUEUE_LENGTH_MAX, QUEUE_LENGTH_DEFAULT),
    allowed: range(0, QUEUE_LENGTH_MAX),
  },
  maximumPayloadBytes: {
    schema: integer(1, PAYLOAD_MAX_BYTES, PAYLOAD_DEFAULT_BYTES),
    allowed: range(1, PAYLOAD_MAX_BYTES),
  },
  maximumRetryAttempts: {
    schema: integer(-1, RETRY_ATTEMPTS_MAX, RETRY_ATTEMPTS_DEFAULT),
    allowed: range(-1, RETRY_ATTEMPTS_MAX, ' (-1: for ever)'),
  },
  retryDelay: retryDelayRule(seconds(RETRY_DELAY_MAX_S), RETRY_DELAY_MAX_S),
  retained: { schema: z.enum(['deliver', 'ignore']).default('deliver'), allowed: 'deliver or ignore' },
  topicAs: { schema: fieldName.optional(), allowed: fieldAllowed },
  userPropertiesAs: {
    schema: z
      .record(z.string().min(1).max(PROPERTY_CHARACTERS_MAX), fieldName)
      .refine((fields) => Object.keys(fields).length <= PROPERTIES_MAX)
      .default({}),
    allowed: `up to ${PROPERTIES_MAX} user properties, each with ${fieldAllowed}`,
  },
  destinations: {
    schema: z.strictObject({ onFailure: z.string().refine(isTopicName) }).optional(),
    allowed: destinationAllowed,
  },
  enabled: { schema: flag(true), allowed: 'true or false' },
} as const;

/** Options of an `mqtt` trigger with all defaults applied; seconds as in serverless.yml. */
export interface MqttOptions {
  readonly topic: string;
  readonly qos: 0 | 1;
  /** Undefined: one of its own for each process. */
  readonly clientId: string | undefined;
  readonly sessionExpiry: number;
  readonly protocolVersion: 4 | 5;
  readonly maximumConcurrency: number;
  readonly maximumQueueLength: number;
  readonly maximumPayloadBytes: number;
  readonly maximumRetryAttempts: number;
  readonly retryDelay: RetryDelay;
  readonly retained: 'deliver' | 'ignore';
  readonly topicAs: string | undefined;
  /** Name of a user property → field of the event. */
  readonly userPropertiesAs: Readonly<Record<string, string>>;
  readonly onFailure: string | undefined;
  readonly enabled: boolean;
}

export type ParsedMqttOptions = { readonly ok: true; readonly options: MqttOptions } | RefusedOptions;
type Read = OptionsRead<typeof mqttOptionRules>;

const delayOf = ({ retryDelay }: Partial<Read>) => retryDelayOf(retryDelay, RETRY_DELAY_DEFAULT_S);

/** Rules between options; each speaks only of options that are well-formed by themselves. */
function conflicts(read: Partial<Read>): RefusedOption[] {
  const { topic, qos, clientId, sessionExpiry, protocolVersion, retryDelay, destinations, topicAs, userPropertiesAs } =
    read;
  const delay = delayOf(read);
  const faults: RefusedOption[] = [];
  if ((sessionExpiry ?? 0) > 0 && !('clientId' in read && clientId !== undefined)) {
    const allowed = `with sessionExpiry: ${clientIdAllowed}; by it the broker finds the session again after a restart`;
    if ('clientId' in read) faults.push({ option: 'clientId', found: clientId, allowed });
  }
  if (topic !== undefined && isSharedFilter(topic) && protocolVersion === 4) {
    const allowed = 'with protocolVersion 4: a filter without $share, which MQTT 3.1.1 does not have';
    faults.push({ option: 'topic', found: topic, allowed });
  }
  const fields = Object.values(userPropertiesAs ?? {});
  if (fields.length > 0 && protocolVersion === 4) {
    const allowed = 'with protocolVersion 4: none, for MQTT 3.1.1 does not have user properties';
    faults.push({ option: 'userPropertiesAs', found: userPropertiesAs, allowed });
  }
  const added = [...fields, ...(topicAs === undefined ? [] : [topicAs])];
  if (new Set(added).size < added.length) {
    const allowed = 'a field of its own for each user property, and none of them that of topicAs';
    faults.push({ option: 'userPropertiesAs', found: userPropertiesAs, allowed });
  }
  if (delay.minimum > delay.maximum) {
    faults.push({ option: 'retryDelay', found: retryDelay, allowed: mqttOptionRules.retryDelay.allowed });
  }
  const onFailure = destinations?.onFailure;
  if (onFailure !== undefined && topic !== undefined && matchesFilter(onFailure, topic)) {
    faults.push({ option: 'destinations.onFailure', found: onFailure, allowed: destinationAllowed });
  }
  if (onFailure !== undefined && qos === 0) {
    const allowed = 'only with qos 1: at QoS 0 a message is attempted once and never kept';
    faults.push({ option: 'destinations.onFailure', found: onFailure, allowed });
  }
  return faults;
}

/**
 * Checks the options of one `mqtt` trigger, alone and against each other, and applies defaults. Numbers may be given as
 * strings of digits. Every fault is reported, not the first.
 */
export function parseMqttOptions(raw: unknown): ParsedMqttOptions {
  const parsed = readOptions(mqttOptionRules, raw, conflicts);
  if (!parsed.ok) return parsed;
  const { destinations, clientId, topicAs, ...rest } = parsed.read;
  const retryDelay = delayOf(parsed.read);
  return { ok: true, options: { ...rest, clientId, topicAs, retryDelay, onFailure: destinations?.onFailure } };
}
