import fc from 'fast-check';
import { type Check, groupAt, type Scenario } from './checker-model.ts';
import { plants } from './checker-plants.ts';
import type { DeliveredMessage } from './history.ts';
import { plainCounts } from './plain-counts.ts';
import type { Counts, Verdict } from './verdict.ts';

/** True where the check keeps the law on this history. */
export type Law = (scenario: Scenario, check: Check) => boolean;

/** The violations' kinds, and the counts: what must not depend on how keys are interleaved. */
const essence = ({ kept, all, groups, lostByKey, violations }: Verdict) =>
  JSON.stringify([kept, all, [...groups], lostByKey, violations.map(({ breach, count }) => [breach, count])]);

const COUNTED = ['sent', 'acknowledged', 'delivered', 'lost', 'lostAcknowledged', 'duplicated'] as const;
const COUNTED_TOO = ['surplus', 'phantom', 'outOfOrder', 'wrongKey'] as const;
const sumOver = (groups: Iterable<Counts>, field: (typeof COUNTED | typeof COUNTED_TOO)[number]) =>
  [...groups].reduce((sum, counts) => sum + counts[field], 0);

/** Each plant is found in a history that had no breach, named as what it is, and its victim is the example. */
const plantLaws = Object.entries(plants).map(([name, { breach, breaks, into }]): [string, Law] => [
  `${name} is found and named`,
  (scenario, check) => {
    const planted = into(scenario);
    fc.pre(planted !== undefined);
    if (planted === undefined) return true;
    const { kept, violations } = check(planted.history, scenario.promise, { groupAt });
    const found = violations.find((violation) => violation.breach === breach);
    if (!breaks(scenario.promise)) return found === undefined;
    return (
      !kept &&
      found !== undefined &&
      found.count === 1 &&
      found.examples.length === 1 &&
      found.examples[0] === planted.id &&
      found.text.includes(planted.id)
    );
  },
]);

/** Deliveries key by key: each key's own order stays. */
const keyByKey = (delivered: readonly DeliveredMessage[]) =>
  delivered.toSorted((a, b) => ((a.key ?? '') < (b.key ?? '') ? -1 : Number(a.key !== b.key)));

export const laws: Record<string, Law> = {
  'a system that keeps its promise is in no violation': ({ history, promise }, check) => {
    const { kept, violations } = check(history, promise);
    return kept && violations.length === 0;
  },
  ...Object.fromEntries(plantLaws),
  'how keys are interleaved changes nothing': ({ history, promise }, check) => {
    const other = { ...history, delivered: keyByKey(history.delivered) };
    return essence(check(history, promise)) === essence(check(other, promise));
  },
  'a message sent again under its id is one message': ({ history, promise }, check) => {
    const acknowledged = new Set(history.sent.filter((one) => one.acknowledged).map(({ id }) => id));
    const once = history.sent
      .filter(({ id }, place) => history.sent.findIndex((other) => other.id === id) === place)
      .map((one) => ({ ...one, acknowledged: acknowledged.has(one.id) }));
    return essence(check(history, promise)) === essence(check({ ...history, sent: once }, promise));
  },
  'the counts add up': ({ history, promise, choice }, check) => {
    const ghosts = { ...history, delivered: [...history.delivered, { id: 'ghost', atMs: choice }] };
    const { all, groups, lostByKey } = check(ghosts, promise, { groupAt });
    const listed = lostByKey.flatMap(({ lost }) => lost);
    return (
      all.sent === all.delivered + all.lost &&
      ghosts.delivered.length === all.delivered + all.surplus + all.phantom &&
      listed.length === all.lost &&
      listed.filter((one) => one.acknowledged).length === all.lostAcknowledged &&
      lostByKey.every(({ key, lost }) => lost.every((one) => one.key === key)) &&
      [...COUNTED, ...COUNTED_TOO].every((field) => sumOver(groups.values(), field) === all[field])
    );
  },
  'the counts are those of a plain count': ({ history, promise, choice }, check) => {
    const seen = { ...history, delivered: history.delivered.toReversed() };
    return [history, seen].every((one) => {
      const { all, groups } = check(one, promise, { groupAt });
      const plain = plainCounts(one);
      const group = groupAt(choice) ?? '';
      return (
        JSON.stringify(all) === JSON.stringify(plain) &&
        JSON.stringify(groups.get(group)) ===
          JSON.stringify(sentIn(one.sent, group) ? plainCounts(one, group) : undefined)
      );
    });
  },
};

const sentIn = (sent: Scenario['history']['sent'], group: string) => sent.some((one) => one.group === group);
