import { describe, expect, test } from 'vitest';
import { compileFilter, type FilterPattern, FilterPatternError } from './filter-patterns.ts';

const passes = (pattern: FilterPattern, record: unknown) => compileFilter([pattern])(record);

describe("Lambda's table of comparison operators", () => {
  // Lambda developer guide, "Filter rule syntax": operator, example, and the rule syntax given for it.
  const documented: readonly [string, FilterPattern, unknown, unknown][] = [
    ['Null', { UserID: [null] }, { UserID: null }, { UserID: 'x' }],
    ['Empty', { LastName: [''] }, { LastName: '' }, { LastName: 'Doe' }],
    ['Equals', { Name: ['Alice'] }, { Name: 'Alice' }, { Name: 'alice' }],
    ['Equals (ignore case)', { Name: [{ 'equals-ignore-case': 'alice' }] }, { Name: 'ALICE' }, { Name: 'bob' }],
    [
      'And',
      { Location: ['New York'], Day: ['Monday'] },
      { Location: 'New York', Day: 'Monday' },
      { Location: 'New York', Day: 'Tuesday' },
    ],
    ['Or', { PaymentType: ['Credit', 'Debit'] }, { PaymentType: 'Debit' }, { PaymentType: 'Cash' }],
    [
      'Or (multiple fields)',
      { $or: [{ Location: ['New York'] }, { Day: ['Monday'] }] },
      { Location: 'Boston', Day: 'Monday' },
      { Location: 'Boston', Day: 'Tuesday' },
    ],
    ['Not', { Weather: [{ 'anything-but': ['Raining'] }] }, { Weather: 'Sunny' }, { Weather: 'Raining' }],
    ['Numeric (equals)', { Price: [{ numeric: ['=', 100] }] }, { Price: 100 }, { Price: 101 }],
    ['Numeric (range)', { Price: [{ numeric: ['>', 10, '<=', 20] }] }, { Price: 20 }, { Price: 10 }],
    ['Exists', { ProductName: [{ exists: true }] }, { ProductName: null }, { Other: 1 }],
    ['Does not exist', { ProductName: [{ exists: false }] }, { Other: 1 }, { ProductName: 'x' }],
    ['Begins with', { Region: [{ prefix: 'us-' }] }, { Region: 'us-east-1' }, { Region: 'eu-west-1' }],
    ['Ends with', { FileName: [{ suffix: '.png' }] }, { FileName: 'a.png' }, { FileName: 'a.jpg' }],
  ];
  test.each(documented)('%s', (_operator, pattern, matching, other) => {
    expect(passes(pattern, matching)).toBe(true);
    expect(passes(pattern, other)).toBe(false);
  });
});

describe('documented examples', () => {
  test('SQS: a record by fields of its body', () => {
    const filter = { body: { RecordNumber: [{ numeric: ['>', 40, '<', 60] }], RequestCode: ['BBBB'] } };
    expect(passes(filter, { body: { RecordNumber: 50, RequestCode: 'BBBB' } })).toBe(true);
    expect(passes(filter, { body: { RecordNumber: 40, RequestCode: 'BBBB' } })).toBe(false);
    expect(passes(filter, { body: 'plain text' })).toBe(false);
  });
  test('the worked example: temperature range and a weather that is not rain', () => {
    const filter = { Temperature: [{ numeric: ['>', 0, '<=', 100] }], Weather: [{ 'anything-but': ['Rain', 'Snow'] }] };
    expect(passes(filter, { Temperature: 20, Weather: 'Sun' })).toBe(true);
    expect(passes(filter, { Temperature: 20, Weather: 'Snow' })).toBe(false);
  });
  test('several patterns are alternatives', () => {
    const filter = compileFilter([{ body: { a: ['x'] } }, { body: { b: [{ prefix: 'y' }] } }]);
    expect(filter({ body: { b: 'yes' } })).toBe(true);
    expect(filter({ body: { a: 'no', b: 'no' } })).toBe(false);
  });
  test('EventBridge: of a list in the event one element must match', () => {
    const groups = { resources: { ids: ['i-1', 'i-2'] } };
    expect(passes(groups, { resources: { ids: ['i-9', 'i-2'] } })).toBe(true);
    expect(passes({ Items: { sku: ['b'] } }, { Items: [{ sku: 'a' }, { sku: 'b' }] })).toBe(true);
    expect(passes({ Items: { sku: ['b'], n: [1] } }, { Items: [{ sku: 'b' }, { n: 1 }] })).toBe(false);
  });
  test('$or beside a field, nested', () => {
    const filter = {
      body: { source: ['ward'], $or: [{ hr: [{ numeric: ['>', 120] }] }, { spo2: [{ numeric: ['<', 90] }] }] },
    };
    expect(passes(filter, { body: { source: 'ward', hr: 80, spo2: 85 } })).toBe(true);
    expect(passes(filter, { body: { source: 'ward', hr: 80, spo2: 95 } })).toBe(false);
    expect(passes(filter, { body: { source: 'bed', hr: 150 } })).toBe(false);
  });
  test('exists speaks of leaves, anything-but needs the field', () => {
    expect(passes({ person: [{ exists: true }] }, { person: { address: 'x' } })).toBe(false);
    expect(passes({ person: { address: [{ exists: true }] } }, { person: { address: 'x' } })).toBe(true);
    expect(passes({ person: { address: [{ exists: false }] } }, { other: 1 })).toBe(true);
    expect(passes({ a: [{ 'anything-but': [1] }] }, {})).toBe(false);
    expect(passes({ a: [{ 'anything-but': { prefix: 'x' } }] }, { a: 'yx' })).toBe(true);
  });
});

test('inherited names are not fields', () => {
  expect(passes({ toString: [{ exists: true }] }, {})).toBe(false);
  expect(passes({ constructor: { name: [{ exists: true }] } }, {})).toBe(false);
});

test.each([
  [{}, 'the pattern must not be empty'],
  [{ a: [] }, 'a must not be an empty list'],
  [{ a: 'x' }, 'a needs a list of alternatives or a nested pattern'],
  [{ a: [{ prefixx: 'x' }] }, 'a needs exactly one operator'],
  [{ a: [{ prefix: 1 }] }, 'a.prefix needs a string'],
  [{ a: [{ numeric: ['>'] }] }, 'a.numeric needs one comparison or two'],
  [{ a: [{ numeric: ['~', 1] }] }, 'a.numeric needs one comparison or two'],
  [{ a: [{ exists: 'yes' }] }, 'a.exists needs true or false'],
  [{ $or: [] }, '$or needs a list of patterns'],
  [{ b: { a: [[1]] } }, 'b.a holds a list in a list'],
] as [FilterPattern, string][])('refuses %j', (pattern, problem) => {
  expect(() => compileFilter([pattern])).toThrow(FilterPatternError);
  expect(() => compileFilter([pattern])).toThrow(problem);
});
