import { Toxiproxy } from 'toxiproxy-node-client';
import { freePort } from '../../../localstack/services/ports.ts';
import { toxiproxyService } from '../../../localstack/services/toxiproxy.ts';
import { obtainToxiproxy } from '../../../localstack/setup/obtain-go-tool.ts';
import type { Progress } from '../../../localstack/setup/progress.ts';
import { startFaultProxy } from '../../fault-proxy/fault-proxy.ts';
import type { System } from '../run/system.ts';
import type { FaultLink } from '../schedule/fault.ts';

const LOOPBACK = '127.0.0.1';
/** Of which side the bytes are counted and held up: the one that has most of them. */
const DIRECTION: Readonly<Record<FaultLink, 'upstream' | 'downstream'>> = {
  'devices-broker': 'upstream',
  'workers-broker': 'downstream',
  'workers-database': 'upstream',
};
/** How long a message that is moved back waits for others, at most. */
const REORDER_HOLD_MS = 200;
export interface OwnLinks extends Pick<System, 'links' | 'devices'> {
  /** Port on loopback through which a link's clients reach its server. */
  readonly ports: Readonly<Record<FaultLink, number>>;
  stop(): Promise<void>;
}

export interface OwnLinksOptions {
  readonly home: string;
  /** The servers' ports on loopback. */
  readonly servers: Readonly<Record<FaultLink, number>>;
  readonly seed: number;
  readonly progress: Progress;
}

/** A toxiproxy on each link, and before the devices' one the MQTT fault proxy. */
export async function startOwnLinks({ home, servers, seed, progress }: OwnLinksOptions): Promise<OwnLinks> {
  const program = await obtainToxiproxy(progress);
  const toxiproxy = await toxiproxyService({ program, home, port: await freePort() }).start();
  const client = new Toxiproxy(toxiproxy.endpoints.api);
  const ports = { 'devices-broker': 0, 'workers-broker': 0, 'workers-database': 0 };
  for (const link of Object.keys(ports) as FaultLink[]) {
    ports[link] = await freePort();
    const address = (port: number) => `${LOOPBACK}:${port}`;
    await client.createProxy({
      name: link,
      listen: address(ports[link]),
      upstream: address(servers[link]),
      enabled: true,
    });
  }
  const devices = await startFaultProxy({
    listen: { host: LOOPBACK, port: 0 },
    upstream: { host: LOOPBACK, port: ports['devices-broker'] },
    seed,
  });
  /** One at a time on a link. */
  const toxics = new Map<FaultLink, string>();
  const add = async (link: FaultLink, type: 'limit_data' | 'latency', attributes: Record<string, number>) => {
    const proxy = await client.get(link);
    toxics.set(link, type);
    await proxy.addToxic({ name: type, type, stream: DIRECTION[link], toxicity: 1, attributes });
  };
  return {
    ports: { ...ports, 'devices-broker': devices.port },
    links: {
      cut: (link, bytes) => add(link, 'limit_data', { bytes }),
      slow: (link, latency, jitter) => add(link, 'latency', { latency, jitter }),
      async clear(link) {
        const toxic = toxics.get(link);
        if (toxic === undefined) return;
        toxics.delete(link);
        await (await (await client.get(link)).getToxic(toxic)).remove();
      },
    },
    devices: {
      // RabbitMQ drops a copy that comes while the original is not confirmed; afterwards it is a message of its own.
      duplicate: (rate) =>
        devices.setToxics([{ type: 'duplicate', direction: 'upstream', rate, after: 'acknowledgement' }]),
      reorder: (rate, packets) =>
        devices.setToxics([{ type: 'reorder', direction: 'upstream', rate, packets, holdMs: REORDER_HOLD_MS }]),
      clear: () => devices.setToxics([]),
    },
    async stop() {
      await devices.stop();
      await toxiproxy.stop();
    },
  };
}
