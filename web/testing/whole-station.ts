import { connectAsync, type MqttClient } from 'mqtt';
import type { Browser } from 'playwright-core';
import { silentProgress } from '../../localstack/setup/progress.ts';
import { buildStation } from '../../localstack/station/build-station.ts';
import { startStation } from '../../localstack/station/station-server.ts';
import { declareStreams } from '../../localstack/testing/broker.ts';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { startFunctions, type TestFunctions } from '../../localstack/testing/functions.ts';
import { bootBroker } from '../../localstack/testing/own-broker.ts';
import { brokerScope } from '../../shared/access/broker-scopes.ts';
import { mintToken } from '../../shared/access/mint-token.ts';
import type { AccessRole } from '../../shared/access/principal.ts';
import { ensureTokenKeys } from '../../shared/access/token-keys.ts';
import { config } from '../../shared/config.ts';
import type { VitalsMessage } from '../../shared/vitals/vitals-message.ts';
import { openBrowser } from './browser.ts';
import { type Severable, severable } from './severable.ts';
import { alertsTopic, heartbeatTopic, snapshotOf, vitalsTopic } from './test-ward.ts';

/** The system as a ward has it: database, a broker that knows tokens, all functions, the station's server, a browser. */
export interface WholeStation {
  readonly url: string;
  readonly browser: Browser;
  readonly db: TestDatabase;
  readonly functions: TestFunctions;
  /** Between the station's server and the broker. */
  readonly brokerWay: Severable;
  /** Between the station's server and the HTTP API. */
  readonly apiWay: Severable;
  /** The broker's own account: monitors, and whoever else publishes. */
  readonly client: MqttClient;
  tokenOf(sub: string, role?: AccessRole): Promise<string>;
  tell(message: VitalsMessage): void;
  /** Puts a ward's alerts on its stations past the desk, which knows nothing of that ward. */
  show(ward: string, revision: number, alerts: Parameters<typeof snapshotOf>[2]): Promise<void>;
  /** Says each second that the way is open, until it is told to stop. */
  beat(ward: string): () => void;
  stop(): Promise<void>;
}

const SERVICE = { user: 'heartline', password: 'known-to-this-test' };
const TOKEN_LIFE_S = 600;
const BEAT_MS = 1_000;

export async function startWholeStation(): Promise<WholeStation> {
  const { keyFolder, audience } = config().access;
  const keys = await ensureTokenKeys(keyFolder);
  const [db, broker, folder, browser] = await Promise.all([
    testDatabase(),
    bootBroker({ access: { keys: keyFolder, audience, service: SERVICE } }),
    buildStation(silentProgress),
    openBrowser(),
  ]);
  await declareStreams(broker.endpoints);
  const { mqtt, stream, webMqtt } = broker.endpoints;
  const functions = await startFunctions(db.url, { HEARTLINE_MQTT_URL: mqtt, HEARTLINE_STREAM_URL: stream });
  const [brokerWay, apiWay] = await Promise.all([severable(portOf(webMqtt)), severable(portOf(functions.http))]);
  const station = await startStation({
    port: 0,
    folder,
    apiUrl: `http://127.0.0.1:${apiWay.port}`,
    webMqttUrl: `ws://127.0.0.1:${brokerWay.port}${new URL(webMqtt).pathname}`,
  });
  const client = await connectAsync(mqtt, { protocolVersion: 5, clientId: 'monitors' });
  const beats = new Set<() => void>();
  return {
    url: station.url,
    ...{ browser, db, functions, brokerWay, apiWay, client },
    tokenOf: (sub, role = 'nurse') =>
      mintToken(keys, { sub, role, scope: brokerScope({ sub, role }), expiresInS: TOKEN_LIFE_S }),
    tell: (message) => void client.publish(vitalsTopic(message), JSON.stringify(message), { qos: 1 }),
    async show(ward, revision, alerts) {
      const text = JSON.stringify(snapshotOf(ward, revision, alerts));
      await client.publishAsync(alertsTopic(ward), text, { qos: 1, retain: true });
    },
    beat(ward) {
      const say = () => {
        const now = new Date().toISOString();
        client.publish(heartbeatTopic(ward), JSON.stringify({ at: now }), { qos: 1, retain: true });
      };
      say();
      const timer = setInterval(say, BEAT_MS);
      const stop = () => clearInterval(timer);
      beats.add(stop);
      return stop;
    },
    async stop() {
      for (const stop of beats) stop();
      await browser.close();
      await client.endAsync(true);
      await station.close();
      await Promise.all([brokerWay.close(), apiWay.close()]);
      await functions.stop();
      await Promise.all([broker.remove(), db.drop()]);
    },
  };
}

function portOf(url: string): { host: string; port: number } {
  const { hostname: host, port } = new URL(url);
  return { host, port: Number(port) };
}
