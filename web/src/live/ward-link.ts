import mqtt, { type MqttClient } from 'mqtt';
import { v4 } from 'uuid';
import { mqttClientId } from '../../../shared/access/broker-scopes.ts';
import { stationTopic } from '../../../shared/alert-desk/alert-item.ts';
import type { Session } from '../session/token.ts';
import { readMessage } from '../state/read-message.ts';
import type { WardMessage } from '../state/ward-state.ts';
import { nowMs } from './clock.ts';
import { stationId } from './station-id.ts';

/** The connection to the broker for one ward. */
export interface WardLink {
  /** Says that a snapshot is on the screen. */
  confirm(revision: number): void;
  close(): void;
}

/** A silent broker is noticed after one and a half of these (MQTT 5, 3.1.2.10). */
const KEEPALIVE_S = 5;
const CONNECT_TIMEOUT_MS = 5_000;
/** After a first loss at once nearly; a broker that starts is asked every five seconds at most. */
const BACKOFF_MS = [250, 500, 1_000, 2_000, 5_000] as const;
const BACKOFF_MAX_MS = 5_000;

/** Follows a ward until it is closed; a connection that is lost is made anew. */
export function followWard(ward: string, session: Session, post: (message: WardMessage) => void): WardLink {
  let failures = 0;
  const station = stationId();
  const client: MqttClient = mqtt.connect(brokerUrl(), {
    protocolVersion: 5,
    clean: true,
    clientId: mqttClientId(session.id, `station-${v4()}`),
    username: session.id,
    password: session.token,
    keepalive: KEEPALIVE_S,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: BACKOFF_MS[0],
    // A receipt for what was on the screen minutes ago says nothing.
    queueQoSZero: false,
    resubscribe: false,
  });
  const say = (is: 'open' | 'closed', refusal?: string) =>
    post({ type: 'broker', is, atMs: nowMs(), ...(refusal === undefined ? {} : { refusal }) });
  post({ type: 'broker', is: 'connecting', atMs: nowMs() });

  client.on('connect', () => {
    failures = 0;
    client.options.reconnectPeriod = BACKOFF_MS[0];
    say('open');
    client.subscribe({
      [stationTopic(ward, 'alerts')]: { qos: 1 },
      [stationTopic(ward, 'heartbeat')]: { qos: 1 },
      [`hl/${ward}/+/+/vitals`]: { qos: 0 },
    });
  });
  client.on('close', () => {
    client.options.reconnectPeriod = BACKOFF_MS[failures] ?? BACKOFF_MAX_MS;
    failures += 1;
    say('closed');
  });
  client.on('error', (error) => say('closed', refusalOf(error)));
  const decoder = new TextDecoder();
  client.on('message', (topic, payload, { retain }) => {
    const message = readMessage({ topic, text: decoder.decode(payload), atMs: nowMs(), isRetained: retain });
    if (message !== undefined) post(message);
  });
  return {
    confirm(revision) {
      if (!client.connected) return;
      client.publish(stationTopic(ward, 'receipts'), JSON.stringify({ stationId: station, revision }), { qos: 1 });
    },
    close: () => void client.end(true),
  };
}

function brokerUrl(): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/mqtt`;
}

/** MQTT 5, 3.2.2.2: reason codes of a refused connection. */
const REFUSALS: Readonly<Record<number, string>> = {
  134: 'the token is not accepted',
  135: 'this token may not follow the ward',
};

function refusalOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'number' ? REFUSALS[error.code] : undefined;
}
