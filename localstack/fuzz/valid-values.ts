import fc from 'fast-check';
import { z } from 'zod';
import type { Json } from '../../shared/canonical-json.ts';
import type { Checks } from './checks.ts';
import type { Schema } from './document.ts';
import type { Memory } from './memory.ts';

const words = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  const: z.json().optional(),
  enum: z.array(z.json()).optional(),
  anyOf: z.array(z.record(z.string(), z.unknown())).optional(),
  pattern: z.string().optional(),
  format: z.string().optional(),
  minLength: z.number().default(0),
  minimum: z.number().default(-1_000_000),
  maximum: z.number().default(1_000_000),
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  required: z.array(z.string()).default([]),
  additionalProperties: z.unknown().optional(),
  items: z.record(z.string(), z.unknown()).default({}),
  minItems: z.number().default(0),
  maxItems: z.number().default(Number.POSITIVE_INFINITY),
});
type Words = z.infer<typeof words>;

/** Enough for an order to be wrong in; what is sent a thousand times has to be short. */
const MORE_ITEMS_MAX = 3;
const TEXT_MAX = 40;
/** How many texts in a hundred are one that was answered or accepted before; more of one that the schema says nothing of, as a cursor. */
const REMEMBERED_PERCENT = { plain: 50, opaque: 90 };
const DAY_MS = 86_400_000;
/** Old enough to be late, young enough for what refuses times that cannot be true. */
const AGE_MAX_MS = 365 * DAY_MS;
const OFFSETS = ['Z', '+00:00', '+02:00', '-11:30'];

const text = (minLength: number) => fc.string({ unit: 'grapheme', minLength, maxLength: minLength + TEXT_MAX });
const anyJson = fc.jsonValue({ maxDepth: 2, stringUnit: 'grapheme' }).map((value) => value as Json);
const anyObject = fc.dictionary(text(1), anyJson, { maxKeys: 4 });

const FORMATS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  uuid: fc.oneof(
    fc.uuid(),
    fc.uuid().map((id) => id.toUpperCase()),
  ),
  date: fc.nat(AGE_MAX_MS).map((age) => new Date(Date.now() - DAY_MS - age).toISOString().slice(0, 10)),
  'date-time': fc
    .tuple(
      fc.integer({ min: DAY_MS, max: AGE_MAX_MS }),
      fc.constantFrom(...OFFSETS),
      fc.constantFrom('', '.5', '.123456789'),
    )
    .map(([age, offset, fraction]) => new Date(Date.now() - age).toISOString().slice(0, 19) + fraction + offset),
  uri: fc.constantFrom('http://loinc.org', 'urn:oid:2.16.840.1.113883.6.1', 'urn:x:1'),
};

function string({ pattern, format, minLength }: Words): fc.Arbitrary<string> {
  const known = FORMATS[format ?? ''];
  if (known) return known;
  return pattern === undefined ? text(minLength) : fc.stringMatching(new RegExp(pattern), { maxLength: 2 * TEXT_MAX });
}

/** Values that are valid by the schema; a text may be one that was seen under the same name before. */
export function validValues(schema: Schema, checks: Checks, memory: Memory, name = ''): fc.Arbitrary<Json> {
  const of = words.parse(schema);
  const deeper = (inner: Schema, under = name) => validValues(inner, checks, memory, under);

  function object({ properties, required, additionalProperties }: Words): fc.Arbitrary<Json> {
    const members = fc.record(
      Object.fromEntries(Object.entries(properties).map(([key, inner]) => [key, deeper(inner, key)])),
      { requiredKeys: required.filter((key) => key in properties), noNullPrototype: true },
    );
    if (additionalProperties === false) return members;
    const whole = Object.keys(properties).length === 0 ? 1 : 0;
    const more = fc.oneof({ weight: whole, arbitrary: anyObject }, { weight: 1, arbitrary: fc.constant({}) });
    return fc.tuple(more, members).map(([other, known]) => ({ ...other, ...known }));
  }

  function ofType(type: string): fc.Arbitrary<Json> {
    if (type === 'string') return withMemory(string(of));
    if (type === 'integer') return fc.integer({ min: Math.ceil(of.minimum), max: Math.floor(of.maximum) });
    if (type === 'number') return fc.double({ min: of.minimum, max: of.maximum, noNaN: true });
    if (type === 'boolean') return fc.boolean();
    if (type === 'null') return fc.constant(null);
    if (type === 'object') return object(of);
    if (type !== 'array') return anyJson;
    const maxLength = Math.min(of.maxItems, of.minItems + MORE_ITEMS_MAX);
    return fc.array(deeper(of.items), { minLength: of.minItems, maxLength });
  }

  function withMemory(fresh: fc.Arbitrary<string>): fc.Arbitrary<string> {
    const isOpaque = of.pattern === undefined && of.format === undefined;
    const percent = isOpaque ? REMEMBERED_PERCENT.opaque : REMEMBERED_PERCENT.plain;
    return fc.tuple(fc.nat(99), fc.nat(), fresh).map(([die, index, made]) => {
      const old = die < percent ? memory.recall(name, index) : undefined;
      return old !== undefined && checks.isValid(schema, old) ? old : made;
    });
  }

  function plain(): fc.Arbitrary<Json> {
    if (of.const !== undefined) return fc.constant(of.const);
    if (of.enum !== undefined) return fc.constantFrom(...of.enum);
    if (of.anyOf !== undefined) return fc.oneof(...of.anyOf.map((branch) => deeper(merged(schema, branch))));
    const types = typeof of.type === 'string' ? [of.type] : (of.type ?? ['any']);
    return fc.oneof(...types.map(ofType));
  }
  // What several words say together, or a pattern beside another, is easier checked than made; here, where little is thrown away.
  return 'allOf' in schema || 'not' in schema ? plain().filter((value) => checks.isValid(schema, value)) : plain();
}

/** The schema with one of its alternatives taken. */
function merged({ anyOf: _, ...whole }: Schema, branch: Schema): Schema {
  const { required = [] } = words.parse(whole);
  return { ...whole, ...branch, required: [...required, ...words.parse(branch).required] };
}
