import { invalid } from './aws-error.ts';

/** AWS IoT Core message broker quotas: "Topic size", "Maximum number of slashes in topic and topic filter". */
export const MAX_TOPIC_BYTES = 256;
const MAX_SLASHES = 7;
const NUL = '\u0000';

/** What is wrong with a topic that a message is published to or retained under; undefined when nothing is. */
export function topicFault(topic: string): string | undefined {
  const bytes = Buffer.byteLength(topic);
  if (bytes === 0) return 'is empty';
  if (bytes > MAX_TOPIC_BYTES) return `has ${bytes} bytes of UTF-8; ${MAX_TOPIC_BYTES} are allowed`;
  if (!topic.isWellFormed() || topic.includes(NUL)) return 'has characters that MQTT does not allow';
  if (/[+#]/.test(topic)) return 'must not contain the wildcards + and #';
  if (topic.startsWith('$')) return 'begins with $: such topics are reserved, and not offered here';
  if (topic.split('/').length - 1 > MAX_SLASHES) return `has more than ${MAX_SLASHES} slashes`;
  if (topic.includes('.')) return 'has a dot, which AWS takes and RabbitMQ does not: it would deliver it as a slash';
  if (topic.includes('*')) return 'has an asterisk, which AWS takes and RabbitMQ does not: it would deliver it as a +';
  return undefined;
}

/**
 * @param what the member of the request that the topic is, for the message
 * @throws AwsError InvalidRequestException
 */
export function checkTopic(topic: string, what: 'topic' | 'responseTopic'): void {
  const fault = topicFault(topic);
  if (fault !== undefined) throw invalid(`The ${what} ${fault}.`);
}
