import { ExchangeCommandVersionsRequest } from 'rabbitmq-stream-js-client/dist/requests/exchange_command_versions_request.js';
import { OpenRequest } from 'rabbitmq-stream-js-client/dist/requests/open_request.js';
import { PeerPropertiesRequest } from 'rabbitmq-stream-js-client/dist/requests/peer_properties_request.js';
import { SaslAuthenticateRequest } from 'rabbitmq-stream-js-client/dist/requests/sasl_authenticate_request.js';
import { SaslHandshakeRequest } from 'rabbitmq-stream-js-client/dist/requests/sasl_handshake_request.js';
import { TuneRequest } from 'rabbitmq-stream-js-client/dist/requests/tune_request.js';
import type { StreamConnection } from './connection.ts';
import type { StreamEndpoint } from './endpoint.ts';
import { KEY } from './wire.ts';

export interface Tuning {
  /** Largest frame this side may send, bytes. */
  readonly frameBytesMax: number;
  readonly heartbeatMs: number;
}

/** The broker's default (`stream.frame_max`), for one that names no limit. */
const FRAME_BYTES_MAX = 1_048_576;
const MS_PER_S = 1_000;

/** Peer properties, SASL PLAIN, tune, open, versions: "Stream protocol reference", authentication and opening. */
export async function handshake(
  connection: StreamConnection,
  { username, password, vhost }: StreamEndpoint,
  { heartbeatS, connectionName }: { heartbeatS: number; connectionName: string },
): Promise<Tuning> {
  await connection.request(
    new PeerPropertiesRequest({ product: 'heartline', platform: 'Node.js', connection_name: connectionName }),
  );
  await connection.request(new SaslHandshakeRequest());
  const plain = new SaslAuthenticateRequest({ mechanism: 'PLAIN', username, password });
  const [proposal] = await Promise.all([connection.tune(), connection.request(plain)]);
  const offeredFrameMax = proposal.readUInt32BE(0);
  const offeredHeartbeatS = proposal.readUInt32BE(4);
  const tuning = {
    frameMax: offeredFrameMax === 0 ? FRAME_BYTES_MAX : Math.min(offeredFrameMax, FRAME_BYTES_MAX),
    heartbeat: offeredHeartbeatS === 0 ? heartbeatS : Math.min(offeredHeartbeatS, heartbeatS),
  };
  connection.send(new TuneRequest(tuning));
  await connection.request(new OpenRequest({ virtualHost: vhost }));
  // Deliver version 2 carries the committed chunk's id, which lag is made of.
  await connection.request(new ExchangeCommandVersionsRequest([{ key: KEY.deliver, minVersion: 1, maxVersion: 2 }]));
  return { frameBytesMax: tuning.frameMax, heartbeatMs: tuning.heartbeat * MS_PER_S };
}
