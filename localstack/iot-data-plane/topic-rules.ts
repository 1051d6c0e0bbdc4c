import { invalid } from './aws-error.ts';

/** AWS IoT Core message broker quotas: "Topic size", "Maximum number of slashes in topic and topic filter". */
const MAX_TOPIC_BYTES = 256;
const MAX_SLASHES = 7;
const NUL = '\u0000';

/**
 * Checks a topic that a message is published to or retained under.
 * @param what the member of the request that it is, for the message
 * @throws AwsError InvalidRequestException
 */
export function checkTopic(topic: string, what: 'topic' | 'responseTopic'): void {
  const bytes = Buffer.byteLength(topic);
  if (bytes === 0) throw invalid(`The ${what} is empty.`);
  if (bytes > MAX_TOPIC_BYTES)
    throw invalid(`The ${what} has ${bytes} bytes of UTF-8; ${MAX_TOPIC_BYTES} are allowed.`);
  if (!topic.isWellFormed() || topic.includes(NUL))
    throw invalid(`The ${what} has characters that MQTT does not allow.`);
  if (/[+#]/.test(topic)) throw invalid(`The ${what} must not contain the wildcards + and #.`);
  if (topic.startsWith('$'))
    throw invalid(`The ${what} begins with $: such topics are reserved, and not offered here.`);
  if (topic.split('/').length - 1 > MAX_SLASHES) throw invalid(`The ${what} has more than ${MAX_SLASHES} slashes.`);
  if (topic.includes('.')) {
    throw invalid(`The ${what} has a dot, which AWS takes and RabbitMQ does not: it would deliver it as a slash.`);
  }
}
