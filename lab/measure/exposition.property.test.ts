import fc from 'fast-check';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { ExpositionError } from './exposition-sample.ts';
import { parsePage } from './testing/parse-page.ts';

const name = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,12}$/);
const labelName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/);
/** Whatever text there is, with what the format escapes or ends by more often than by chance. */
const labelValue = fc
  .array(
    fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('\\', '"', '\n', '}', '{', ',', ' ', '=', '\\n', '#')),
  )
  .map((parts) => parts.join(''));
const value = fc.oneof(
  fc.double(),
  fc.constantFrom(Infinity, -Infinity, Number.NaN, 0, 1e300, 5e-324),
  fc.integer({ min: -1e9, max: 1e9 }),
);
const blank = fc.constantFrom(' ', '  ', '\t');
const labels = fc.uniqueArray(fc.tuple(labelName, labelValue), { selector: ([one]) => one, maxLength: 4 });
const sample = fc.record({
  name,
  labels,
  value,
  timestampMs: fc.option(fc.maxSafeInteger(), { nil: undefined }),
  blank,
  trailingComma: fc.boolean(),
});
type Sample = typeof sample extends fc.Arbitrary<infer T> ? T : never;

const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
const spelled = (number: number) => (Math.abs(number) === Infinity ? `${number > 0 ? '+' : '-'}Inf` : String(number));

function lineOf({
  name: metric,
  labels: pairs,
  value: number,
  timestampMs,
  blank: gap,
  trailingComma,
}: Sample): string {
  const inside = pairs.map(([label, text]) => `${label}="${escaped(text)}"`).join(`,${gap}`);
  const braces = pairs.length > 0 ? `{${inside}${trailingComma ? ',' : ''}}` : '';
  return `${metric}${braces}${gap}${spelled(number)}${timestampMs === undefined ? '' : `${gap}${timestampMs}`}`;
}

const noise = fc.constantFrom('', ' ', '# a comment', '#', '# TYPE', '#TYPE x gauge', '# EOF');

describe('a page of the text format', () => {
  test('is read back as it was meant', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(sample, noise)), (all) => {
        const page = all.map(([one, between]) => `${lineOf(one)}\n${between}\n`).join('');
        expect(parsePage(page).samples).toEqual(
          all.map(([one]) => ({
            name: one.name,
            labels: Object.fromEntries(one.labels),
            value: one.value === 0 ? 0 + one.value : one.value,
            timestampMs: one.timestampMs,
          })),
        );
      }),
    );
  });

  test('declares types, and helps with their escapes', () => {
    const page = '# HELP a_total What \\\\ and\\nwhere \\"quoted\\".\n# TYPE a_total counter\n#\tTYPE\tb  gauge \n';
    const { types, helps } = parsePage(page);
    expect([...types]).toEqual([
      ['a_total', 'counter'],
      ['b', 'gauge'],
    ]);
    expect(helps.get('a_total')).toBe('What \\ and\nwhere \\"quoted\\".');
  });

  test.each([
    ['no end of the last line', 'a 1'],
    ['no value', 'a\n'],
    ['a value that is none', 'a one\n'],
    ['an empty value', 'a{b="c"} \n'],
    ['a hexadecimal value', 'a 0x10\n'],
    ['three numbers', 'a 1 2 3\n'],
    ['a timestamp with a fraction', 'a 1 2.5\n'],
    ['a label without its quotes', 'a{b=c} 1\n'],
    ['a label without its end', 'a{b="c} 1\n'],
    ['labels without their end', 'a{b="c" 1\n'],
    ['an unknown escape', 'a{b="\\t"} 1\n'],
    ['a label twice', 'a{b="c",b="d"} 1\n'],
    ['no comma between labels', 'a{b="c" d="e"} 1\n'],
    ['a comma alone', 'a{,} 1\n'],
    ['a name that begins with a digit', '1a 1\n'],
    ['no name', '{a="b"} 1\n'],
    ['a type that is none', '# TYPE a counters\n'],
    ['a page of another kind', '<html><body>no metrics here</body></html>\n'],
  ])('with %s is refused', (_fault, page) => {
    expect(() => parsePage(page)).toThrow(ExpositionError);
  });

  test('names the line that is wrong', () => {
    expect(() => parsePage('a 1\n\n# x\nb one\n')).toThrow('line 4: \'one\' is no number: "b one"');
  });

  test('is not looked at where it is not wanted', () => {
    expect(parsePage('a 1\nb what follows is not read\n', (one) => one === 'a').samples).toHaveLength(1);
  });
});

test('what prom-client writes is read', async () => {
  const register = new Registry();
  const counter = new Counter({
    name: 'c_total',
    help: 'A "help"\nof two lines',
    labelNames: ['x'],
    registers: [register],
  });
  new Counter({ name: 'untouched_total', help: 'h', labelNames: ['x'], registers: [register] });
  const gauge = new Gauge({ name: 'g', help: 'h', registers: [register] });
  const histogram = new Histogram({
    name: 'h_ms',
    help: 'h',
    buckets: [1, 2.5],
    labelNames: ['x'],
    registers: [register],
  });
  counter.inc({ x: 'a "b" \\ {c}\n' }, 3);
  gauge.set(-1.5e-7);
  histogram.observe({ x: 'y' }, 2);
  const { types, samples } = parsePage(await register.metrics());
  expect(Object.fromEntries(types)).toEqual({
    c_total: 'counter',
    untouched_total: 'counter',
    g: 'gauge',
    h_ms: 'histogram',
  });
  const found = samples.map((one) => [one.name, one.labels, one.value]);
  expect(found).toEqual([
    ['c_total', { x: 'a "b" \\ {c}\n' }, 3],
    ['g', {}, -1.5e-7],
    ['h_ms_bucket', { le: '1', x: 'y' }, 0],
    ['h_ms_bucket', { le: '2.5', x: 'y' }, 1],
    ['h_ms_bucket', { le: '+Inf', x: 'y' }, 1],
    ['h_ms_sum', { x: 'y' }, 2],
    ['h_ms_count', { x: 'y' }, 1],
  ]);
});
