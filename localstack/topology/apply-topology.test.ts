import { beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { streamStatistics } from '../triggers/stream-client/offsets.ts';
import { superStreamPartitions } from '../triggers/stream-client/super-stream.ts';
import { onTopologyBroker } from './test-topology-broker.ts';

const DEADLINE_MS = 30_000;
const MEBIBYTE = 2 ** 20;

const { host, apply, check } = onTopologyBroker();

const WARD_BINDING = 'binding alerts.raw.wards → alerts.raw-w1 (hl.icu-2.*.*.alert)';
const WAY_IN = 'binding amq.topic → alerts.raw.wards (hl.#.alert)';
const unbind = (source: string, kind: 'q' | 'e', destination: string, key: string) =>
  host().api.send(
    'DELETE',
    host().api.path('bindings', 'e', source, kind, destination, key.replaceAll('*', '%2A').replaceAll('#', '%23')),
  );

describe('on an empty broker', () => {
  test('creates all of it; a second time nothing', async () => {
    const first = await apply();
    expect(first).toMatchObject({ repaired: [], updated: [], unchanged: [] });
    expect(first.created).toEqual([
      'policy heartline.alerts.raw',
      'stream alerts.raw-w0',
      'stream alerts.raw-w1',
      'exchange alerts.raw',
      'exchange alerts.raw.others',
      'exchange alerts.raw.wards',
      'binding alerts.raw → alerts.raw-w0 (w0)',
      'binding alerts.raw → alerts.raw-w1 (w1)',
      'binding alerts.raw.others → alerts.raw-w1',
      'binding alerts.raw.wards → alerts.raw-w0 (hl.icu-1.*.*.alert)',
      'binding alerts.raw.wards → alerts.raw-w0 (hl.icu-3.*.*.alert)',
      WARD_BINDING,
      WAY_IN,
      'policy heartline.dead-letters',
      'stream dead-letters',
    ]);
    expect(first.lines.filter((line) => !line.startsWith('info'))).toEqual([]);
    const unchanged = ['stream alerts.raw-w0', 'stream alerts.raw-w1', 'stream dead-letters'];
    expect(await apply()).toEqual({ created: [], repaired: [], updated: [], unchanged, lines: [] });
    expect(await check()).toEqual([]);
  });

  test('makes the super stream that CreateSuperStream makes, its partitions in their order past nine', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `w${index}`);
    await host().createSuperStream('other', names, MEBIBYTE);
    await apply({ 'w0: [icu-1, icu-3], w1: [icu-2]': names.map((name) => `${name}: []`).join(', ') });
    const client = await host().connect();
    expect(await superStreamPartitions(client, 'alerts.raw')).toEqual(names.map((name) => `alerts.raw-${name}`));
    await client.close();
    const made = async (name: string) => {
      const paths = [
        host().api.path('exchanges', name),
        `${host().api.path('exchanges', name)}/bindings/source`,
        `${host().api.path('queues', `${name}-w3`)}?disable_stats=true`,
      ];
      const found = JSON.stringify(await Promise.all(paths.map((path) => host().api.get(path))));
      // Their names; a hash of a binding's arguments stays.
      return found.replaceAll(`"${name}`, '"NAME').replaceAll('"least-leaders"', '"balanced"');
    };
    expect(await made('alerts.raw')).toBe(await made('other'));
  });

  test('completes what a process left half done', async () => {
    await host().createSuperStream('alerts.raw', ['w0'], MEBIBYTE);
    const { created } = await apply();
    expect(created).toContain('stream alerts.raw-w1');
    expect(created).not.toContain('stream alerts.raw-w0');
    expect(await check()).toEqual([]);
  });

  test('agrees with others who do the same at once', async () => {
    await Promise.all(Array.from({ length: 6 }, () => apply()));
    expect(await check()).toEqual([]);
  });
});

describe('what got lost', () => {
  beforeEach(async () => {
    await apply();
    await host().publish('alerts.raw-w1', ['kept']);
  });

  test.each([
    ['the way in', () => unbind('amq.topic', 'e', 'alerts.raw.wards', 'hl.#.alert'), [WAY_IN]],
    ['a ward', () => unbind('alerts.raw.wards', 'q', 'alerts.raw-w1', 'hl.icu-2.*.*.alert'), [WARD_BINDING]],
    [
      'the way of the wards that are not listed',
      () => host().api.send('DELETE', host().api.path('exchanges', 'alerts.raw.others')),
      ['exchange alerts.raw.others', 'binding alerts.raw.others → alerts.raw-w1'],
    ],
    [
      'the retention',
      () => host().api.send('DELETE', host().api.path('policies', 'heartline.alerts.raw')),
      ['policy heartline.alerts.raw'],
    ],
  ])('%s: is told, put back with a warning, and no record is touched', async (_, lose, objects) => {
    await lose();
    expect(await check()).toEqual(objects.map((object) => `repaired ${object}`));
    const { created, repaired, lines } = await apply();
    expect({ created, repaired }).toEqual({ created: [], repaired: objects });
    expect(lines).toEqual(objects.map((object) => `warn topology: ${object} repaired`));
    expect(await check()).toEqual([]);
    const client = await host().connect();
    expect((await streamStatistics(client, 'alerts.raw-w1')).firstOffset).toBe(0n);
    await client.close();
  });
});

describe('retention', () => {
  test('may change in the file, and holds for records that are there', async () => {
    await apply();
    const text = 'x'.repeat(10_000);
    const many = Array.from({ length: 400 }, () => text);
    await host().publish('dead-letters', many);
    const { updated, lines } = await apply({ 'maxLength: 64 MiB, maxAge: 90 d': 'maxLength: 1 MiB, maxAge: 90 d' });
    expect(updated).toEqual(['policy heartline.dead-letters']);
    expect(lines).toEqual(['warn topology: policy heartline.dead-letters updated']);
    await host().publish('dead-letters', many);
    const client = await host().connect();
    await eventually(
      'the oldest records to be removed',
      async () => ((await streamStatistics(client, 'dead-letters')).firstOffset ?? 0n) > 0n,
      DEADLINE_MS,
    );
    await client.close();
  });
});
