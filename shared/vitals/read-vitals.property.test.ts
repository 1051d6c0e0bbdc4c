import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readVitals } from './read-vitals.ts';
import { isPlainMessage, isPlainReading } from './vitals-form.ts';
import { READINGS_MAX, VALIDITIES, vitalsMessageSchema } from './vitals-message.ts';

const SEED = Math.floor(Math.random() * 2 ** 31);
console.log(`forms of vitals: seed ${SEED}`);
const RUNS = { seed: SEED, numRuns: 3_000 };

const level = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_:-]{0,63}$/);
/** Around the limit, in units and in characters. */
const text = (max: number) =>
  fc.oneof(
    fc.string({ maxLength: max }),
    fc.constantFrom(max, max + 1).map((length) => 'x'.repeat(length)),
    fc.constantFrom(max / 2, max / 2 + 1, max, max + 1).map((length) => '😀'.repeat(length)),
  );
const reading = fc.record(
  {
    code: text(64),
    value: fc.oneof(fc.double(), fc.integer(), text(64), fc.constant(null), fc.constant(Infinity)),
    unit: text(32),
    time: text(40),
    validity: fc.constantFrom(...VALIDITIES),
    simulated: fc.boolean(),
    surprise: fc.jsonValue(),
  },
  { requiredKeys: ['code', 'value', 'time'] },
);
const plainReading = { code: '8867-4', value: 80, unit: '/min', time: '2026-01-31T12:00:00Z' };
const readings = fc.oneof(
  fc.array(reading, { maxLength: 4 }),
  fc.constantFrom(0, READINGS_MAX, READINGS_MAX + 1).map((length) => new Array(length).fill(plainReading)),
);
const message = fc.record({ patientId: level, ward: level, bed: level, deviceId: level, readings });
const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom('', '.', 'a.b', 'a\n', ' a', '-a', 'x'.repeat(65), '__proto__', null, 1, [], {}),
);
const member = fc.constantFrom('patientId', 'ward', 'bed', 'deviceId', 'readings', 'extra', 'toString', '__proto__');
/** As JSON.parse makes it: `__proto__` is a member like any other. */
const withMember = (of: object, name: string, value: unknown): object =>
  Object.defineProperty({ ...of }, name, { value, enumerable: true, configurable: true, writable: true });
const without = (of: object, name: string) => Object.fromEntries(Object.entries(of).filter(([key]) => key !== name));
const oddMessage = fc.oneof(
  fc.tuple(message, member, odd).map(([of, name, value]) => withMember(of, name, value)),
  fc.tuple(message, member).map(([of, name]) => without(of, name)),
);
const readingMember = fc.constantFrom('code', 'value', 'unit', 'time', 'validity', 'simulated', 'extra', '__proto__');
const oddReading = fc.oneof(
  odd,
  fc.tuple(reading, readingMember, odd).map(([of, name, value]) => withMember(of, name, value)),
  fc.tuple(reading, readingMember).map(([of, name]) => without(of, name)),
);
const withOddReading = fc
  .tuple(message, oddReading, reading)
  .map(([of, one, other]) => ({ ...of, readings: [other, one] }));
const anything = fc.oneof(message, oddMessage, withOddReading, fc.jsonValue());

const isAscii = (value: unknown) => !/[^ -~]/.test(JSON.stringify(value));

/** What it takes the schema takes; and it takes whatever the schema does, but for long texts that are not ASCII. */
function formLaw(isPlain: (value: unknown) => boolean): void {
  fc.assert(
    fc.property(anything, (value) => {
      const { success } = vitalsMessageSchema.safeParse(value);
      if (isPlain(value)) expect(success).toBe(true);
      else if (isAscii(value)) expect(success).toBe(false);
    }),
    RUNS,
  );
}

describe('the form of a message, checked by hand', () => {
  test('agrees with the schema', () => formLaw(isPlainMessage));

  const takesInfinity = (one: unknown) =>
    isPlainReading(one) || (Object(one).value === Infinity && isPlainReading({ ...Object(one), value: 1 }));
  const mutants: [string, (value: unknown) => boolean][] = [
    ['takes Infinity', (value) => isPlainMessage(value, takesInfinity)],
    ['forgets to look for other members', (value) => isPlainMessage(known(value))],
    ['takes any number of readings', (value) => isPlainMessage(shortened(value))],
    ['looks at the first reading only', (value) => isPlainMessage(value, firstOnly())],
    [
      'refuses readings with other members',
      (value) => isPlainMessage(value, (one) => isPlainReading(one) && !('surprise' in Object(one))),
    ],
  ];
  function known(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const { patientId, ward, bed, deviceId, readings: of } = Object(value);
    return { patientId, ward, bed, deviceId, readings: of };
  }
  function shortened(value: unknown): unknown {
    const of: unknown = Object(value).readings;
    return Array.isArray(of) && of.length > 0 ? { ...Object(value), readings: of.slice(0, READINGS_MAX) } : value;
  }
  function firstOnly() {
    let seen = 0;
    return (one: unknown) => {
      seen += 1;
      return seen > 1 || isPlainReading(one);
    };
  }
  test.each(mutants)('mutant: one that %s is caught', (_, isPlain) => {
    expect(() => formLaw(isPlain)).toThrow();
  });
});

const record = (bytes: Uint8Array, { partitionKey = '', routingKey = undefined as string | undefined } = {}) => ({
  kinesis: {
    data: Buffer.from(bytes).toString('base64'),
    partitionKey,
    sequenceNumber: '1',
    approximateArrivalTimestamp: 1_700_000_000.123,
  },
  routingKey,
});
const recordOf = (value: unknown, about = {}) => record(Buffer.from(JSON.stringify(value)), about);
const MESSAGE = { patientId: 'p-1', ward: 'icu-1', bed: 'b_1', deviceId: 'd:1', readings: [plainReading] };
const OWN = { partitionKey: 'p-1', routingKey: 'hl.icu-1.b_1.p-1.vitals' };
const reasonOf = (read: ReturnType<typeof readVitals>) => ('refusal' in read ? read.refusal.reason : undefined);

test('whatever is in a record, it is read as its text, its JSON and the schema say', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    anything.map((value) => Buffer.from(JSON.stringify(value))),
    fc
      .string({ unit: 'binary' })
      .map((value) => Buffer.from(JSON.stringify({ ...MESSAGE, readings: [{ ...plainReading, value }] }))),
  );
  fc.assert(
    fc.property(bytes, (data) => {
      let expected: string | undefined;
      let value: unknown;
      try {
        value = JSON.parse(Buffer.from(data).toString('utf8'));
        if (!vitalsMessageSchema.safeParse(value).success) expected = 'schema';
      } catch {
        expected = 'not_json';
      }
      const read = readVitals(record(data, { partitionKey: String(Object(value).patientId) }));
      expect(reasonOf(read)).toBe(expected);
      if ('message' in read) expect(read.message).toEqual(value);
    }),
    RUNS,
  );
});

describe('a record', () => {
  test('of its own topic and key: the message, and when the broker wrote it', () => {
    const read = { message: MESSAGE, arrivedMs: 1_700_000_000_123 };
    expect(readVitals(recordOf(MESSAGE, OWN))).toEqual(read);
    expect(readVitals(recordOf(MESSAGE, { partitionKey: 'p-1' }))).toEqual(read);
  });
  test.each([
    { partitionKey: 'p-2' },
    { ...OWN, partitionKey: 'p-2' },
    { ...OWN, routingKey: 'hl.icu-2.b_1.p-1.vitals' },
    { ...OWN, routingKey: 'hl.icu-1.b_2.p-1.vitals' },
    { ...OWN, routingKey: 'hl.icu-1.b_1.p-2.vitals' },
    { ...OWN, routingKey: 'hl.icu-1.b_1.p-1.alert' },
    { ...OWN, routingKey: '' },
  ])('of another’s topic or key is refused: %j', (about) => {
    expect(readVitals(recordOf(MESSAGE, about))).toMatchObject({
      refusal: { reason: 'topic_mismatch', code: 'topic_mismatch' },
    });
  });
  test('with a text of letters that take two units is taken as long as the schema takes it', () => {
    const long = { ...MESSAGE, readings: [{ ...plainReading, value: '😀'.repeat(64) }] };
    expect(reasonOf(readVitals(recordOf(long, OWN)))).toBeUndefined();
  });
  test('that is refused says what is wrong with it', () => {
    expect(readVitals(recordOf({ ...MESSAGE, bed: '-' }, OWN))).toEqual({
      refusal: {
        reason: 'schema',
        code: 'poison_record',
        message: expect.stringContaining('The message is not valid: bed: must be'),
      },
    });
    expect(reasonOf(readVitals(record(Buffer.from('{'), OWN)))).toBe('not_json');
  });
});

describe('a pulse', () => {
  const pulse = { pulse: '2026-01-31T12:00:00.000Z' };
  test('that nothing routed is one', () => {
    expect(readVitals(recordOf(pulse, { partitionKey: 'pulse' }))).toEqual({
      pulse: true,
      arrivedMs: 1_700_000_000_123,
    });
  });
  test.each([
    ['that a device sent', { partitionKey: 'pulse', routingKey: 'hl.icu-1.b_1.pulse.vitals' }],
    ['under another key', { partitionKey: 'p-1' }],
  ])('%s is refused', (_, about) => {
    expect(reasonOf(readVitals(recordOf(pulse, about)))).toBe('schema');
  });
});
