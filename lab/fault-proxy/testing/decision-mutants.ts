import { draw } from '../decision.ts';
import type { Decider, laws } from './decision-laws.ts';

interface Mutant {
  readonly breaks: keyof typeof laws;
  readonly decider: Decider;
}

type Choice = (seed: number, toxic: string, identity: string, occurrence: number, arrival: number) => number;

/** As the proxy decides, but for how a chance is drawn. */
function deciding(chanceOf: Choice, isHit = (chance: number, rate: number) => chance < rate): Decider {
  return (seed, rates) => {
    const seen = new Map<string, number>();
    let arrival = 0;
    return (identity) => {
      arrival += 1;
      const occurrence = (seen.get(identity) ?? 0) + 1;
      seen.set(identity, occurrence);
      const hits = Object.entries(rates).filter(([toxic, rate]) =>
        isHit(chanceOf(seed, toxic, identity, occurrence, arrival), rate),
      );
      return new Set(hits.map(([name]) => name));
    };
  };
}

const chance: Choice = (seed, toxic, identity, occurrence) => draw({ seed, toxic, identity, occurrence }).chance;

/** Draws one after the other from one generator, as a proxy without identities does: a further toxic takes draws away. */
const inTurn: Decider = (seed, rates) => {
  let drawn = 0;
  return () => {
    const hits = Object.entries(rates).filter(([, rate]) => {
      drawn += 1;
      return draw({ seed, toxic: '', identity: '', occurrence: drawn }).chance < rate;
    });
    return new Set(hits.map(([name]) => name));
  };
};

export const mutants: Readonly<Record<string, Mutant>> = {
  'decides by the order of arrival': {
    breaks: 'what is hit does not depend on the order of arrival',
    decider: deciding((seed, toxic, _identity, _occurrence, arrival) => chance(seed, toxic, '', arrival, arrival)),
  },
  'draws for all toxics from one generator in turn': {
    breaks: 'a further toxic in the list changes nothing for the others',
    decider: inTurn,
  },
  'leaves the name of the toxic out': {
    breaks: 'two toxics decide independently of each other',
    decider: deciding((seed, _toxic, identity, occurrence, at) => chance(seed, '', identity, occurrence, at)),
  },
  'leaves the seed out': {
    breaks: 'two seeds decide independently of each other',
    decider: deciding((_seed, toxic, identity, occurrence, at) => chance(0, toxic, identity, occurrence, at)),
  },
  'leaves the occurrence out': {
    breaks: 'a message that comes again is decided on anew',
    decider: deciding((seed, toxic, identity, _occurrence, at) => chance(seed, toxic, identity, 1, at)),
  },
  'has draws of one bit': {
    breaks: 'hits the share of messages that its rate says',
    decider: deciding((...key) => Math.round(chance(...key)) / 2),
  },
  'hits up to the rate, with draws that reach 0 and 1': {
    breaks: 'at rate 0 nothing is hit, at rate 1 everything',
    decider: deciding(
      (...key) => Math.round(chance(...key)),
      (drawn, rate) => drawn <= rate,
    ),
  },
  'hits the upper share at high rates': {
    breaks: 'what a rate hits, a higher rate hits as well',
    decider: deciding(chance, (drawn, rate) => (rate > 0.5 ? 1 - drawn <= rate : drawn < rate)),
  },
};
