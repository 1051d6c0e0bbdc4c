import { z } from 'zod';

/**
 * A fault on a link. `downstream` is towards the client of the link, `upstream` towards its server (toxiproxy's words).
 * TCP toxics have toxiproxy's names and attributes; those of MQTT count PUBLISH packets and leave every other packet whole.
 */
const common = {
  /** Unique in one list; `<type>_<direction>@<link>` unless given. */
  name: z
    .string()
    .regex(/^[\w@.-]{1,64}$/, '1 to 64 of A-Z a-z 0-9 _ @ . -')
    .optional(),
  link: z.enum(['backend-database', 'consumer-broker', 'producer-broker', 'producer-backend']),
  direction: z.enum(['downstream', 'upstream']).default('downstream'),
};
const ms = z.int().min(0).max(600_000);
const share = z.number().min(0).max(1);
/** The share of connections that a TCP toxic acts on. */
const toxicity = share.default(1);

export const toxicSchema = z.discriminatedUnion('type', [
  // TCP, by toxiproxy.
  z.strictObject({ type: z.literal('latency'), ...common, toxicity, latencyMs: ms, jitterMs: ms.default(0) }),
  z.strictObject({ type: z.literal('bandwidth'), ...common, toxicity, rateKbps: z.int().min(0) }),
  z.strictObject({ type: z.literal('slow_close'), ...common, toxicity, delayMs: ms }),
  z.strictObject({ type: z.literal('timeout'), ...common, toxicity, timeoutMs: ms }),
  z.strictObject({ type: z.literal('reset_peer'), ...common, toxicity, timeoutMs: ms }),
  z.strictObject({
    type: z.literal('slicer'),
    ...common,
    toxicity,
    averageBytes: z.int().min(1),
    variationBytes: z.int().min(0).default(0),
    delayUs: z.int().min(0).default(0),
  }),
  z.strictObject({ type: z.literal('limit_data'), ...common, toxicity, bytes: z.int().min(1) }),
  z.strictObject({ type: z.literal('down'), ...common }),
  // MQTT PUBLISH packets and the MQTT link, by the fault proxy.
  z.strictObject({ type: z.literal('drop'), ...common, rate: share }),
  z.strictObject({ type: z.literal('duplicate'), ...common, rate: share }),
  z.strictObject({ type: z.literal('delay'), ...common, rate: share, delayMs: ms, jitterMs: ms.default(0) }),
  z.strictObject({ type: z.literal('reorder'), ...common, rate: share, packets: z.int().min(1).max(100).default(1) }),
  z.strictObject({ type: z.literal('flap'), ...common, upMs: ms, downMs: ms }),
]);

export type Toxic = z.output<typeof toxicSchema>;
export type ToxicInput = z.input<typeof toxicSchema>;
