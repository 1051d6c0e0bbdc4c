import { HeartlineError, PermanentError, TransientError } from '../errors.ts';
import { type Telemetry, type Trail, telemetry } from '../telemetry.ts';
import {
  type DeviceMessage,
  type DeviceSchema,
  type RefusalReason,
  readDeviceEvent,
  traceIdOf,
} from './device-event.ts';
import type { DeviceTopic, DeviceTopicKind } from './device-topic.ts';

/** A message that was valid, with whose it is and when it came. */
export interface MqttMessage<Message> {
  message: Message;
  topic: DeviceTopic;
  /** When this function was handed it: ISO 8601, by this process's clock. */
  receivedAt: string;
  /** The same moment on the clock of `performance.now()`, for durations. */
  receivedMs: number;
}

export interface MqttRoute<Message extends DeviceMessage> {
  /** The function's name in functions.yml. */
  name: string;
  stage: string;
  /** The kind of device topic that it serves. */
  kind: DeviceTopicKind;
  /** The payload: it says again whose it is, and must agree with its topic. */
  schema: DeviceSchema<Message>;
  apply(message: MqttMessage<Message>, trail: Trail): Promise<void>;
}

/** What became of the message. The trigger does not read it, an IoT rule neither: it is for who invokes by hand. */
type MqttOutcome =
  | { outcome: 'applied' }
  | { outcome: 'refused'; reason: RefusalReason }
  | { outcome: 'lost'; reason: LossReason };

/** Why a good message had no effect, or one that nobody knows of. */
type LossReason = 'database' | 'dependency';

export type MqttHandler = (event: unknown) => Promise<MqttOutcome>;

const lossReason = ({ code }: TransientError): LossReason => (code.startsWith('database_') ? 'database' : 'dependency');

/**
 * A handler for one MQTT message, as an IoT rule `SELECT *, topic() AS topic, get_user_properties('traceparent') AS traceparent` hands it over, that keeps the promise "at
 * most once": a message that is not valid, or whose effect fails for want of a dependency, is counted, logged and
 * done with. The function then returns, it does not throw: a throw asks for the message again, from Lambda (which invokes
 * a rule's function asynchronously, and twice more after an error) as from a broker at QoS 1, where a message that can
 * never be taken would come back for ever.
 *
 * @throws PermanentError `message_failed` for what is a mistake of ours, so that it shows as a failed invocation.
 */
export function mqttHandler<Message extends DeviceMessage>(
  route: MqttRoute<Message>,
  to: () => Telemetry = telemetry,
): MqttHandler {
  const { name, stage } = route;

  async function take(event: unknown, trail: Trail): Promise<MqttOutcome> {
    const received = { receivedAt: new Date().toISOString(), receivedMs: performance.now() };
    const count = (reason: string) => trail.recordMetric('messages_refused_total', 1, { stage, reason });
    trail.recordMetric('consumer_received_msgs', 1, { stage });

    const read = readDeviceEvent(event, route);
    if ('refused' in read) {
      const { reason, ...details } = read.refused;
      count(reason);
      trail.log.warn('message refused', { reason, ...details });
      return { outcome: 'refused', reason };
    }
    try {
      await route.apply({ ...read, ...received }, trail);
      return { outcome: 'applied' };
    } catch (error) {
      const { ward, bed, patientId } = read.topic;
      if (error instanceof TransientError) {
        const reason = lossReason(error);
        count(reason);
        trail.log.warn('message lost', { reason, ward, bed, patientId, error });
        return { outcome: 'lost', reason };
      }
      count('error');
      trail.log.error('message failed', { ward, bed, patientId, error });
      const code = error instanceof HeartlineError ? error.code : 'an unexpected error';
      throw new PermanentError('message_failed', `The message could not be applied: ${code}.`, { cause: error });
    }
  }

  return async (event) => {
    const { log, metrics } = to();
    const invocation = metrics.invocation();
    try {
      const child = log.child({ function: name, stage, traceId: traceIdOf(event) });
      return await take(event, { log: child, recordMetric: invocation.recordMetric });
    } finally {
      invocation.flush();
    }
  };
}
