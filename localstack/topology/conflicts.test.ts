import { describe, expect, test } from 'vitest';
import { onTopologyBroker, type TopologyChanges } from './test-topology-broker.ts';

const MEBIBYTE = 2 ** 20;

const { host, apply, check } = onTopologyBroker();

describe('what a person has to decide', () => {
  const refusal = async (changes: TopologyChanges = {}): Promise<string> => {
    const error: unknown = await apply(changes).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'topology_conflict', retriable: false });
    return error instanceof Error ? error.message : '';
  };
  const bindToPartition = (key: string) =>
    host().api.send('POST', host().api.path('bindings', 'e', 'amq.topic', 'q', 'alerts.raw-w0'), { routing_key: key });

  test('every difference is told at once, in 80 columns, and nothing is changed', async () => {
    await host().api.send('PUT', host().api.path('queues', 'dead-letters'), { durable: true });
    await host().createSuperStream('alerts.raw', ['w0', 'w1', 'w2'], 2 * MEBIBYTE);
    await bindToPartition('hl.icu-1.#');
    await host().api.send('PUT', host().api.path('policies', 'short'), {
      pattern: 'raw',
      priority: 50,
      definition: { 'max-age': '1h' },
    });
    const text = await refusal();
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(text).toMatchInlineSnapshot(`
      "RabbitMQ has other streams than functions/topology.yml says; nothing was
      changed.

        policy short governs alerts.raw-w0 with priority 50; heartline.alerts.raw has
        10
          The file's retention does not hold for it. Give that policy a priority below
          10, or a pattern without our streams.

        stream alerts.raw-w0 segment: found 2 MiB, the file says 1 MiB
          A segment size is for good: write "2 MiB" into the file, or delete the
          stream with its records.

        stream alerts.raw-w1 segment: found 2 MiB, the file says 1 MiB
          A segment size is for good: write "2 MiB" into the file, or delete the
          stream with its records.

        binding amq.topic → alerts.raw-w0 (hl.icu-1.#) is not in the file
          Remove it: with it, a record may be stored twice, or not at all. If it is a
          ward that moved to another partition: its patients' order holds only if the
          older is consumed first.

        binding alerts.raw → alerts.raw-w2 (w2) is a partition that the file does not
        have
          Records in it would have no consumer. Write the partition into the file, or
          remove the binding once all of it is consumed.

        stream dead-letters found a queue of type classic
          Delete that queue, or call the stream something else.

        New partitions and moved wards: with the file as it was, stop what publishes,
        let the consumers finish, stop them; then, with the new file,
          node localstack/topology/run.ts --drained

        The broker of this machine runs without functions with 'npm run services'.

        On this machine, if no record matters: 'npm run reset' removes the broker's
        data."
    `);
    expect(await check()).toContain('repaired policy heartline.alerts.raw');
  });

  test('arguments that bound the retention for good', async () => {
    const args = { 'x-queue-type': 'stream', 'x-max-age': '7D', 'x-max-length-bytes': 32 * MEBIBYTE };
    const body = { durable: true, arguments: { ...args, 'x-stream-max-segment-size-bytes': MEBIBYTE } };
    await host().api.send('PUT', host().api.path('queues', 'dead-letters'), body);
    const text = await refusal();
    expect(text).toContain('maxLength: found 32 MiB, the file says 64 MiB');
    expect(text).toContain('maxAge: found 7 d, the file says 90 d');
    // Wider than the file: the policy decides, so nothing is wrong.
    const { unchanged } = await apply({ 'maxLength: 64 MiB, maxAge: 90 d': 'maxLength: 8 MiB, maxAge: 1 d' });
    expect(unchanged).toContain('stream dead-letters');
  });

  test('an exchange of the name that is another', async () => {
    await host().api.send('PUT', host().api.path('exchanges', 'alerts.raw.wards'), { type: 'topic', durable: true });
    expect(await refusal()).toContain('exchange alerts.raw.wards found topic, {}, wanted topic, internal,');
  });

  test('a partition more is added to what holds no records, refused beside records, and added once drained', async () => {
    const more = { 'w1: [icu-2]': 'w1: [icu-2], w2: [icu-7]' };
    const evenMore = { 'w1: [icu-2]': 'w1: [icu-2], w2: [icu-7], w3: []' };
    await apply();
    expect((await apply(more)).created).toContain('stream alerts.raw-w2');
    await host().publish('alerts.raw-w0', ['a record']);
    const text = await refusal(evenMore);
    expect(text).toContain('stream alerts.raw-w3 is not there, and other partitions of alerts.raw hold\n');
    expect(text).toContain('node localstack/topology/run.ts --drained');
    expect((await apply(evenMore, true)).updated).toContain('stream alerts.raw-w3');
    expect(await check(evenMore)).toEqual([]);
  });

  test('a partitioned stream that the file makes plain, as long as its partitions are there', async () => {
    const plain = { 'partitioned: by-ward, devices: alert, ': '' };
    await apply();
    const text = await refusal(plain);
    expect(text).toContain('policy heartline.alerts.raw governs alerts.raw-w0, alerts.raw-w1, which the');
    expect(text).not.toContain('--drained');
    expect(await check()).toEqual([]);
    for (const name of ['alerts.raw-w0', 'alerts.raw-w1']) {
      await host().api.send('DELETE', host().api.path('queues', name));
    }
    expect((await apply(plain)).created).toContain('stream alerts.raw');
  });

  test('a ward that moves is refused, and moved once drained', async () => {
    const moved = { 'w0: [icu-1, icu-3], w1: [icu-2]': 'w0: [icu-1], w1: [icu-2, icu-3]' };
    await apply();
    const binding = 'binding alerts.raw.wards → alerts.raw-w0 (hl.icu-3.*.*.alert)';
    expect(await refusal(moved)).toContain(binding);
    const { updated, lines } = await apply(moved, true);
    expect(updated).toEqual([binding]);
    expect(lines).toContain(`warn topology: ${binding} changed as asked`);
    expect(await check(moved)).toEqual([]);
  });

  test.each([
    ['a binding past the exchanges', () => bindToPartition('hl.#')],
    [
      'a queue on the exchange of the wards, which would keep alerts from the others',
      async () => {
        await host().api.send('PUT', host().api.path('queues', 'curious'), { durable: true });
        const path = host().api.path('bindings', 'e', 'alerts.raw.wards', 'q', 'curious');
        await host().api.send('POST', path, { routing_key: '#' });
      },
    ],
  ])('%s', async (_, bind) => {
    await apply();
    await bind();
    expect(await check()).toHaveLength(1);
    expect(await refusal()).toContain('is not in the file');
  });
});
