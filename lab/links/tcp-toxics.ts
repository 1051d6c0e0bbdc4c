import { type ICreateToxicBody, Toxiproxy } from 'toxiproxy-node-client';
import { PermanentError } from '../../shared/errors.ts';
import { LINKS, type LinkName, type TcpToxic, toxicSchema } from '../toxic.ts';

type Attributes = Record<string, number>;

/** Toxiproxy's attribute for each of ours: its own names have no units. */
const ATTRIBUTES: Record<Exclude<TcpToxic['type'], 'down'>, Record<string, string>> = {
  latency: { latencyMs: 'latency', jitterMs: 'jitter' },
  bandwidth: { rateKBps: 'rate' },
  slow_close: { delayMs: 'delay' },
  timeout: { timeoutMs: 'timeout' },
  reset_peer: { timeoutMs: 'timeout' },
  slicer: { averageBytes: 'average_size', variationBytes: 'size_variation', delayUs: 'delay' },
  limit_data: { bytes: 'bytes' },
};

/** `down` is no toxic of toxiproxy but a disabled proxy; this name is what it is listed under. */
const downOf = (link: LinkName) => toxicSchema.parse({ type: 'down', link }) as TcpToxic;

function toToxiproxy(toxic: Exclude<TcpToxic, { type: 'down' }>): ICreateToxicBody<Attributes> {
  const values = new Map<string, unknown>(Object.entries(toxic));
  const attributes = Object.fromEntries(
    Object.entries(ATTRIBUTES[toxic.type]).map(([ours, theirs]) => [theirs, Number(values.get(ours))]),
  );
  return { name: toxic.name, type: toxic.type, stream: toxic.direction, toxicity: toxic.toxicity, attributes };
}

function fromToxiproxy(link: LinkName, body: ICreateToxicBody<Attributes>): TcpToxic {
  if (!Object.hasOwn(ATTRIBUTES, body.type)) {
    const message = `toxic '${body.name}' of type '${body.type}' on ${link} is none of this lab's: remove it with toxiproxy's own client`;
    throw new PermanentError('lab_toxic_unknown', message);
  }
  const names = ATTRIBUTES[body.type as keyof typeof ATTRIBUTES];
  const values = Object.fromEntries(Object.entries(names).map(([ours, theirs]) => [ours, body.attributes[theirs]]));
  const { name, type, stream: direction, toxicity } = body;
  return toxicSchema.parse({ name, type, link, direction, toxicity, ...values }) as TcpToxic;
}

/** TCP faults on links that are proxies of one toxiproxy. */
export interface TcpToxics {
  /** The links have exactly these from now on; what stays the same is not touched. */
  set(toxics: readonly TcpToxic[]): Promise<void>;
  list(): Promise<TcpToxic[]>;
}

/** @param api toxiproxy's control API, whose proxies are named as the links */
export function tcpToxics(api: string): TcpToxics {
  const toxiproxy = new Toxiproxy(api);
  const links = Object.keys(LINKS) as LinkName[];
  const same = (a: TcpToxic, b: TcpToxic) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

  async function ofLink(link: LinkName): Promise<TcpToxic[]> {
    const proxy = await toxiproxy.get(link);
    // Its toJson() has no toxics, whatever its type says (4.1.0): asked for here.
    const { data: toxics } = await proxy.api.get<ICreateToxicBody<Attributes>[]>(`${proxy.getPath()}/toxics`);
    return [...toxics.map((body) => fromToxiproxy(link, body)), ...(proxy.enabled ? [] : [downOf(link)])];
  }

  async function setLink(link: LinkName, wanted: readonly TcpToxic[]): Promise<void> {
    const proxy = await toxiproxy.get(link);
    const present = await ofLink(link);
    for (const toxic of present) {
      if (toxic.type !== 'down' && !wanted.some((other) => same(other, toxic)))
        await (await proxy.getToxic(toxic.name)).remove();
    }
    for (const toxic of wanted) {
      if (toxic.type !== 'down' && !present.some((other) => same(other, toxic)))
        await proxy.addToxic(toToxiproxy(toxic));
    }
    const enabled = !wanted.some(({ type }) => type === 'down');
    if (proxy.enabled !== enabled) await proxy.update({ enabled, listen: proxy.listen, upstream: proxy.upstream });
  }

  return {
    async set(toxics) {
      for (const link of links)
        await setLink(
          link,
          toxics.filter((toxic) => toxic.link === link),
        );
    },
    async list() {
      return (await Promise.all(links.map(ofLink))).flat();
    },
  };
}

const sorted = (toxic: TcpToxic) => Object.entries(toxic).sort(([a], [b]) => a.localeCompare(b));
