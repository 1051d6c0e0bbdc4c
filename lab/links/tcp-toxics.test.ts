import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Toxiproxy } from 'toxiproxy-node-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../../localstack/services/ports.ts';
import type { RunningService } from '../../localstack/services/service.ts';
import { type ToxiproxyEndpoints, toxiproxyService } from '../../localstack/services/toxiproxy.ts';
import { obtainToxiproxy } from '../../localstack/setup/obtain-go-tool.ts';
import { silentProgress } from '../../localstack/setup/progress.ts';
import { connects } from '../../localstack/testing/connects.ts';
import { LINKS, type LinkName, type TcpToxic, toxicSchema } from '../toxic.ts';
import { type TcpToxics, tcpToxics } from './tcp-toxics.ts';
import { recordedApi } from './testing/recorded-api.ts';

const OBTAIN_TIMEOUT_MS = 180_000;
const LOOPBACK = '127.0.0.1';

let home: string;
let upstream: Server;
let running: RunningService<ToxiproxyEndpoints>;
let toxics: TcpToxics;
const ports = new Map<string, number>();

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'heartline-toxics-'));
  upstream = createServer((socket) => socket.on('error', () => undefined).end());
  const upstreamPort = await freePort();
  await new Promise<void>((resolve) => upstream.listen(upstreamPort, LOOPBACK, resolve));
  const program = await obtainToxiproxy(silentProgress);
  running = await toxiproxyService({ program, home, port: await freePort() }).start();
  const client = new Toxiproxy(running.endpoints.api);
  for (const name of Object.keys(LINKS)) {
    const port = await freePort();
    ports.set(name, port);
    await client.createProxy({
      name,
      listen: `${LOOPBACK}:${port}`,
      upstream: `${LOOPBACK}:${upstreamPort}`,
      enabled: true,
    });
  }
  toxics = tcpToxics(running.endpoints.api);
}, OBTAIN_TIMEOUT_MS);
afterAll(async () => {
  await running.stop();
  upstream.close();
  rmSync(home, { recursive: true, force: true });
});
beforeEach(() => toxics.set([]));

const database = { link: 'backend-database' } as const;
const toxic = (input: Parameters<typeof toxicSchema.parse>[0]) => toxicSchema.parse(input) as TcpToxic;
/** Every type, with each attribute at a value of its own, so that no two can be taken for each other. */
const EVERY_TYPE = [
  toxic({ type: 'latency', ...database, latencyMs: 200, jitterMs: 20, toxicity: 0.5 }),
  toxic({ type: 'bandwidth', ...database, direction: 'upstream', rateKBps: 33 }),
  toxic({ type: 'slow_close', ...database, delayMs: 41 }),
  toxic({ type: 'timeout', ...database, timeoutMs: 52, name: 'mine' }),
  toxic({ type: 'reset_peer', ...database, timeoutMs: 63 }),
  toxic({ type: 'slicer', ...database, averageBytes: 64, variationBytes: 8, delayUs: 100 }),
  toxic({ type: 'limit_data', ...database, bytes: 2048 }),
  toxic({ type: 'down', ...database }),
];

/** By name, since a list has no order that matters. */
async function listed(): Promise<TcpToxic[]> {
  return sorted(await toxics.list());
}
const sorted = (list: readonly TcpToxic[]) => list.toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** What toxiproxy itself says of a link. */
async function ownWords(link: LinkName): Promise<{ enabled: boolean; toxics: Record<string, unknown>[] }> {
  const answer = await fetch(`${running.endpoints.api}/proxies/${link}`);
  return (await answer.json()) as { enabled: boolean; toxics: Record<string, unknown>[] };
}

/** The requests that change something, while `work` sets toxics. */
async function changesDuring(work: (recorded: TcpToxics) => Promise<void>): Promise<string[]> {
  const api = await recordedApi(running.endpoints.api);
  try {
    await work(tcpToxics(api.url));
    return [...api.changes];
  } finally {
    await api.close();
  }
}

describe('TCP faults on real links', () => {
  test.each(EVERY_TYPE.map((one) => [one.type, one] as const))(
    '%s is set, listed back equal, and taken out',
    async (_, one) => {
      await toxics.set([one]);
      expect(await listed()).toEqual([one]);
      await toxics.set([]);
      expect(await listed()).toEqual([]);
    },
  );

  test('all at once, on several links', async () => {
    const elsewhere = Object.keys(LINKS).map((link) => toxic({ type: 'latency', link, latencyMs: 7 }));
    const all = sorted([...EVERY_TYPE.filter(({ type }) => type !== 'latency'), ...elsewhere]);
    await toxics.set(all);
    expect(await listed()).toEqual(all);
  });

  test('attributes reach toxiproxy under its own names', async () => {
    await toxics.set(EVERY_TYPE);
    const { enabled, toxics: found } = await ownWords('backend-database');
    expect(enabled).toBe(false);
    const attributes = Object.fromEntries(found.map((one) => [one['type'], one['attributes']]));
    expect(attributes).toEqual({
      latency: { latency: 200, jitter: 20 },
      bandwidth: { rate: 33 },
      slow_close: { delay: 41 },
      timeout: { timeout: 52 },
      reset_peer: { timeout: 63 },
      slicer: { average_size: 64, size_variation: 8, delay: 100 },
      limit_data: { bytes: 2048 },
    });
    expect(found.find(({ type }) => type === 'latency')).toMatchObject({ stream: 'downstream', toxicity: 0.5 });
    expect(found.find(({ type }) => type === 'bandwidth')).toMatchObject({ stream: 'upstream' });
  });

  test('a changed one has its new values', async () => {
    const [latency, ...others] = EVERY_TYPE.slice(0, 3);
    await toxics.set(EVERY_TYPE.slice(0, 3));
    const slower = { ...latency, latencyMs: 300, toxicity: 1 } as TcpToxic;
    await toxics.set([slower, ...others]);
    expect(await listed()).toEqual(sorted([slower, ...others]));
  });

  test('a link that is down refuses connections, the others do not, and up again it takes them', async () => {
    const port = ports.get('producer-backend') ?? 0;
    const other = ports.get('backend-database') ?? 0;
    expect(await connects(port)).toBe(true);
    await toxics.set([toxic({ type: 'down', link: 'producer-backend' })]);
    expect([await connects(port), await connects(other)]).toEqual([false, true]);
    await toxics.set([]);
    expect(await connects(port)).toBe(true);
  });

  test('what stays the same is not touched', async () => {
    const [kept, changed, gone] = EVERY_TYPE;
    if (!kept || changed?.type !== 'bandwidth' || !gone) throw new Error('three toxics');
    await toxics.set([kept, changed, gone]);
    const wanted = [{ ...changed, rateKBps: 44 }, kept];
    const path = '/proxies/backend-database/toxics';
    expect(await changesDuring((recorded) => recorded.set(wanted))).toEqual([
      `DELETE ${path}/${changed.name}`,
      `DELETE ${path}/${gone.name}`,
      `POST ${path}`,
    ]);
    expect(await changesDuring((recorded) => recorded.set(wanted))).toEqual([]);
    // The same check of one that begins anew each time.
    const startingOver = async (recorded: TcpToxics) => {
      await recorded.set([]);
      await recorded.set(wanted);
    };
    expect(await changesDuring(startingOver)).not.toEqual([]);
  });

  test('a toxic that somebody else put in and this lab has no words for is named', async () => {
    const client = new Toxiproxy(running.endpoints.api);
    const proxy = await client.get('backend-database');
    await proxy.addToxic({
      name: 'strange',
      type: 'noop' as 'latency',
      stream: 'downstream',
      toxicity: 1,
      attributes: {} as never,
    });
    await expect(toxics.list()).rejects.toThrow(/toxic 'strange' of type 'noop' on backend-database/);
    await (await proxy.getToxic('strange')).remove();
  });
});
