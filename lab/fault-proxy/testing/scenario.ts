import { draw } from '../decision.ts';
import { type FaultProxy, startFaultProxy } from '../fault-proxy.ts';
import { identifyBy } from '../identity.ts';
import type { ToxicInput } from '../toxics.ts';
import type { Broker } from './broker.ts';
import { type Client, mqttClient } from './clients.ts';
import { until } from './peers.ts';

export const SEED = 42;
/** Sent behind all others; no toxic of these tests hits it with this seed. */
export const LAST = 'last';
/** A busy machine gets time. */
export const WAIT_MS = 60_000;

const EVENTS = 300;
const AT_ONCE = 30;
export const eventIds = Array.from({ length: EVENTS }, (_, i) => `event-${i}`);

/** What the proxy will decide when it sees the message for the first time. */
export const isHit = (toxic: string, rate: number, identity: string, seed = SEED): boolean =>
  draw({ seed, toxic, identity, occurrence: 1 }).chance < rate;

/** Of the messages received, as they came. */
export const ids = (one: Client): string[] => one.payloads().map((payload) => JSON.parse(payload).eventId as string);

export const lastArrived = (one: Client) => until('the last message', () => ids(one).includes(LAST), WAIT_MS);

/** Sends the events, so many at a time. */
export async function sendEvents(
  to: Client,
  topic: string,
  events: readonly string[],
  atOnce = AT_ONCE,
  qos: 0 | 1 = 1,
) {
  for (let from = 0; from < events.length; from += atOnce) {
    const part = events.slice(from, from + atOnce);
    await Promise.all(
      part.map((eventId) => to.mqtt.publishAsync(topic, JSON.stringify({ eventId, at: Date.now() }), { qos })),
    );
  }
}

/** Sends the events, and then the last. */
export async function send(...[to, topic, events, atOnce = AT_ONCE, qos = 1]: Parameters<typeof sendEvents>) {
  await sendEvents(to, topic, events, atOnce, qos);
  await sendEvents(to, topic, [LAST], 1, qos);
}

/** Proxies and clients of a test, to be closed at its end. */
export function scenario(broker: () => Broker) {
  let open: (() => Promise<void>)[] = [];
  return {
    async proxyWith(toxics: readonly ToxicInput[]): Promise<FaultProxy> {
      const listen = { host: '127.0.0.1', port: 0 };
      const identify = identifyBy('json:eventId');
      const proxy = await startFaultProxy({ listen, upstream: broker().mqtt, seed: SEED, identify });
      proxy.setToxics(toxics);
      open.push(() => proxy.stop());
      return proxy;
    },
    async client(...[port, protocol, options]: Parameters<typeof mqttClient>): Promise<Client> {
      const one = await mqttClient(port, protocol, options);
      open.unshift(() => one.end());
      return one;
    },
    async close() {
      for (const stop of open) await stop();
      open = [];
    },
  };
}
