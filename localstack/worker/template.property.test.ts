import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createVariables } from './variables.ts';

const RUNS = 300;
const plain = fc.string({ maxLength: 12 }).filter((text) => !/[$\\{}'"]/.test(text));
const name = fc.stringMatching(/^[A-Z]{1,6}$/);

function resolve(text: string, environment: Record<string, string>): unknown {
  return createVariables({}, { folder: '/', environment, instanceId: 'id' }).whole(text, 'test');
}

test('a text without variables is itself', () => {
  fc.assert(
    fc.property(plain, (text) => {
      expect(resolve(text, {})).toBe(text);
    }),
    { numRuns: RUNS },
  );
});

test('texts with variables: what stands around them stays, each is replaced by its value or its default', () => {
  const part = fc.record({ before: plain, name, value: fc.option(plain, { nil: undefined }), preset: plain });
  fc.assert(
    fc.property(fc.array(part, { minLength: 2, maxLength: 5 }), plain, (parts, after) => {
      const environment: Record<string, string> = {};
      for (const { name: key, value } of parts) if (value !== undefined) environment[key] = value;
      const text = parts.map((one) => `${one.before}\${env:${one.name}, '${one.preset}'}`).join('') + after;
      const wanted = parts.map((one) => one.before + (environment[one.name] ?? one.preset)).join('') + after;
      expect(resolve(text, environment)).toBe(wanted);
    }),
    { numRuns: RUNS },
  );
});

test('any text is either resolved or refused with an error of ours', () => {
  const hostile = fc.array(
    fc.constantFrom('${', '}', "'", '"', ',', '(', ')', ':', 'env', 'self', 'A', ' ', '\\', '$'),
    {
      maxLength: 14,
    },
  );
  fc.assert(
    fc.property(hostile, (pieces) => {
      try {
        resolve(pieces.join(''), { A: 'a' });
      } catch (error) {
        expect(error).toMatchObject({ name: 'PermanentError' });
      }
    }),
    { numRuns: RUNS * 5 },
  );
});
