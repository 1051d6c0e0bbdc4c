import { describe, expect, test } from 'vitest';
import { draw } from './decision.ts';
import { type Law, laws, realDecider } from './testing/decision-laws.ts';
import { mutants } from './testing/decision-mutants.ts';

const RUNS = 15;
const seed = Number(process.hrtime.bigint() % 2_147_483_647n);
console.info(`laws of decisions: seed ${seed}`);
/** A mutant has to be caught each time, so its messages are the same each time. */
const MUTANT_SEED = 7;

describe('laws of decisions', () => {
  test.each(Object.entries(laws))('%s', (_name, law) => {
    const { failed, report } = law(realDecider)({ seed, numRuns: RUNS });
    expect(failed, report).toBe(false);
  });
});

describe('mutants', () => {
  test.each(Object.entries(mutants))('one that %s is caught', (_name, { breaks, decider }) => {
    const law: Law | undefined = laws[breaks];
    expect(law, breaks).toBeDefined();
    expect(law?.(decider)({ seed: MUTANT_SEED, numRuns: RUNS }).failed, breaks).toBe(true);
  });
});

test('the draws of a key are the same on every machine and in every version', () => {
  const { chance, extent } = draw({ seed: 1, toxic: 'drop_downstream', identity: 'alert-1', occurrence: 1 });
  expect({ chance: chance.toFixed(9), extent: extent.toFixed(9) }).toMatchInlineSnapshot(`
    {
      "chance": "0.612161994",
      "extent": "0.745223048",
    }
  `);
});
