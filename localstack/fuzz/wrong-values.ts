import fc from 'fast-check';
import type { Json } from '../../shared/canonical-json.ts';

/** A value where another is expected: of each type, and what a careless check takes for one. */
const OTHERS: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e300,
  '',
  ' ',
  'x',
  '1',
  'null',
  [],
  [[]],
  {},
  { a: 1 },
];
type Path = readonly (string | number)[];

/** Where there are values in a value. */
function pathsIn(value: Json, path: Path = []): Path[] {
  if (value === null || typeof value !== 'object') return [path];
  return [path, ...Object.entries(value).flatMap(([name, member]) => pathsIn(member, [...path, name]))];
}

/** The value with what is at the path replaced; without it, if `by` gives nothing. */
export function replacedAt(value: Json, [name, ...rest]: Path, by: (old: Json) => Json | undefined): Json | undefined {
  if (name === undefined) return by(value);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).flatMap(([key, member]): [string, Json][] => {
    const next = key === String(name) ? replacedAt(member, rest, by) : member;
    return next === undefined ? [] : [[key, next]];
  });
  return Array.isArray(value) ? entries.map(([, member]) => member) : Object.fromEntries(entries);
}

export const pathIn = (value: Json) => fc.constantFrom(...pathsIn(value));

const grown = (old: Json): Json => {
  if (typeof old === 'string') return `${old}/~`;
  if (typeof old === 'number') return old * 1e9 + 0.5;
  return old !== null && typeof old === 'object' && !Array.isArray(old) ? { ...old, 'no such member': 1 } : [old];
};

/** The value with one thing changed: replaced, left out, or more than it was. Whether it is wrong then is for the schema to say. */
export const changed = (value: Json): fc.Arbitrary<Json> =>
  pathIn(value).chain((path) =>
    fc
      .oneof(
        fc.constantFrom(...OTHERS).map((other) => () => other),
        fc.constant(() => undefined),
        fc.constant(grown),
      )
      .map((by) => replacedAt(value, path, by) ?? null),
  );
