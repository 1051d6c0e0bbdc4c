import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, type Json } from '../canonical-json.ts';
import { anAlert } from '../testing/alerts.ts';
import { alertFingerprint, alertMessage } from './alert-message.ts';

/** JSON text of the same value spelled differently: members shuffled, spaces, strings escaped, numbers with exponents. */
function respelled(value: Json, random: () => number): string {
  const gap = random() < 0.3 ? ' \n\t'.slice(0, 1 + Math.floor(random() * 3)) : '';
  if (typeof value === 'string') return random() < 0.5 ? JSON.stringify(value) : escaped(value);
  if (typeof value === 'number' && random() < 0.5) return value.toExponential();
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${gap}${value.map((item) => respelled(item, random)).join(`,${gap}`)}]`;
  const members = Object.entries(value).map(([name, member]) => ({ name, member, at: random() }));
  members.sort((a, b) => a.at - b.at);
  return `{${members.map(({ name, member }) => `${gap}${escaped(name)}${gap}:${respelled(member, random)}`).join(',')}}`;
}

function escaped(text: string): string {
  const units = [...text].flatMap((c) => c.split('')).map((unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'));
  return `"${units.map((hex) => `\\u${hex}`).join('')}"`;
}

const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((s) => !s.includes('\u0000') && s.isWellFormed());
const { value: anyJson } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    text,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
}));
const randomness = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));
const draw = (stream: Iterator<number>) => () => stream.next().value ?? 0;

describe('canonical JSON', () => {
  test('does not depend on how the text was spelled', () => {
    fc.assert(
      fc.property(anyJson, randomness, (value, stream) => {
        const again: Json = JSON.parse(respelled(value, draw(stream)));
        expect(canonicalJson(again)).toBe(canonicalJson(value));
      }),
    );
  });

  test('is the value itself: parsing it gives an equal value, and its own canonical text again', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const canonical = canonicalJson(value);
        expect(canonicalJson(JSON.parse(canonical))).toBe(canonical);
        // -0 and 0 are one number in JSON (RFC 8785, 3.2.2.3)
        expect(JSON.parse(canonical)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('the example of RFC 8785, section 3.2.3, sorted by UTF-16 code units', () => {
    const example: Json = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    expect(Object.values(JSON.parse(`[${canonicalJson(example)}]`)[0])).toHaveLength(7);
    const order = [...canonicalJson(example).matchAll(/:"([^"]+?)"/g)].map((match) => match[1]);
    expect(order).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });
});

describe('an alert’s fingerprint', () => {
  const parse = (json: string) => alertMessage.parse(JSON.parse(json));

  test('does not depend on how the message was spelled', () => {
    fc.assert(
      fc.property(fc.dictionary(text, anyJson, { maxKeys: 4 }), randomness, (evidence, stream) => {
        const alert = anAlert({ evidence });
        const again = parse(respelled({ ...alert, evidence }, draw(stream)));
        expect(alertFingerprint(again)).toBe(alertFingerprint(parse(JSON.stringify(alert))));
      }),
    );
  });

  test('takes one instant for one, whatever its offset, and one UUID for one, whatever its case', () => {
    const now = Date.now();
    const alert = anAlert({ detectedAt: new Date(now).toISOString() });
    const elsewhere = new Date(now + 2 * 3_600_000).toISOString().replace('Z', '+02:00');
    const again = parse(JSON.stringify({ ...alert, eventId: alert.eventId.toUpperCase(), detectedAt: elsewhere }));
    expect(alertFingerprint(again)).toBe(alertFingerprint(parse(JSON.stringify(alert))));
  });

  test('differs where any fact differs', () => {
    const alert = anAlert();
    const others = [
      { patientId: 'patient-2' },
      { deviceId: 'monitor-2' },
      { ward: 'icu-2' },
      { kind: 'AVB' as const },
      { severity: 'low' as const },
      { detectedAt: new Date(Date.parse(alert.detectedAt) - 1).toISOString() },
      { evidence: { beats: 5, rrMs: [412, 405, 398] } },
      { evidence: {} },
    ].map((change) => alertFingerprint({ ...alert, ...change }));
    const { evidence: _, ...bare } = alert;
    const all = [alertFingerprint(alert), alertFingerprint(bare), ...others];
    expect(new Set(all).size).toBe(all.length);
  });
});
