import { ErrorWithReasonCode } from 'mqtt';
import { AwsError, invalid } from './aws-error.ts';
import type { BrokerLink } from './broker-link.ts';
import type { RetainedIndex } from './retained-index.ts';
import type { OutgoingMessage } from './types.ts';

/** MQTT 5, section 3.4.2.1: Not authorized. */
const NOT_AUTHORIZED = 0x87;

/** What a broker's refusal is to an AWS client. */
function asAwsError(error: Error): AwsError {
  if (!(error instanceof ErrorWithReasonCode)) {
    return new AwsError('ServiceUnavailableException', 'The message broker did not take the message.', {
      cause: error,
    });
  }
  if (error.code === NOT_AUTHORIZED) {
    return new AwsError('ForbiddenException', 'The broker does not allow this topic.', { cause: error });
  }
  return invalid(`The broker refused the message with reason code ${error.code}.`);
}

/**
 * Publishes a message: at QoS 1 until the broker's PUBACK, at QoS 0 until it is written to the connection.
 * @throws AwsError ServiceUnavailableException (it may have been published all the same), ForbiddenException, InvalidRequestException
 */
export async function publish(link: BrokerLink, message: OutgoingMessage): Promise<void> {
  const { topic, payload, qos, retain, properties } = message;
  let messageId: number | undefined;

  function send(): Promise<void> {
    return new Promise((resolve, reject) => {
      link.client.publish(topic, payload, { qos, retain, properties }, (error) => {
        if (error) reject(asAwsError(error));
        else resolve();
      });
      if (qos === 1) messageId = link.client.getLastMessageId();
    });
  }

  try {
    await link.exchange('publish', send);
  } catch (error) {
    // Otherwise MQTT.js sends it again when it is connected again: a message that its sender was told had failed.
    if (messageId !== undefined) link.client.removeOutgoingMessage(messageId);
    throw error;
  }
}

/**
 * Publishes a message that the broker retains, or an empty one, which clears what it retained; the index knows of it, whatever
 * it is fed by otherwise.
 * @throws AwsError as `publish`
 */
export async function publishRetained(link: BrokerLink, message: OutgoingMessage, index: RetainedIndex): Promise<void> {
  const { topic, payload } = message;
  const known = index.entry(topic);
  try {
    await publish(link, message);
  } catch (error) {
    // It may be there all the same. The list asks the broker before it says so.
    if (payload.length > 0) index.retained(topic);
    throw error;
  }
  if (payload.length === 0) index.cleared(topic, known);
  else index.published(topic);
}
