import { z } from 'zod';
import { idSchema } from '../alerts/alert-message.ts';
import { PermanentError } from '../errors.ts';

/** What a device publishes, one kind a topic. */
const DEVICE_TOPIC_KINDS = ['alert', 'vitals', 'status'] as const;
export type DeviceTopicKind = (typeof DEVICE_TOPIC_KINDS)[number];

const ROOT = 'hl';

/** What topicLevelSchema takes, in one pattern. */
export const TOPIC_LEVEL = '^[A-Za-z0-9][A-Za-z0-9_:-]{0,63}$';

/**
 * An identifier that is one level of a topic as it is. The alphabet holds nothing that MQTT gives a meaning to (`/`, `+`,
 * `#`, a leading `$`, U+0000: MQTT 5, sections 4.7.1 to 4.7.3). A dot is not taken: RabbitMQ, whose routing keys have dots
 * for slashes, delivers `hl/icu.1/…` as `hl/icu/1/…`, which no subscription here matches: an alert would vanish.
 */
export const topicLevelSchema = idSchema
  .refine((id) => !id.includes('.'), 'must not contain a dot in a topic')
  .meta({ pattern: TOPIC_LEVEL });

/** The levels of `hl/{ward}/{bed}/{patientId}/{kind}`; 203 bytes at most, AWS IoT takes 256. */
const deviceTopicSchema = z.strictObject({
  ward: topicLevelSchema,
  bed: topicLevelSchema,
  patientId: topicLevelSchema,
  kind: z.enum(DEVICE_TOPIC_KINDS),
});

/** Whose device speaks, and of what. */
export type DeviceTopic = z.infer<typeof deviceTopicSchema>;

/**
 * The topic's text.
 * @throws PermanentError `device_topic_invalid`: a part does not fit one level.
 */
export function formatDeviceTopic(topic: DeviceTopic): string {
  const result = deviceTopicSchema.safeParse(topic);
  if (!result.success) {
    const parts = result.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    throw new PermanentError('device_topic_invalid', parts.join('; '));
  }
  const { ward, bed, patientId, kind } = result.data;
  return [ROOT, ward, bed, patientId, kind].join('/');
}

/** What a topic says, or undefined when it is none of a device's. */
export function parseDeviceTopic(text: string): DeviceTopic | undefined {
  const [root, ward, bed, patientId, kind, ...rest] = text.split('/');
  if (root !== ROOT || rest.length > 0) return undefined;
  return deviceTopicSchema.safeParse({ ward, bed, patientId, kind }).data;
}
