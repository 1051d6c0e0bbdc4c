import { z } from 'zod';
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
const RETRY_DELAY_MINIMUM_DEFAULT_S = 0.1;
const RETRY_DELAY_MAXIMUM_DEFAULT_S = 5;
const RETRY_DELAY_MAX_S = 3_600;
/** A handler that needs more than these reads the payload. */
const PROPERTIES_MAX = 20;
const PROPERTY_CHARACTERS_MAX = 128;

/** `${env:NAME, '0'}` in serverless.yml is a string. */
const NUMERAL = /^-?\d+(\.\d+)?$/;
const unquoted = (value: unknown) => (typeof value === 'string' && NUMERAL.test(value) ? Number(value) : value);
const unquotedBoolean = (value: unknown) => (value === 'true' ? true : value === 'false' ? false : value);
const integer = (minimum: number, maximum: number, byDefault: number) =>
  z.preprocess(unquoted, z.int().min(minimum).max(maximum).default(byDefault));
const seconds = z.preprocess(unquoted, z.number().min(0).max(RETRY_DELAY_MAX_S).optional());

const fieldName = z.string().regex(/^(?!__proto__$)[A-Za-z_]\w{0,63}$/);
const fieldAllowed = 'the name of a field: 1 to 64 of A-Z a-z 0-9 _, not starting with a digit';
const range = (minimum: number, maximum: number, unit = '') => `an integer from ${minimum} to ${maximum}${unit}`;
const clientIdAllowed = `1 to ${CLIENT_ID_BYTES_MAX} bytes without control characters`;
const isClientId = (id: string) =>
  id !== '' && Buffer.byteLength(id) <= CLIENT_ID_BYTES_MAX && !/\p{Cc}/u.test(id) && id.isWellFormed();
const destinationAllowed = 'onFailure: a topic without wildcards that the filter does not match';

/** Each option of an `mqtt` trigger: its schema, and what an error says is allowed. */
const mqttOptionRules = {
  topic: {
    schema: z.string().refine(isTopicFilter),
    allowed: "a topic filter of MQTT, such as 'hl/+/+/alert', 'hl/#' or '$share/group/hl/#'",
  },
  qos: { schema: z.preprocess(unquoted, z.union([z.literal(0), z.literal(1)]).default(0)), allowed: '0 or 1' },
  clientId: { schema: z.string().refine(isClientId).optional(), allowed: clientIdAllowed },
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
  retryDelay: {
    schema: z.strictObject({ minimum: seconds, maximum: seconds }).optional(),
    allowed: `minimum and maximum, numbers from 0 to ${RETRY_DELAY_MAX_S} (seconds), minimum not above maximum`,
  },
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
  enabled: { schema: z.preprocess(unquotedBoolean, z.boolean().default(true)), allowed: 'true or false' },
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
  readonly retryDelay: { readonly minimum: number; readonly maximum: number };
  readonly retained: 'deliver' | 'ignore';
  readonly topicAs: string | undefined;
  /** Name of a user property → field of the event. */
  readonly userPropertiesAs: Readonly<Record<string, string>>;
  readonly onFailure: string | undefined;
  readonly enabled: boolean;
}

export type ParsedMqttOptions = { readonly ok: true; readonly options: MqttOptions } | RefusedOptions;
type Fault = RefusedOptions['faults'][number];
type Rules = typeof mqttOptionRules;
type Read = { [Name in keyof Rules]: z.output<Rules[Name]['schema']> };

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** Rules between options; each speaks only of options that are well-formed by themselves. */
function conflicts(read: Partial<Read>, delay: MqttOptions['retryDelay']): Fault[] {
  const { topic, qos, clientId, sessionExpiry, protocolVersion, retryDelay, destinations, topicAs, userPropertiesAs } =
    read;
  const faults: Fault[] = [];
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
  const names = Object.keys(mqttOptionRules) as (keyof Rules)[];
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    return { ok: false, faults: [{ option: '(all)', found: raw, allowed: `an object with ${names.join(', ')}` }] };
  }
  const given = new Map<string, unknown>(Object.entries(raw));
  const faults: Fault[] = [...given.keys()]
    .filter((name) => !Object.hasOwn(mqttOptionRules, name))
    .map((name) => ({ option: name, found: given.get(name), allowed: `one of the options ${names.join(', ')}` }));

  const read: Partial<Read> = {};
  for (const name of names) {
    const { schema, allowed } = mqttOptionRules[name];
    const parsed = schema.safeParse(given.get(name));
    if (parsed.success) {
      Object.assign(read, { [name]: parsed.data });
      continue;
    }
    for (const issue of parsed.error.issues) {
      const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
      faults.push({ option: [name, ...path.map(String)].join('.'), found: valueAt(given.get(name), path), allowed });
    }
  }
  const minimum =
    read.retryDelay?.minimum ?? Math.min(RETRY_DELAY_MINIMUM_DEFAULT_S, read.retryDelay?.maximum ?? Infinity);
  const retryDelay = {
    minimum,
    maximum: read.retryDelay?.maximum ?? Math.max(RETRY_DELAY_MAXIMUM_DEFAULT_S, minimum),
  };
  faults.push(...conflicts(read, retryDelay));
  if (faults.length > 0 || !isComplete(read)) return { ok: false, faults };
  const { destinations, clientId, topicAs, ...rest } = read;
  return { ok: true, options: { ...rest, clientId, topicAs, retryDelay, onFailure: destinations?.onFailure } };
}

function isComplete(read: Partial<Read>): read is Read {
  return Object.keys(mqttOptionRules).every((name) => Object.hasOwn(read, name));
}
