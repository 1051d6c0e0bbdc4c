import fc from 'fast-check';
import type { Effect, History } from './history.ts';
import type { Check, Scenario } from './verdict-model.ts';
import { plants } from './verdict-plants.ts';

/** True where the verdict keeps the law on this history. */
export type Law = (scenario: Scenario, check: Check) => boolean;

const plantLaws = Object.entries(plants).map(([name, { breach, also, into }]): [string, Law] => [
  `${name} is found and named`,
  (scenario, check) => {
    const planted = into(scenario);
    fc.pre(planted !== undefined);
    if (planted === undefined) return true;
    const { ok, violations } = check(planted.history);
    const found = violations.find((one) => one.breach === breach);
    const others = violations.filter((one) => one.breach !== breach && !also.includes(one.breach));
    if (ok || !found || others.length > 0) return false;
    return found.count >= 1 && (planted.example === '' || found.examples.includes(planted.example));
  },
]);

/** Key by key: each key's own order stays, and the numbers of the commits follow it. */
function keyByKey(effects: readonly Effect[]): Effect[] {
  const ordered = effects.toSorted((a, b) => (a.key === b.key ? a.commit - b.commit : a.key < b.key ? -1 : 1));
  return ordered.map((effect, at) => ({ ...effect, commit: at + 1 }));
}

const same = (check: Check, a: History, b: History) => JSON.stringify(check(a)) === JSON.stringify(check(b));
const breaches = (check: Check, history: History) =>
  JSON.stringify(check(history).violations.map(({ breach, count }) => [breach, count]));

export const laws: Record<string, Law> = {
  'a system that keeps its promise is in no violation': ({ history }, check) => {
    const { ok, violations } = check(history);
    return ok && violations.length === 0;
  },
  ...Object.fromEntries(plantLaws),
  'how keys are interleaved changes nothing': ({ history }, check) =>
    same(check, history, { ...history, effectLog: keyByKey(history.effectLog), takeOvers: [] }),
  'the effects may come in any order of rows': ({ history }, check) =>
    same(check, history, { ...history, effectLog: history.effectLog.toReversed() }),
  'without sums the rest is judged': ({ history }, check) => {
    const { sums: _, ...rest } = history;
    return breaches(check, rest) === '[]' && !check({ ...rest, drainedAll: false }).ok;
  },
  'nothing acknowledged proves nothing': (_, check) =>
    !check({ producerLog: [], effectLog: [], deadLetters: [], drainedAll: true }).ok,
  'what was not acknowledged may be applied or not': ({ history }, check) => {
    const message = { id: 'k7-1', key: 'k7', sequence: 1, amount: 5 };
    const producerLog = [...history.producerLog, { ...message, kind: 'intent', poison: false, atMs: 0 } as const];
    const commit = 1 + Math.max(0, ...history.effectLog.map((effect) => effect.commit));
    const effectLog = [...history.effectLog, { ...message, commit, atMs: 0 }];
    const sums = [...history.sums, { key: 'k7', count: 1, total: 5 }];
    return check({ ...history, producerLog }).ok && check({ ...history, producerLog, effectLog, sums }).ok;
  },
  'the counts add up': ({ history }, check) => {
    const { counts } = check(history);
    const ids = new Set(history.producerLog.map(({ id }) => id));
    return (
      counts.sent === ids.size &&
      counts.sent === counts.acked + counts.unknown + counts.failed &&
      counts.attempts === history.producerLog.filter(({ kind }) => kind === 'intent').length &&
      counts.effects === history.effectLog.length &&
      counts.applied === new Set(history.effectLog.map(({ id }) => id)).size &&
      counts.deadLettered === new Set(history.deadLetters.map(({ id }) => id)).size &&
      counts.unknownApplied <= counts.unknown
    );
  },
};
