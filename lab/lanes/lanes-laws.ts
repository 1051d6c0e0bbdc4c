import fc from 'fast-check';
import type { Check, Scenario } from './lanes-model.ts';
import { plants } from './lanes-plants.ts';

/** True where the check keeps the law on this history. */
export type Law = (scenario: Scenario, check: Check) => boolean;

/** Each plant is found in a history that was right, as what it is, at the event that it was put to, and nothing else. */
const plantLaws = Object.entries(plants).map(([name, { breach, into }]): [string, Law] => [
  `${name}: found and named`,
  (scenario, check) => {
    const planted = into(scenario);
    fc.pre(planted !== undefined);
    if (planted === undefined) return true;
    const found = check(planted.attempts).violations.find((one) => one.breach === breach);
    return found?.count === 1 && found.text.startsWith('1 event') && found.examples.join() === planted.at;
  },
]);

export const laws: Record<string, Law> = {
  'in a right history nothing is found': ({ attempts }, check) => check(attempts).violations.length === 0,
  'what happened to idle patients is told, once': ({ attempts, idle }, check) => {
    const told = check(attempts).idle;
    return told.length === idle && told.every(({ latencyMs, workMs }) => workMs > 0 && latencyMs >= workMs);
  },
  'each attempt is counted by how it ended': ({ attempts }, check) => {
    const { outcomes, attempts: count } = check(attempts);
    return count === attempts.length && [...outcomes.values()].reduce((sum, one) => sum + one, 0) === count;
  },
  'the order of a list changes nothing': ({ attempts }, check) => {
    const told = (list: Scenario['attempts']) => {
      const { violations, idle } = check(list);
      return [violations.length, ...idle.map((one) => JSON.stringify(one)).sort()].join();
    };
    return told(attempts.toReversed()) === told(attempts);
  },
  ...Object.fromEntries(plantLaws),
};
