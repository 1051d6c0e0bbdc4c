import type { Toxic } from '../toxic.ts';
import { formatFigure, formatMs, formatNumber } from './figures.ts';

/** The two ends of each link: its client, and the server it connects to. */
const ENDS: Readonly<Record<Toxic['link'], readonly [client: string, server: string]>> = {
  'backend-database': ['backend', 'database'],
  'worker-database': ['worker', 'database'],
  'consumer-broker': ['consumer', 'broker'],
  'producer-broker': ['producer', 'broker'],
  'producer-backend': ['producer', 'backend'],
};

const QOS_LEVELS = 3;

/** What a fault does and where: `10 % of PUBLISH packets dropped, broker → consumer`. */
export function toxicInWords(toxic: Toxic): string {
  return `${effect(toxic)}${onSomeConnections(toxic)}, ${place(toxic)}`;
}

/** Downstream is towards the client of the link (toxiproxy's word); a link that is down or closed is so in both directions. */
function place(toxic: Toxic): string {
  const [client, server] = ENDS[toxic.link];
  if (toxic.type === 'down' || toxic.type === 'flap' || toxic.type === 'reset_peer') return `${client} ↔ ${server}`;
  return toxic.direction === 'downstream' ? `${server} → ${client}` : `${client} → ${server}`;
}

function onSomeConnections(toxic: Toxic): string {
  if (!('toxicity' in toxic) || toxic.toxicity === 1) return '';
  return ` on ${formatFigure(toxic.toxicity, 'share')} of connections`;
}

/** Of which QoS only where it is another than by default: of a drop 0, of the others each. */
function packets({ type, rate, qos }: Extract<Toxic, { qos: unknown }>): string {
  const usual = type === 'drop' ? qos.every((level) => level === 0) : new Set(qos).size === QOS_LEVELS;
  return `${formatFigure(rate, 'share')} of PUBLISH packets${usual ? '' : ` of QoS ${qos.join(', ')}`}`;
}

const withJitter = (ms: number, jitterMs: number): string =>
  jitterMs > 0 ? `${formatMs(ms)} ± ${formatMs(jitterMs)}` : formatMs(ms);

/** Meanings of the TCP toxics: toxiproxy 2's README; of the MQTT ones: toxic.ts. */
function effect(toxic: Toxic): string {
  switch (toxic.type) {
    case 'latency':
      return `${withJitter(toxic.latencyMs, toxic.jitterMs)} of latency added`;
    case 'bandwidth':
      return toxic.rateKBps === 0 ? 'nothing gets through' : `at most ${formatNumber(toxic.rateKBps)} KB/s`;
    case 'slow_close':
      return `closing delayed by ${formatMs(toxic.delayMs)}`;
    case 'timeout':
      return toxic.timeoutMs === 0
        ? 'all data stopped, connections left open'
        : `all data stopped, connections closed after ${formatMs(toxic.timeoutMs)}`;
    case 'reset_peer':
      return toxic.timeoutMs === 0
        ? 'connections reset at once'
        : `connections reset after ${formatMs(toxic.timeoutMs)}`;
    case 'slicer': {
      const around = toxic.variationBytes > 0 ? ` ± ${formatNumber(toxic.variationBytes)}` : '';
      const pause = toxic.delayUs > 0 ? `, ${formatNumber(toxic.delayUs)} µs apart` : '';
      return `data cut into pieces of ${formatNumber(toxic.averageBytes)}${around} bytes${pause}`;
    }
    case 'limit_data':
      return `connections closed after ${formatNumber(toxic.bytes)} bytes`;
    case 'down':
      return 'link down, connections refused';
    case 'drop':
      return `${packets(toxic)} dropped`;
    case 'duplicate':
      return `${packets(toxic)} sent twice`;
    case 'delay':
      return `${packets(toxic)} delayed by ${withJitter(toxic.delayMs, toxic.jitterMs)}`;
    case 'reorder':
      return `${packets(toxic)} held back behind the next ${toxic.packets === 1 ? 'one' : formatNumber(toxic.packets)}`;
    case 'flap':
      return `link flaps, ${formatMs(toxic.upMs)} up and ${formatMs(toxic.downMs)} down by turns`;
  }
}
