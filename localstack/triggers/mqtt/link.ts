import { connect, type IPublishPacket, type MqttClient } from 'mqtt';
import mqttPacket from 'mqtt-packet';
import type { Clock } from '../clock.ts';
import {
  brokenBy,
  connectionRefused,
  disconnected,
  LinkError,
  sharedUnavailable,
  subscriptionRefused,
} from './link-error.ts';
import { clientOptions, type LinkSettings } from './link-settings.ts';
import { pacer } from './pacer.ts';
import { isSharedFilter } from './topic.ts';
import { MS_PER_S } from './tuning.ts';

/** A PUBLISH from the broker. `packetId` is set at QoS 1, and is what {@link Link.ack} takes. */
export interface LinkMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retained: boolean;
  /** MQTT 5; a name that comes more than once has a list. */
  readonly userProperties: UserProperties | undefined;
  readonly packetId: number | undefined;
}

type UserProperties = Readonly<Record<string, string | readonly string[]>>;

export interface LinkHandlers {
  /** Accepted by the broker; messages of a resumed session may follow at once. */
  connected(resumed: boolean): void;
  /** Subscribed. `grantedQos` is undefined when the session brought its subscription along. */
  ready(grantedQos: number | undefined): void;
  message(message: LinkMessage): void;
  /** Said once, and nothing after it. */
  closed(error: LinkError): void;
}

/** One connection to a broker, from CONNECT to its end; it is not made again. */
export interface Link {
  ack(packetId: number): void;
  /** Publishes at QoS 1; resolves when the broker has it, with whether anybody is subscribed as far as it says. */
  publish(topic: string, payload: Buffer, userProperties: Record<string, string>): Promise<{ matched: boolean }>;
  pause(): void;
  resume(): void;
  unsubscribe(): void;
  /** Says goodbye; resolves when the socket is closed. */
  close(): Promise<void>;
}

/** A peer that does not answer a goodbye by then is left. */
const CLOSE_TIMEOUT_MS = 1_000;
/** Looks at half the keepalive: three in a row without a byte are one and a half of it (MQTT 5, 3.1.2.10). */
const SILENT_LOOKS_MAX = 3;
const QOS_2 = 2;
const NO_MATCHING_SUBSCRIBERS = 0x10;
/**
 * Opens a connection with MQTT.js.
 *
 * MQTT.js takes packets one by one and acknowledges QoS 1 by itself before it takes the next, so either handlers would
 * run one at a time or messages would be acknowledged before they are handled. Therefore each PUBLISH of QoS 1 is turned
 * into one of QoS 0 in its `packetreceive` event, which comes before MQTT.js handles the packet; it keeps its packet id,
 * by which its PUBACK is written later. That uses what MQTT.js documents: the events, `handleMessage`, `stream`.
 * Reading stops by not calling back `handleMessage`. Tested against the bytes on the wire: link.test.ts.
 */
export function openLink(settings: LinkSettings, handlers: LinkHandlers, clock: Clock): Link {
  const pace = pacer();
  const unanswered = new Set<(error: Error) => void>();
  /** Packet ids of what nobody is subscribed to: MQTT.js answers with the message, not with its PUBACK. */
  const unmatched = new Set<number | undefined>();
  let heldBack: (() => void) | undefined;
  let paused = false;
  let open = true;
  let silentLooks = 0;
  let cancelLook: () => void = () => undefined;

  const client: MqttClient = connect(settings.url, clientOptions(settings));
  const cancelTimeout = clock.after(settings.connectTimeoutMs, () =>
    end(new LinkError('ConnectTimeout', `the broker did not answer within ${settings.connectTimeoutMs} ms`)),
  );

  function end(error: LinkError): void {
    if (!open) return;
    open = false;
    cancelTimeout();
    cancelLook();
    client.stream.destroy();
    for (const reject of unanswered) reject(error);
    handlers.closed(error);
  }

  function lookAgain(): void {
    cancelLook = clock.after((client.keepalive * MS_PER_S) / 2, () => {
      silentLooks += 1;
      // Looks are counted, not time: what came while a handler blocked this process is only read after the look.
      if (!paused && silentLooks >= SILENT_LOOKS_MAX) {
        end(new LinkError('PeerSilent', `the broker has been silent for ${client.keepalive * 1.5} s`));
        return;
      }
      client.sendPing();
      lookAgain();
    });
  }

  function accepted(resumed: boolean): void {
    handlers.connected(resumed);
    lookAgain();
    if (resumed && !settings.subscribeAnew) client.once('connect', () => ready(undefined));
    else client.once('connect', subscribe);
  }

  function subscribe(): void {
    const { filter, qos, retainHandling: rh } = settings;
    client.subscribe(filter, { qos, ...(settings.protocolVersion === 5 ? { rh } : {}) }, (error, granted, packet) => {
      const code = packet?.granted[0];
      if (typeof code === 'number' && code >= 0x80) end(subscriptionRefused(filter, code));
      else if (error) end(brokenBy(error));
      else ready(granted?.[0]?.qos);
    });
  }

  function ready(grantedQos: number | undefined): void {
    if (!open) return;
    cancelTimeout();
    handlers.ready(grantedQos);
  }

  client.on('packetreceive', (packet) => {
    if (packet.cmd === 'connack') {
      const code = packet.reasonCode ?? packet.returnCode ?? 0;
      const shares = packet.properties?.sharedSubscriptionAvailable !== false;
      if (code !== 0) end(connectionRefused(code));
      else if (isSharedFilter(settings.filter) && !shares) end(sharedUnavailable(settings.filter));
      else accepted(packet.sessionPresent);
    }
    if (packet.cmd === 'puback' && packet.reasonCode === NO_MATCHING_SUBSCRIBERS) unmatched.add(packet.messageId);
    if (packet.cmd !== 'publish') return;
    if (packet.qos === QOS_2) end(new LinkError('ProtocolError', 'the broker sent QoS 2 to a subscription of less'));
    packet.qos = 0;
  });
  client.on('message', (topic, payload, { retain, messageId, properties }: IPublishPacket) => {
    const { userProperties } = properties ?? {};
    if (open) handlers.message({ topic, payload, retained: retain, userProperties, packetId: messageId });
  });
  client.handleMessage = (_packet, done) => {
    if (paused) heldBack = done;
    else pace(done);
  };
  client.on('disconnect', ({ reasonCode = 0 }) => end(disconnected(reasonCode, settings.clientId)));
  client.on('error', (error) => end(brokenBy(error)));
  client.on('close', () => end(new LinkError('ConnectionClosed', 'the connection was closed')));
  client.stream.on('data', () => {
    silentLooks = 0;
  });

  return {
    ack(packetId) {
      if (open)
        mqttPacket.writeToStream({ cmd: 'puback', messageId: packetId, reasonCode: 0 }, client.stream, client.options);
    },
    publish: (topic, payload, userProperties) =>
      new Promise((resolve, reject) => {
        if (!open) {
          reject(new LinkError('ConnectionClosed', 'there is no connection to publish on'));
          return;
        }
        unanswered.add(reject);
        // mqtt-packet writes nothing at all for user properties without an entry.
        const has = settings.protocolVersion === 5 && Object.keys(userProperties).length > 0;
        const properties = has ? { properties: { userProperties } } : {};
        client.publish(topic, payload, { qos: 1, ...properties }, (error, packet) => {
          unanswered.delete(reject);
          if (error) reject(error);
          else resolve({ matched: !unmatched.delete(packet?.messageId) });
        });
      }),
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
      silentLooks = 0;
      const done = heldBack;
      heldBack = undefined;
      if (done !== undefined) pace(done);
    },
    unsubscribe() {
      // The answer is of no interest: what still comes is not begun.
      if (open && client.connected) client.unsubscribe(settings.filter, () => undefined);
    },
    close() {
      if (!open) return Promise.resolve();
      const closed = Promise.withResolvers<void>();
      client.once('close', () => closed.resolve());
      if (!client.connected) {
        client.stream.destroy();
        return closed.promise;
      }
      mqttPacket.writeToStream({ cmd: 'disconnect', reasonCode: 0 }, client.stream, client.options);
      client.stream.end();
      const cancel = clock.after(CLOSE_TIMEOUT_MS, () => client.stream.destroy());
      return closed.promise.then(cancel);
    },
  };
}
