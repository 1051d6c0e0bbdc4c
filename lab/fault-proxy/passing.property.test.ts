import fc from 'fast-check';
import type { Packet } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { draw } from './decision.ts';
import { bytesOf, chunked, connectOf, others, type Protocol, publishes } from './testing/packets.ts';
import { bothEnds, conveyed } from './testing/peers.ts';
import { asReceived, isPublish, packetsIn } from './testing/stream-packets.ts';
import type { ToxicInput } from './toxics.ts';

const seed = Number(process.hrtime.bigint() % 2_147_483_647n);
console.info(`laws of passing: seed ${seed}`);
const RUNS = 40;

const protocols = fc.constantFrom<Protocol>(4, 5);
const directions = fc.constantFrom('downstream' as const, 'upstream' as const);

/** Topics of a few bytes, many of them by alias; the payload tells the packets apart. */
const aliased = fc
  .array(fc.tuple(fc.constantFrom('a', 'a/b', 'a/b/c'), fc.integer({ min: 0, max: 2 }), fc.constantFrom(0, 1, 2)), {
    maxLength: 60,
  })
  .map((list) => {
    const told = new Map<number, string>();
    return list.map(([topic, alias, qos], i): Packet & { meant: string; id: string } => {
      const isKnown = alias > 0 && told.get(alias) === topic;
      if (alias > 0) told.set(alias, topic);
      return {
        cmd: 'publish',
        topic: isKnown ? '' : topic,
        payload: `${i}`,
        qos: qos as 0 | 1 | 2,
        dup: false,
        retain: false,
        messageId: i + 1,
        ...(alias > 0 ? { properties: { topicAlias: alias } } : {}),
        meant: topic,
        id: `${i}`,
      };
    });
  });

/** Says it in this direction behind a CONNECT; gives what arrived behind it. */
async function through(
  direction: 'downstream' | 'upstream',
  protocol: Protocol,
  chunks: readonly Buffer[],
  toxics: readonly ToxicInput[] = [],
): Promise<Buffer> {
  const identify = ({ payload }: { payload: Buffer }) => payload.toString();
  const ends = await bothEnds({ toxics, identify });
  try {
    const connect = connectOf(protocol, 'monitor');
    if (direction === 'upstream') {
      return (await conveyed(ends.client, ends.broker, [connect, ...chunks])).subarray(connect.length);
    }
    ends.client.write(connect);
    await new Promise<void>((resolve) => ends.broker.once('data', () => resolve()));
    return await conveyed(ends.broker, ends.client, chunks);
  } finally {
    await ends.close();
  }
}

describe('without toxics', () => {
  test('any packets in any chunks pass byte for byte', async () => {
    const cases = fc.tuple(directions, protocols).chain(([direction, protocol]) =>
      fc
        .array(
          fc.oneof(publishes(protocol), others).map((packet) => bytesOf(packet, protocol)),
          { maxLength: 12 },
        )
        .chain((list) => chunked(Buffer.concat(list)))
        .map((chunks) => ({ direction, protocol, chunks })),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ direction, protocol, chunks }) => {
        const arrived = await through(direction, protocol, chunks);
        expect(arrived.equals(Buffer.concat(chunks))).toBe(true);
      }),
      { seed, numRuns: RUNS },
    );
  }, 120_000);

  test('topic aliases pass byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(directions, aliased, async (direction, packets) => {
        const chunks = packets.map((packet) => bytesOf(packet, 5));
        expect((await through(direction, 5, chunks)).equals(Buffer.concat(chunks))).toBe(true);
      }),
      { seed, numRuns: RUNS },
    );
  }, 120_000);

  test('bytes of any kind pass, MQTT or not', async () => {
    const anyBytes = fc.uint8Array({ minLength: 1, maxLength: 400 }).chain((bytes) => chunked(Buffer.from(bytes)));
    await fc.assert(
      fc.asyncProperty(anyBytes, fc.boolean(), async (chunks, isBehindConnect) => {
        const ends = await bothEnds();
        const said = isBehindConnect ? [connectOf(5, 'monitor'), ...chunks] : chunks;
        const arrived = await conveyed(ends.client, ends.broker, said);
        await ends.close();
        expect(arrived.equals(Buffer.concat(said))).toBe(true);
      }),
      { seed, numRuns: RUNS },
    );
  }, 120_000);
});

describe('with toxics', () => {
  const rate = 0.3;
  const hits = (toxic: string, identity: string) => draw({ seed: 1, toxic, identity, occurrence: 1 }).chance < rate;

  test('all but PUBLISH pass byte for byte and in order; PUBLISH as decided, meaning the same topic', async () => {
    const cases = fc.tuple(directions, aliased, fc.array(others, { maxLength: 40 }), fc.infiniteStream(fc.boolean()));
    await fc.assert(
      fc.asyncProperty(cases, async ([direction, publishList, otherList, isPublishNext]) => {
        const common = { rate, direction };
        const arrived = await through(direction, 5, mixed(publishList, otherList, isPublishNext), [
          { type: 'drop', name: 'drop', ...common },
          { type: 'duplicate', name: 'duplicate', ...common },
          { type: 'reorder', name: 'reorder', packets: 3, ...common },
          { type: 'delay', name: 'delay', delayMs: 2, jitterMs: 2, ...common },
        ]);
        const packets = packetsIn(arrived, 5);
        const otherBytes = packets.filter((packet) => !isPublish(packet)).map((packet) => bytesOf(packet, 5));
        expect(Buffer.concat(otherBytes)).toEqual(Buffer.concat(otherList.map((packet) => bytesOf(packet, 5))));
        const received = asReceived(packets.filter(isPublish));
        const expected = publishList.flatMap(({ id, meant, ...packet }) => {
          const qos = isPublish(packet) ? packet.qos : 0;
          if (qos === 0 && hits('drop', id)) return [];
          const once = { topic: meant, payload: id, dup: false };
          return hits('duplicate', id) ? [once, { ...once, dup: qos > 0 }] : [once];
        });
        const inOrder = (list: typeof received) => list.toSorted((a, b) => Number(a.payload) - Number(b.payload));
        expect(inOrder(received)).toEqual(expected);
      }),
      { seed, numRuns: RUNS },
    );
  }, 120_000);
});

/** Both lists, each in its order, taken by turns as the choices say. */
function mixed(publishList: readonly Packet[], otherList: readonly Packet[], choices: Iterator<boolean>): Buffer[] {
  const left = [[...publishList], [...otherList]];
  const taken: Packet[] = [];
  while (taken.length < publishList.length + otherList.length) {
    const packet = left[choices.next().value ? 0 : 1]?.shift();
    if (packet !== undefined) taken.push(packet);
  }
  return taken.map((packet) => bytesOf(packet, 5));
}
