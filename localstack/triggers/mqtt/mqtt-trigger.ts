import type { TriggerKind } from '../trigger-kind.ts';
import type { MqttTls } from './link-settings.ts';
import { startMqttEventSource } from './mqtt-event-source.ts';
import { parseMqttOptions } from './options.ts';

export interface MqttResources {
  /** The broker, asked for once a trigger: `mqtt://[user:password@]host[:port]`, `mqtts://…`, `ws://…` or `wss://…`. */
  readonly url: () => string;
  /** For a broker with a certificate of one's own, or one that asks for one. */
  readonly tls?: MqttTls;
}

/** `- mqtt: { topic: … }`: an MQTT subscription that invokes as an AWS IoT rule does. */
export const mqttTrigger: TriggerKind<MqttResources> = {
  prepare(rawOptions) {
    const parsed = parseMqttOptions(rawOptions);
    if (!parsed.ok) return parsed;
    return {
      ok: true,
      enabled: parsed.options.enabled,
      start: ({ url, tls = {} }, { functionName, ...run }) =>
        startMqttEventSource({ ...run, name: functionName, url: url(), tls, options: parsed.options }),
    };
  },
};
