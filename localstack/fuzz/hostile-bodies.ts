import fc from 'fast-check';
import type { Json } from '../../shared/canonical-json.ts';
import { pathIn, replacedAt } from './wrong-values.ts';

const DEEP = 5_000;
const LONG = 20_000;
/** Over the limit of most bodies, 64 KiB. */
const TOO_LONG = 70_000;
const PLACEHOLDER = '@here@';

const nested = (open: string, close: string, inner = '') => open.repeat(DEEP) + inner + close.repeat(DEEP);

/** JSON texts, or almost, in the place of a value. */
const TOKENS: readonly string[] = [
  '1e400',
  '-1e400',
  '-0',
  '1e-400',
  '9007199254740993',
  '1'.repeat(LONG),
  '0.1e1',
  '01',
  '+1',
  '.5',
  'NaN',
  'Infinity',
  'undefined',
  '"\\ud800"',
  '"\\udfff\\ud800"',
  '"\\u0000"',
  '"\u0000"',
  '"\\uffff"',
  '"\\u202e"',
  `"${'x'.repeat(LONG)}"`,
  `"${'é'.repeat(LONG)}"`,
  '{"__proto__":{"status":"dead"}}',
  '{"constructor":{"prototype":{"x":1}}}',
  '{"toString":1,"valueOf":1}',
  '{"":""}',
  '{"a":1,"a":2}',
  '{"a\\u0000":1}',
  '{"\\ud800":1}',
  '{"then":1}',
  '{"length":-1}',
  '{"$ref":"#"}',
  '{"simulate":"permanent"}',
  nested('[', ']'),
  nested('{"a":', '}', '1'),
  `[${'0,'.repeat(LONG)}0]`,
  '"\'; DROP TABLE x; --"',
  '"{{7*7}}<script>"',
  '"%00%ff"',
];

/** Whole bodies. */
const BODIES: readonly string[] = [
  '',
  ' ',
  'null',
  'true',
  'false',
  '0',
  '-0',
  '""',
  '"x"',
  '[]',
  '{}',
  '[null]',
  '[[],{}]',
  '{',
  '}',
  '[',
  '{"',
  '{"a":',
  "{'a':1}",
  'x',
  '\u0000',
  '\ufeff{}',
  '{}{}',
  '{} x',
  '\n\n\n',
  '{}\n{}\n',
  '\n{}\n\nx\n',
  '1e400',
  nested('[', ']'),
  '['.repeat(LONG),
  '"'.repeat(LONG),
  ' '.repeat(TOO_LONG),
  `"${'x'.repeat(TOO_LONG)}"`,
  `{"${'k'.repeat(TOO_LONG)}":1}`,
  '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--',
];

/** Bytes that are no UTF-8: cut, overlong, a surrogate, beyond the last character. */
const NOT_UTF8: readonly number[][] = [
  [0xff],
  [0xc3],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xfe, 0xff, 0, 0x7b],
];

const utf8 = (text: string) => Buffer.from(text);

/** A valid body with one value that is hostile. */
const poisoned = (valid: Json): fc.Arbitrary<Buffer> =>
  fc.tuple(pathIn(valid), fc.constantFrom(...TOKENS)).map(([path, token]) => {
    const text = JSON.stringify(replacedAt(valid, path, () => PLACEHOLDER));
    return utf8(text.replace(`"${PLACEHOLDER}"`, () => token));
  });

/** A valid body whose bytes are damaged at one place. */
const damaged = (valid: Json): fc.Arbitrary<Buffer> =>
  fc.tuple(fc.nat(), fc.constantFrom(...NOT_UTF8), fc.boolean()).map(([at, bytes, isCut]) => {
    const whole = utf8(JSON.stringify(valid));
    const place = at % (whole.length + 1);
    return Buffer.concat([
      whole.subarray(0, place),
      Buffer.from(bytes),
      isCut ? Buffer.alloc(0) : whole.subarray(place),
    ]);
  });

/** One member twice, the second one otherwise. */
const doubled = (valid: Json): fc.Arbitrary<Buffer> => {
  const [entry] = valid !== null && typeof valid === 'object' ? Object.entries(valid) : [];
  const text = JSON.stringify(valid);
  return fc
    .constantFrom(...TOKENS)
    .map((token) => utf8(entry ? text.replace(/^\{/, `{${JSON.stringify(entry[0])}:${token},`) : text));
};

export const hostileBodies = (valid: Json): fc.Arbitrary<Buffer> =>
  fc.oneof(fc.constantFrom(...BODIES).map(utf8), poisoned(valid), damaged(valid), doubled(valid));
