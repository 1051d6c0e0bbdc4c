import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDeviceTopic, parseDeviceTopic } from './device-topic.ts';

/** AWS IoT Core: "Topic size: … no larger than 256 bytes"; RabbitMQ's routing keys end at 255. */
const LONGEST_TOPIC_BYTES = 255;

const alphanumeric = [...'ABCXYZabcxyz0189'];
const level = fc
  .tuple(
    fc.constantFrom(...alphanumeric),
    fc.string({ unit: fc.constantFrom(...alphanumeric, '_', ':', '-'), maxLength: 63 }),
  )
  .map((parts) => parts.join(''));
const topic = fc.record({
  ward: level,
  bed: level,
  patientId: level,
  kind: fc.constantFrom('alert' as const, 'vitals' as const, 'status' as const),
});
/** Text that MQTT gives a meaning to, or that is near to a good level. */
const badLevel = fc.oneof(
  fc.constantFrom(
    '',
    '+',
    '#',
    '$SYS',
    'a/b',
    'a\u0000',
    'a b',
    '-a',
    '.a',
    'ä',
    'a\n',
    'x'.repeat(65),
    '%2F',
    '\ud800',
  ),
  fc.string({ unit: 'binary' }).filter((text) => !/^[A-Za-z0-9][A-Za-z0-9_:-]{0,63}$/.test(text)),
);

describe('a device topic', () => {
  test('says what it was made of, is one text for one meaning, and fits every broker', () => {
    fc.assert(
      fc.property(topic, (parts) => {
        const text = formatDeviceTopic(parts);
        expect(parseDeviceTopic(text)).toEqual(parts);
        expect(text).toBe(['hl', parts.ward, parts.bed, parts.patientId, parts.kind].join('/'));
        for (const special of ['+', '#', '\u0000']) expect(text).not.toContain(special);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(LONGEST_TOPIC_BYTES);
      }),
    );
  });

  test('is made of good levels only, and read only from such', () => {
    fc.assert(
      fc.property(topic, fc.constantFrom('ward', 'bed', 'patientId', 'kind'), badLevel, (parts, name, bad) => {
        const broken = { ...parts, [name]: bad };
        expect(() => formatDeviceTopic(broken)).toThrow(expect.objectContaining({ code: 'device_topic_invalid' }));
        expect(
          parseDeviceTopic(['hl', broken.ward, broken.bed, broken.patientId, broken.kind].join('/')),
        ).toBeUndefined();
      }),
    );
  });

  test('whatever text is read as one, is that text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.oneof(level, badLevel)).map((l) => l.join('/')),
    );
    fc.assert(
      fc.property(text, (any) => {
        const parsed = parseDeviceTopic(any);
        if (parsed) expect(formatDeviceTopic(parsed)).toBe(any);
      }),
    );
  });

  test.each(['', 'hl', 'hl/a/b/c', 'hl/a/b/c/alert/', 'hl/a/b/c/alert/more', '/hl/a/b/c/alert', 'HL/a/b/c/alert'])(
    '%j is none',
    (text) => {
      expect(parseDeviceTopic(text)).toBeUndefined();
    },
  );
});
