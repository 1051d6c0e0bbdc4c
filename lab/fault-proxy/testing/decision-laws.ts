import fc from 'fast-check';
import { createJournal } from '../journal.ts';
import { createToxicSet } from '../toxic-set.ts';
import { parseToxics } from '../toxics.ts';
import { type Check, lawOf } from './laws.ts';

/** Decides for the toxics of one list, one message after the other. */
export type Decider = (
  seed: number,
  rates: Readonly<Record<string, number>>,
) => (identity: string) => ReadonlySet<string>;

export type Law = (decider: Decider) => Check;

const CAPACITY = 10_000;
const IDENTITIES = 1_500;
/** One in millions by chance, at the smallest rates, too. */
const SIGMAS = 6;

/** As the proxy does: names of the toxics that hit. */
export const realDecider: Decider = (seed, rates) => {
  const found = new Set<string>();
  const journal = { ...createJournal(seed, 0), hit: ({ name }: { name: string }) => found.add(name) };
  const set = createToxicSet(seed, journal, CAPACITY);
  set.replace(parseToxics(Object.entries(rates).map(([name, rate]) => ({ type: 'duplicate', name, rate }))));
  return (identity) => {
    found.clear();
    set.decide({ direction: 'downstream', qos: 0, clientId: '' }, identity);
    return new Set(found);
  };
};

const seeds = fc.integer();
const rates = fc.double({ min: 0.1, max: 0.9, noNaN: true });
const prefixes = fc.string();
const identities = (prefix: string) => Array.from({ length: IDENTITIES }, (_, i) => `${prefix}${i}`);

/** Whether so many successes in IDENTITIES trials are plausible at this chance. */
function isPlausible(successes: number, chance: number): boolean {
  const expected = IDENTITIES * chance;
  return Math.abs(successes - expected) <= SIGMAS * Math.sqrt(expected * (1 - chance)) + 1;
}

function hitsOf(decider: Decider, seed: number, rate: number, messages: readonly string[]): boolean[] {
  const decide = decider(seed, { a: rate });
  return messages.map((identity) => decide(identity).has('a'));
}

/** How often both are true. */
function both(one: readonly boolean[], other: readonly boolean[]): number {
  return one.filter((hit, i) => hit && other[i]).length;
}

export const laws: Readonly<Record<string, Law>> = {
  'hits the share of messages that its rate says': (decider) =>
    lawOf(
      fc.property(seeds, rates, prefixes, (seed, rate, prefix) =>
        isPlausible(hitsOf(decider, seed, rate, identities(prefix)).filter(Boolean).length, rate),
      ),
    ),
  'at rate 0 nothing is hit, at rate 1 everything': (decider) =>
    lawOf(
      fc.property(seeds, fc.array(fc.string()), (seed, messages) => {
        const none = hitsOf(decider, seed, 0, messages);
        const all = hitsOf(decider, seed, 1, messages);
        return !none.includes(true) && !all.includes(false);
      }),
    ),
  'what is hit does not depend on the order of arrival': (decider) =>
    lawOf(
      fc.property(seeds, rates, shuffledTwice, (seed, rate, [one, other]) => {
        const found = [one, other].map((messages) =>
          decisionsByIdentity(messages, hitsOf(decider, seed, rate, messages)),
        );
        return JSON.stringify(found[0]) === JSON.stringify(found[1]);
      }),
    ),
  'two toxics decide independently of each other': (decider) =>
    lawOf(
      fc.property(seeds, rates, prefixes, (seed, rate, prefix) => {
        const decide = decider(seed, { a: rate, b: rate });
        const found = identities(prefix).map(decide);
        return isPlausible(found.filter((hits) => hits.has('a') && hits.has('b')).length, rate * rate);
      }),
    ),
  'a further toxic in the list changes nothing for the others': (decider) =>
    lawOf(
      fc.property(seeds, rates, prefixes, (seed, rate, prefix) => {
        const messages = identities(prefix);
        const decide = decider(seed, { b: rate, a: rate });
        const beside = messages.map((identity) => decide(identity).has('a'));
        return JSON.stringify(beside) === JSON.stringify(hitsOf(decider, seed, rate, messages));
      }),
    ),
  'two seeds decide independently of each other': (decider) =>
    lawOf(
      fc.property(seeds, rates, prefixes, (seed, rate, prefix) => {
        const messages = identities(prefix);
        const other = hitsOf(decider, seed + 1, rate, messages);
        return isPlausible(both(hitsOf(decider, seed, rate, messages), other), rate * rate);
      }),
    ),
  'a message that comes again is decided on anew': (decider) =>
    lawOf(
      fc.property(seeds, rates, prefixes, (seed, rate, prefix) => {
        const messages = identities(prefix);
        const hits = hitsOf(decider, seed, rate, [...messages, ...messages]);
        return isPlausible(both(hits.slice(0, IDENTITIES), hits.slice(IDENTITIES)), rate * rate);
      }),
    ),
  'what a rate hits, a higher rate hits as well': (decider) =>
    lawOf(
      fc.property(seeds, rates, prefixes, (seed, rate, prefix) => {
        const messages = identities(prefix);
        const more = hitsOf(decider, seed, (rate + 1) / 2, messages);
        return hitsOf(decider, seed, rate, messages).every((hit, i) => !hit || more[i]);
      }),
    ),
};

/** The same messages, some of them more than once, in two orders. */
const shuffledTwice = fc
  .array(fc.integer({ min: 0, max: 40 }).map(String), { minLength: 20, maxLength: 100 })
  .chain((messages) =>
    fc.tuple(
      fc.shuffledSubarray(messages, { minLength: messages.length }),
      fc.shuffledSubarray(messages, { minLength: messages.length }),
    ),
  );

/** Of each identity its decisions, in the order of its occurrences. */
function decisionsByIdentity(messages: readonly string[], hits: readonly boolean[]): [string, boolean[]][] {
  const found = Map.groupBy(messages.keys(), (at) => messages[at] ?? '');
  return [...found]
    .map(([identity, at]): [string, boolean[]] => [identity, at.map((i) => hits[i] ?? false)])
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}
