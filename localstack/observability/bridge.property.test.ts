import fc from 'fast-check';
import { expect, test } from 'vitest';
import { catalogue } from '../../shared/observability/catalogue.ts';
import { createMetricBridge } from './bridge.ts';
import { parseExposition } from './testing/exposition.ts';

const metricName = fc.oneof(fc.constantFrom(...Object.keys(catalogue)), fc.string(), fc.constant('__proto__'));
const labelName = fc.oneof(fc.constantFrom('service', 'stage', 'kind', 'queue', 'reason', '__proto__'), fc.string());
const scalar = fc.oneof(fc.double(), fc.integer(), fc.string(), fc.constant(null), fc.boolean());

/** Lines near EMF: right in most members, arbitrary in some. */
const nearEmf = fc
  .record({
    names: fc.array(metricName, { maxLength: 4 }),
    labels: fc.array(fc.tuple(labelName, fc.oneof(fc.string({ unit: 'binary' }), scalar)), { maxLength: 4 }),
    values: fc.array(fc.oneof(scalar, fc.array(scalar, { maxLength: 5 })), { minLength: 4, maxLength: 4 }),
    directive: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.jsonValue() }),
  })
  .map(({ names, labels, values, directive }) => {
    const root: [string, unknown][] = [
      ...labels,
      ...names.map((name, index): [string, unknown] => [name, values[index]]),
    ];
    const metrics = directive ?? {
      Namespace: 'Heartline',
      Dimensions: [labels.map(([name]) => name)],
      Metrics: names.map((Name) => ({ Name })),
    };
    const members = root.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
    const aws = `"_aws":${JSON.stringify({ CloudWatchMetrics: [metrics] })}`;
    return `{${[aws, ...members].join(',')}}`;
  });

const anyLine = fc.oneof(
  nearEmf,
  fc.string({ unit: 'binary' }),
  fc.json(),
  nearEmf.chain((line) => fc.nat(line.length).map((at) => line.slice(0, at))),
);

test('no line throws, and what is rendered always parses', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyLine, { maxLength: 20 }), async (lines) => {
      const bridge = createMetricBridge();
      for (const line of lines) expect(typeof bridge.ingestLine(line)).toBe('boolean');
      const samples = parseExposition(await bridge.render());
      for (const { name, value } of samples) {
        expect(Number.isFinite(value) || name.endsWith('_sum') || name.endsWith('_total')).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});
