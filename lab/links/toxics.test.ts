import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../../localstack/services/ports.ts';
import { silentProgress } from '../../localstack/setup/progress.ts';
import { faultProxyControl } from '../fault-proxy/control-client.ts';
import { type Toxic, toxicListSchema } from '../toxic.ts';
import { type RunningLinks, startLinks } from './start-links.ts';
import { linkToxics, type Toxics } from './toxics.ts';

const OBTAIN_TIMEOUT_MS = 180_000;
/** Nothing listens there: no link is used here, only disturbed. */
const NOBODY = '127.0.0.1:9';

let home: string;
let running: RunningLinks;
let toxics: Toxics;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'heartline-links-'));
  const servers = { postgres: NOBODY, mqtt: NOBODY, webMqtt: NOBODY, http: NOBODY };
  running = await startLinks({ home, servers, toxiproxyPort: await freePort(), seed: 5, progress: silentProgress });
  toxics = linkToxics(running.links);
}, OBTAIN_TIMEOUT_MS);
afterAll(async () => {
  await running.stop();
  rmSync(home, { recursive: true, force: true });
});
beforeEach(() => toxics.set([]));

const consumer = { link: 'consumer-broker' } as const;
const MQTT = toxicListSchema.parse([
  { type: 'drop', ...consumer, rate: 0.1 },
  { type: 'duplicate', ...consumer, rate: 0.2, qos: [1], name: 'twice' },
  { type: 'delay', ...consumer, direction: 'upstream', rate: 0.3, delayMs: 40, jitterMs: 5 },
  { type: 'reorder', ...consumer, rate: 0.4, packets: 3, holdMs: 500 },
  { type: 'flap', ...consumer, upMs: 500, downMs: 200 },
]);
const TCP = toxicListSchema.parse([
  { type: 'latency', ...consumer, latencyMs: 20 },
  { type: 'latency', link: 'backend-database', latencyMs: 200 },
]);
const byName = (list: readonly Toxic[]) => list.toSorted((a, b) => (a.name < b.name ? -1 : 1));

describe('one list over both proxies', () => {
  test.each(MQTT.map((one) => [one.type, one] as const))(
    '%s is set, listed back equal, and taken out',
    async (_, one) => {
      await toxics.set([one]);
      expect(await toxics.list()).toEqual([one]);
      await toxics.set([]);
      expect(await toxics.list()).toEqual([]);
    },
  );

  test('MQTT and TCP faults together; each proxy has its own, and a list set again changes nothing', async () => {
    const all = byName([...MQTT, ...TCP]);
    for (let round = 0; round < 2; round += 1) {
      await toxics.set(all);
      expect(byName(await toxics.list())).toEqual(all);
    }
    expect((await faultProxyControl(running.links.faultProxy).toxics()).map(({ name }) => name).sort()).toEqual(
      MQTT.map(({ name }) => name).sort(),
    );
    await toxics.set(TCP);
    expect(byName(await toxics.list())).toEqual(byName(TCP));
  });

  test('links that are gone are an error that says so', async () => {
    const gone = linkToxics({ toxiproxy: running.links.toxiproxy, faultProxy: `http://127.0.0.1:${await freePort()}` });
    await expect(gone.list()).rejects.toMatchObject({
      code: 'lab_links_away',
      message: /The faults of the links cannot/,
    });
    await expect(gone.set(MQTT)).rejects.toMatchObject({ code: 'lab_links_away' });
  });

  test('the links say with which seed they were started', () => {
    expect(running.links.seed).toBe(5);
  });
});
