// What a script does with k6/mqtt, one case a run, for client.test.ts. What came of it is one line: RESULT and JSON.
import type { Options } from 'k6/options';
import { connect, type MqttClient } from '../mqtt/client.ts';
import { MqttError } from '../mqtt/in-flight.ts';
import type { ConnectOptions, PublishOptions } from '../mqtt/options.ts';

export const options: Options = {
  scenarios: { one: { executor: 'per-vu-iterations', vus: 1, iterations: 1, maxDuration: '20s', gracefulStop: '0s' } },
};

const connection: ConnectOptions = {
  url: String(__ENV['WEB_MQTT_URL']),
  clientId: `case-${__ENV['CASE']}-${Date.now()}`,
  connectTimeoutMs: 1_000,
  ackTimeoutMs: 1_000,
  ...(JSON.parse(__ENV['CONNECT'] || '{}') as Partial<ConnectOptions>),
};
const topic = `case/${connection.clientId}`;
const ARRIVAL_MS = 5_000;
const PUBLISH_MANY = 5;

const codeOf = (error: unknown) => (error instanceof MqttError ? `${error.code}: ${error.message}` : `other: ${error}`);
const outcome = (promise: Promise<unknown>) => promise.then(() => 'ok', codeOf);
const identity = (eventId: string) => ({ eventId, patientId: 'nobody', text: 'a case' });

/** Resolves when so many have come, with what has come. */
function collected<Item>(count: number): { add: (item: Item) => void; all: Promise<Item[]> } {
  const items: Item[] = [];
  let done: (items: Item[]) => void = () => undefined;
  const all = new Promise<Item[]>((resolve) => {
    done = resolve;
  });
  const giveUp = setTimeout(() => done(items), ARRIVAL_MS);
  return {
    add(item) {
      items.push(item);
      if (items.length < count) return;
      clearTimeout(giveUp);
      done(items);
    },
    all,
  };
}

async function withClient<Result>(use: (client: MqttClient) => Promise<Result>): Promise<Result> {
  const client = await connect(connection);
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

const cases: Record<string, () => Promise<unknown>> = {
  /** Texts of all kinds, bytes, properties; each read back. */
  echo: () =>
    withClient(async (client) => {
      const received = collected<object>(5);
      await client.subscribe(`${topic}/#`, 1, ({ topic: at, text, payload, qos, properties }) =>
        received.add({ at: at.slice(topic.length), text: text(), bytes: payload.length, qos, properties }),
      );
      const publishOptions: PublishOptions = {
        properties: { contentType: 'text/plain', userProperties: { name: 'Müller', id: '7' } },
      };
      await client.publish(`${topic}/0`, 'plain');
      await client.publish(`${topic}/1`, 'schön 😀', { ...publishOptions, qos: 1 });
      await client.publish(`${topic}/2`, new Uint8Array([0xff, 0, 0x80]), { qos: 1 });
      await client.publish(`${topic}/3`, 'x'.repeat(70_000), { qos: 1 });
      await client.publish(`${topic}/4`, '', { qos: 1 });
      return await received.all;
    }),
  /** A session that is kept: what came meanwhile is handed on. */
  session: async () => {
    const kept = { ...connection, clean: false, sessionExpiry: 60 };
    const first = await connect(kept);
    await first.subscribe(topic, 1, () => undefined);
    await first.end();
    const other = await connect({ ...connection, clientId: `${connection.clientId}-other` });
    await other.publish(topic, 'meanwhile', { qos: 1 });
    await other.end();
    const received = collected<string>(1);
    const again = await connect({ ...kept, onMessage: ({ text }) => received.add(text()) });
    const texts = await received.all;
    await again.end();
    const clean = await connect({ ...kept, clean: true, sessionExpiry: 0 });
    await clean.end();
    return { first: first.sessionPresent, again: again.sessionPresent, clean: clean.sessionPresent, texts };
  },
  /** A connection lost without a DISCONNECT: another client of the same id takes it over. */
  takeover: () =>
    withClient(async (watcher) => {
      const will = collected<string>(1);
      await watcher.subscribe(`${topic}/will`, 0, ({ text }) => will.add(text()));
      const mine = { ...connection, clientId: `${connection.clientId}-mine` };
      const client = await connect({ ...mine, will: { topic: `${topic}/will`, payload: 'lost' } });
      const closed = new Promise<string>((resolve) => {
        client.onClose = (error) => resolve(error ? codeOf(error) : 'asked');
      });
      const thief = await connect(mine);
      const reason = await closed;
      const after = await outcome(client.publish(topic, 'too late', { qos: 1 }));
      await thief.end();
      return { reason, after, will: await will.all };
    }),
  /** Says nothing until the connection is over, or for a while. */
  idle: async () => {
    const client = await connect(connection);
    const ending = setTimeout(() => client.end(), ARRIVAL_MS);
    const reason = await new Promise<string>((resolve) => {
      client.onClose = (error) => resolve(error ? codeOf(error) : 'asked');
    });
    clearTimeout(ending);
    return reason;
  },
  connect: () => outcome(connect(connection).then((client) => client.end())),
  publish: () => withClient((client) => outcome(client.publish(topic, 'x', { qos: 1, identity: identity('0') }))),
  /** More than may be under way. */
  many: () =>
    withClient((client) =>
      Promise.all(
        Array.from({ length: PUBLISH_MANY }, (_, number) =>
          outcome(client.publish(topic, 'x', { qos: 1, identity: identity(String(number)) })),
        ),
      ),
    ),
  /** Ends while an acknowledgement is awaited. */
  end: async () => {
    const client = await connect(connection);
    const publishing = outcome(client.publish(topic, 'x', { qos: 1, identity: identity('0') }));
    await client.end();
    return [await publishing, await outcome(client.publish(topic, 'x'))];
  },
  invalid: () =>
    withClient(async (client) => [
      await outcome(client.publish('t'.repeat(70_000), 'x')),
      await outcome(client.publish(topic, 'x', { properties: { userProperties: {} }, qos: 1 })),
      await outcome(client.publish(topic, 'still usable', { qos: 1 })),
    ]),
};

export default async function (): Promise<void> {
  const run = cases[String(__ENV['CASE'])];
  if (!run) throw new Error(`there is no case ${__ENV['CASE']}`);
  const result = await run().catch(codeOf);
  console.log(`RESULT ${JSON.stringify(result)}`);
}
