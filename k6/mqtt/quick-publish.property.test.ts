import fc from 'fast-check';
import { generate, type IPublishPacket } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { quickPublish } from './quick-publish.ts';

const utf8 = (text: string): ArrayBuffer => new Uint8Array(Buffer.from(text)).buffer;

const ascii = (limits: { minLength?: number; maxLength: number }) => fc.string({ unit: 'binary-ascii', ...limits });
const text = fc.oneof(ascii({ maxLength: 130 }), fc.string({ unit: 'binary', maxLength: 20 }));
// mqtt-packet writes nothing at all for user properties that are empty.
const properties = fc.option(
  fc.record(
    {
      contentType: text,
      userProperties: fc.dictionary(text, fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })), {
        minKeys: 1,
        maxKeys: 5,
      }),
      messageExpiryInterval: fc.nat(100_000),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
);
const packet: fc.Arbitrary<IPublishPacket> = fc
  .record({
    topic: fc.oneof(ascii({ minLength: 1, maxLength: 130 }), fc.string({ unit: 'binary', minLength: 1 })),
    payload: fc.oneof(
      text,
      fc.constantFrom(126, 127, 128, 16_000, 16_383, 16_384, 70_000).map((n) => 'x'.repeat(n)),
    ),
    qos: fc.constantFrom(0 as const, 1 as const),
    retain: fc.boolean(),
    dup: fc.boolean(),
    messageId: fc.integer({ min: 1, max: 65_535 }),
    properties,
  })
  .map(({ properties: given, ...rest }) => {
    const made = { cmd: 'publish' as const, ...rest };
    return given === undefined ? made : ({ ...made, properties: given } as IPublishPacket);
  });
const version = fc.constantFrom(4 as const, 5 as const);

type Publish = typeof quickPublish;

/** Whatever it writes is what mqtt-packet writes. */
function checkSame(publish: Publish, runs: { seed?: number } = {}): number {
  let written = 0;
  fc.assert(
    fc.property(packet, version, (one, protocolVersion) => {
      const bytes = publish(one, protocolVersion, utf8);
      if (bytes === undefined) return;
      written++;
      expect(Buffer.from(bytes).toString('hex')).toBe(generate(one, { protocolVersion }).toString('hex'));
    }),
    { numRuns: 1_000, ...runs },
  );
  return written;
}

describe('a PUBLISH written in one go', () => {
  test('has the bytes that mqtt-packet writes', () => {
    expect(checkSame(quickPublish)).toBeGreaterThan(100);
  });

  test.each<[string, Publish]>([
    ['takes characters for bytes', (one, v, _) => quickPublish(one, v, (all) => utf8(all.replace(/[^\0-\x7f]/g, '?')))],
    ['forgets that a message comes again', (one, v, bytes) => quickPublish({ ...one, dup: false }, v, bytes)],
    [
      'loses the high byte of the packet id',
      (one, v, bytes) => quickPublish({ ...one, messageId: (one.messageId ?? 0) & 0xff }, v, bytes),
    ],
    [
      'leaves out what it does not know',
      (one, v, bytes) => {
        const { messageExpiryInterval: _, ...known } = one.properties ?? {};
        return quickPublish({ ...one, properties: known }, v, bytes);
      },
    ],
  ])('one that %s is found', (_, mutant) => {
    // The same histories each time: a mutant has to be found each time.
    expect(() => checkSame(mutant, { seed: 7 })).toThrow('Property failed');
  });

  test('writes what the load scripts send', () => {
    const eventId = '00000000-0000-8000-8000-000000000000';
    const userProperties = { eventId, traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01` };
    const one: IPublishPacket = {
      cmd: 'publish',
      topic: 'hl/a/b/c/alert',
      payload: '{}',
      qos: 0,
      retain: false,
      dup: false,
    };
    expect(quickPublish(one, 4, utf8)).toBeDefined();
    expect(
      quickPublish({ ...one, properties: { contentType: 'application/json', userProperties } }, 5, utf8),
    ).toBeDefined();
    expect(quickPublish({ ...one, payload: 'schön' }, 5, utf8)).toBeUndefined();
  });
});
