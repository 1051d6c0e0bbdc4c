import { PermanentError, TransientError } from '../../shared/errors.ts';
import { faultProxyControl } from '../fault-proxy/control-client.ts';
import { isMqttToxic, type MqttToxic, type TcpToxic, type Toxic, toxicSchema } from '../toxic.ts';
import type { Links } from './links-file.ts';
import { tcpToxics } from './tcp-toxics.ts';

/** The link that the fault proxy is on. */
const MQTT_LINK = 'consumer-broker';

/** All faults of all links as one list. */
export interface Toxics {
  /** The links have exactly these from now on. @throws TransientError `lab_links_away` */
  set(toxics: readonly Toxic[]): Promise<void>;
  list(): Promise<Toxic[]>;
}

/** One list over toxiproxy and the fault proxy. */
export function linkToxics({ toxiproxy, faultProxy }: Pick<Links, 'toxiproxy' | 'faultProxy'>): Toxics {
  const tcp = tcpToxics(toxiproxy);
  const mqtt = faultProxyControl(faultProxy);
  return {
    async set(toxics) {
      const mqttToxics = toxics.filter(isMqttToxic).map(({ link: _, ...toxic }) => toxic);
      await reached(async () => {
        await tcp.set(toxics.filter((toxic): toxic is TcpToxic => !isMqttToxic(toxic)));
        await mqtt.setToxics(mqttToxics);
      });
    },
    list: () =>
      reached(async () => [
        ...(await tcp.list()),
        ...(await mqtt.toxics()).map((toxic) => toxicSchema.parse({ ...toxic, link: MQTT_LINK }) as MqttToxic),
      ]),
  };
}

async function reached<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PermanentError) throw error;
    const reason = error instanceof Error ? reasonOf(error) : String(error);
    throw new TransientError('lab_links_away', `The faults of the links cannot be set or read: ${reason}`, {
      cause: error,
    });
  }
}

/** fetch says `fetch failed`; what failed is its cause. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error && cause.message !== '' ? `${message}: ${cause.message}` : message;
}
