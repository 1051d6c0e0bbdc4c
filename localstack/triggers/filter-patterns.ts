/**
 * Event filtering as Lambda does it for event source mappings: patterns are alternatives; in one pattern every field
 * must match; a field's list holds alternatives: scalars, null, or one operator object.
 * Source: Lambda developer guide, "Control which events Lambda sends to your function"; EventBridge, "Event patterns".
 */
export type FilterPattern = Readonly<Record<string, unknown>>;

/** A filter compiled from patterns: true when the record goes to the handler. Never throws. */
export type RecordFilter = (record: unknown) => boolean;

type Matcher = (value: unknown) => boolean;
/** Marks a field that is not there, which only `exists: false` matches. */
const ABSENT = Symbol('absent');

export class FilterPatternError extends Error {
  constructor(path: string, problem: string) {
    super(`${path === '' ? 'the pattern' : path} ${problem}`);
    this.name = 'FilterPatternError';
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

const COMPARE: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  '=': (left, right) => left === right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};

function numericMatcher(operand: unknown, path: string): Matcher {
  const problem = 'needs one comparison or two, such as [">", 0, "<=", 5]';
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) {
    throw new FilterPatternError(path, problem);
  }
  const tests: ((value: number) => boolean)[] = [];
  for (let index = 0; index < operand.length; index += 2) {
    const sign: unknown = operand[index];
    const bound: unknown = operand[index + 1];
    const compare = typeof sign === 'string' && Object.hasOwn(COMPARE, sign) ? COMPARE[sign] : undefined;
    if (compare === undefined || typeof bound !== 'number') throw new FilterPatternError(path, problem);
    tests.push((value) => compare(value, bound));
  }
  return (value) => typeof value === 'number' && tests.every((test) => test(value));
}

function textMatcher(operand: unknown, path: string, matches: (value: string, operand: string) => boolean): Matcher {
  if (typeof operand !== 'string') throw new FilterPatternError(path, 'needs a string');
  return (value) => typeof value === 'string' && matches(value, operand);
}

const sameIgnoringCase = (value: string, operand: string) => value.toLowerCase() === operand.toLowerCase();

function anythingButMatcher(operand: unknown, path: string): Matcher {
  const excluded = isObject(operand)
    ? [operatorMatcher(operand, path, ['prefix', 'suffix', 'equals-ignore-case'])]
    : (Array.isArray(operand) ? (operand as readonly unknown[]) : [operand]).map((scalar) => {
        if (!isScalar(scalar)) throw new FilterPatternError(path, 'needs a scalar, a list of scalars or one operator');
        return (value: unknown) => value === scalar;
      });
  if (excluded.length === 0) throw new FilterPatternError(path, 'must not be an empty list');
  return (value) => value !== ABSENT && !excluded.some((matches) => matches(value));
}

const OPERATORS: Readonly<Record<string, (operand: unknown, path: string) => Matcher>> = {
  prefix: (operand, path) => textMatcher(operand, path, (value, text) => value.startsWith(text)),
  suffix: (operand, path) => textMatcher(operand, path, (value, text) => value.endsWith(text)),
  'equals-ignore-case': (operand, path) => textMatcher(operand, path, sameIgnoringCase),
  'anything-but': anythingButMatcher,
  numeric: numericMatcher,
  exists: (operand, path) => {
    if (typeof operand !== 'boolean') throw new FilterPatternError(path, 'needs true or false');
    return (value) => (value !== ABSENT) === operand;
  },
};

function operatorMatcher(rule: Record<string, unknown>, path: string, among = Object.keys(OPERATORS)): Matcher {
  const names = Object.keys(rule);
  const [name] = names;
  const build = name !== undefined && among.includes(name) ? OPERATORS[name] : undefined;
  if (name === undefined || names.length !== 1 || build === undefined) {
    throw new FilterPatternError(path, `needs exactly one operator of: ${among.join(', ')}`);
  }
  return build(rule[name], `${path}.${name}`);
}

/** A field's list: one alternative must match; of a list in the record, one element must (EventBridge's array rule). */
function leafMatcher(alternatives: readonly unknown[], path: string): Matcher {
  if (alternatives.length === 0) throw new FilterPatternError(path, 'must not be an empty list');
  const matchers = alternatives.map((alternative): Matcher => {
    if (isScalar(alternative)) return (value) => value === alternative;
    if (isObject(alternative)) return operatorMatcher(alternative, path);
    throw new FilterPatternError(path, 'holds a list in a list');
  });
  return (value) => {
    // `exists` speaks of leaves only: an object is not there as a leaf (AWS: "only works on leaf nodes").
    const leaves = Array.isArray(value) && value.length > 0 ? (value as readonly unknown[]) : [value];
    return leaves.some((leaf) => matchers.some((matches) => matches(isObject(leaf) ? ABSENT : leaf)));
  };
}

function alternativesMatcher(alternatives: unknown, path: string): Matcher {
  if (!Array.isArray(alternatives) || alternatives.length === 0 || !alternatives.every(isObject)) {
    throw new FilterPatternError(path, 'needs a list of patterns');
  }
  const matchers = alternatives.map((alternative, index) => nestedMatcher(alternative, `${path}[${index}]`));
  return (value) => matchers.some((matches) => matches(value));
}

function nestedMatcher(pattern: FilterPattern, path: string): Matcher {
  const fields = Object.entries(pattern);
  if (fields.length === 0) throw new FilterPatternError(path, 'must not be empty');
  const tests = fields.map(([name, rule]): Matcher => {
    const fieldPath = path === '' ? name : `${path}.${name}`;
    if (name === '$or') return alternativesMatcher(rule, fieldPath);
    if (!Array.isArray(rule) && !isObject(rule)) {
      throw new FilterPatternError(fieldPath, 'needs a list of alternatives or a nested pattern');
    }
    const matches = Array.isArray(rule) ? leafMatcher(rule, fieldPath) : nestedMatcher(rule, fieldPath);
    return (value) => matches(isObject(value) && Object.hasOwn(value, name) ? value[name] : ABSENT);
  });
  return (value) => {
    const candidates = Array.isArray(value) && value.length > 0 ? (value as readonly unknown[]) : [value];
    return candidates.some((candidate) => tests.every((matches) => matches(candidate)));
  };
}

/**
 * Compiles filter patterns; a record passes when one of them matches.
 * @throws FilterPatternError naming the field that is not a valid pattern.
 */
export function compileFilter(patterns: readonly FilterPattern[]): RecordFilter {
  const matchers = patterns.map((pattern) => nestedMatcher(pattern, ''));
  return (record) => matchers.some((matches) => matches(record));
}
