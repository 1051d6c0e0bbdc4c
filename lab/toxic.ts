import { z } from 'zod';

/** The ways between the parts of a stack that a lab can disturb; each has a client's and a server's side. */
export const LINKS = {
  'backend-database': 'the functions and Postgres',
  'worker-database': 'worker processes and Postgres',
  'consumer-broker': 'the functions’ MQTT trigger and RabbitMQ',
  'producer-broker': 'load over Web MQTT and RabbitMQ',
  'producer-backend': 'load over HTTP and the API',
} as const;
export type LinkName = keyof typeof LINKS;
const linkNames = Object.keys(LINKS) as LinkName[];

const MAX_MS = 600_000;
const ms = z.int().min(0).max(MAX_MS);
const share = z.number().min(0).max(1);
const onLink = { link: z.enum(linkNames, { error: `must be one of ${linkNames.join(', ')}` }) };
const common = {
  ...onLink,
  /** Unique in a list; `<type>_<direction>@<link>` unless given. */
  name: z
    .string()
    .regex(/^[\w@.-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 _ @ . -')
    .optional(),
  /** `downstream` is towards the client of the link, `upstream` towards its server (toxiproxy's words). */
  direction: z.enum(['downstream', 'upstream']).default('downstream'),
};
/** The share of connections that a TCP toxic acts on. */
const toxicity = share.default(1);
/** The QoS levels of the messages that an MQTT toxic acts on. */
const levels = z
  .array(z.union([z.literal(0), z.literal(1), z.literal(2)], { error: 'must be 0, 1 or 2' }))
  .min(1)
  .readonly();
const everyLevel = levels.default([0, 1, 2]);
/** As long as the fault proxy holds a message back when none follows, unless told. */
const DEFAULT_HOLD_MS = 1_000;

/** A type of toxic. What is no attribute of it is answered with those that are. */
function toxicOf<const T extends string, const A extends z.ZodRawShape>(type: T, attributes: A) {
  const shape = { type: z.literal(type), ...attributes };
  const allowed = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? `there is no such field here: ${type} has ${allowed}` : undefined,
  });
}

/** Toxiproxy's toxics, by its names, acting on bytes and connections; units are in the attributes' names. */
const TCP = [
  toxicOf('latency', { ...common, toxicity, latencyMs: ms, jitterMs: ms.default(0) }),
  toxicOf('bandwidth', { ...common, toxicity, rateKBps: z.int().min(0) }),
  toxicOf('slow_close', { ...common, toxicity, delayMs: ms }),
  toxicOf('timeout', { ...common, toxicity, timeoutMs: ms }),
  toxicOf('reset_peer', { ...common, toxicity, timeoutMs: ms }),
  toxicOf('slicer', {
    ...common,
    toxicity,
    averageBytes: z.int().min(1),
    variationBytes: z.int().min(0).default(0),
    delayUs: z.int().min(0).default(0),
  }),
  toxicOf('limit_data', { ...common, toxicity, bytes: z.int().min(1) }),
  // The whole link, in both directions, and one of its kind: nothing to name.
  toxicOf('down', onLink),
] as const;

/** The fault proxy's toxics, acting on MQTT PUBLISH packets and on the link as a whole; every other packet stays whole. */
const MQTT = [
  // A lost PUBLISH of QoS 1 or 2 is lost with its connection: only when asked for.
  toxicOf('drop', { ...common, rate: share, qos: levels.default([0]) }),
  toxicOf('duplicate', {
    ...common,
    rate: share,
    qos: everyLevel,
    after: z.enum(['original', 'acknowledgement']).default('original'),
  }),
  toxicOf('delay', { ...common, rate: share, qos: everyLevel, delayMs: ms, jitterMs: ms.default(0) }),
  toxicOf('reorder', {
    ...common,
    rate: share,
    qos: everyLevel,
    packets: z.int().min(1).max(100).default(1),
    holdMs: ms.default(DEFAULT_HOLD_MS),
  }),
  toxicOf('flap', { ...common, upMs: ms.min(1), downMs: ms.min(1) }),
] as const;

const MQTT_LINKS: readonly LinkName[] = ['consumer-broker'];
export const MQTT_TOXIC_TYPES: readonly string[] = MQTT.map((schema) => schema.shape.type.value);
export const TCP_TOXIC_TYPES: readonly string[] = TCP.map((schema) => schema.shape.type.value);
export const TOXIC_TYPES = [...TCP_TOXIC_TYPES, ...MQTT_TOXIC_TYPES];

const anyToxic = z
  .discriminatedUnion('type', [...TCP, ...MQTT], { error: (issue) => typeError(issue) })
  .superRefine((toxic, context) => {
    if (!MQTT_TOXIC_TYPES.includes(toxic.type) || MQTT_LINKS.includes(toxic.link)) return;
    const message = `is ${toxic.link}, but '${toxic.type}' acts on MQTT packets: only on ${MQTT_LINKS.join(', ')}`;
    context.addIssue({ code: 'custom', path: ['link'], message });
  });

function typeError(issue: { code?: string | undefined; input?: unknown }): string | undefined {
  if (issue.code !== 'invalid_union') return undefined;
  const { input } = issue;
  const found = typeof input === 'object' && input !== null ? (input as { type?: unknown }).type : input;
  if (found === undefined) return `say which toxic: ${TOXIC_TYPES.join(', ')}`;
  return `there is no toxic ${JSON.stringify(found)}; there are ${TOXIC_TYPES.join(', ')}`;
}

/** One fault on one link, with all defaults applied. */
export const toxicSchema = anyToxic.transform((toxic) => {
  const direction = toxic.type === 'down' ? 'downstream' : toxic.direction;
  const given = toxic.type === 'down' ? undefined : toxic.name;
  return { ...toxic, direction, name: given ?? `${toxic.type}_${direction}@${toxic.link}` };
});

export type Toxic = z.output<typeof toxicSchema>;
export type MqttToxic = Extract<Toxic, { type: 'drop' | 'duplicate' | 'delay' | 'reorder' | 'flap' }>;
export type TcpToxic = Exclude<Toxic, MqttToxic>;

export const isMqttToxic = (toxic: Toxic): toxic is MqttToxic => MQTT_TOXIC_TYPES.includes(toxic.type);

/** A list of toxics with names that differ. */
export const toxicListSchema = z.array(toxicSchema).superRefine((list, context) => {
  list.forEach((toxic, index) => {
    if (list.findIndex(({ name }) => name === toxic.name) === index) return;
    context.addIssue({ code: 'custom', path: [index, 'name'], message: `'${toxic.name}' is there twice; give names` });
  });
});
