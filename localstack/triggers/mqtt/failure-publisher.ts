import type { Failure } from '../event-source.ts';
import type { SourceContext } from '../source-context.ts';
import type { Link } from './link.ts';
import type { Input } from './machine-types.ts';
import type { MqttRecord } from './mqtt-event-source.ts';

export interface FailurePublisher {
  /** Publishes the message to the failure topic; reports how that went. */
  publish(record: MqttRecord, failure: Failure): void;
}

/**
 * Publishes messages given up on, at QoS 1, with why as user properties (MQTT 3.1.1 has none: there the payload alone).
 * One that cannot be published is never acknowledged: it is tried again, and the outage is logged.
 */
export function failurePublisher(
  topic: string | undefined,
  link: () => Link | undefined,
  report: (input: Input<MqttRecord>) => void,
  { outage, logger, fields }: SourceContext,
): FailurePublisher {
  async function publish(record: MqttRecord, failure: Failure): Promise<Input<MqttRecord>> {
    const { id } = record;
    const current = link();
    if (topic === undefined || current === undefined) return { type: 'publishFailed', id };
    const { code: errorCode, message: errorMessage } = failure;
    try {
      const properties = { errorCode, errorMessage, sourceTopic: record.topic };
      const { matched } = await current.publish(topic, record.payload, properties);
      outage.worked('failure topic');
      if (!matched)
        logger.error('nobody is subscribed to the failure topic', { ...fields, messageId: String(id), topic });
      return { type: 'published', id };
    } catch (error) {
      // While there is no connection that is the outage, and known already.
      if (link() === current) outage.failed('failure topic', error);
      return { type: 'publishFailed', id };
    }
  }

  return {
    publish: (record, failure) => void publish(record, failure).then(report),
  };
}
