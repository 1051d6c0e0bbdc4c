import type { Alarm } from './alarm.ts';
import { CAUSES } from './causes.ts';
import { type Expectation, expectationsOf } from './expectations.ts';
import type { VERDICTS } from './judge-causes.ts';
import type { Replayed } from './replay.ts';
import { compareConditions } from './words.ts';

/** Of one kind of alert, or of all: how many of either alerter. */
export interface Counts {
  readonly naive: number;
  readonly rules: number;
}

export type CauseCounts = Readonly<Record<(typeof VERDICTS)[number], number>> & {
  readonly cause: (typeof CAUSES)[number];
  readonly count: number;
  readonly longestDelayS: number | null;
};

export const PRIORITIES = ['high', 'medium', 'low', 'technical'] as const;

/** All that is found over all recordings. */
export interface Quality {
  readonly recordings: readonly { readonly dataset: string; readonly count: number; readonly bedDays: number }[];
  /** How long all beds together were watched. */
  readonly bedDays: number;
  readonly alerts: readonly (Counts & { readonly rule: string; readonly condition: string })[];
  readonly all: Counts;
  /** By how much the rules tell less than the naive alerter: 0.6 is 60 %. Null: that one told nothing. */
  readonly fewer: number | null;
  /** Share of the bed time in which at least one alert was open. */
  readonly inAlarm: Counts;
  /** Alerts of the rules by the highest priority that each had; technical ones apart. */
  readonly priorities: Readonly<Record<(typeof PRIORITIES)[number], number>>;
  readonly causes: readonly CauseCounts[];
  readonly spurious: number;
  readonly expectations: readonly Expectation[];
  readonly holds: boolean;
}

const MS_PER_S = 1_000;
const MS_PER_DAY = 86_400_000;

export function qualityOf(replayed: readonly Replayed[]): Quality {
  const naive = replayed.flatMap((one) => one.naive);
  const alarms = replayed.flatMap((one) => one.alarms);
  const bedMs = sum(replayed.map(({ stay }) => stay.toMs - stay.fromMs));
  const all = { naive: naive.length, rules: alarms.length };
  const causes = causeCounts(replayed);
  const spurious = sum(replayed.map((one) => one.spurious.length));
  const fewer = all.naive === 0 ? null : 1 - all.rules / all.naive;
  const expectations = expectationsOf({ fewer, causes, spurious, alerts: all.rules });
  return {
    recordings: [...Map.groupBy(replayed, ({ stay }) => stay.dataset)].map(([dataset, own]) => ({
      dataset,
      count: own.length,
      bedDays: sum(own.map(({ stay }) => stay.toMs - stay.fromMs)) / MS_PER_DAY,
    })),
    bedDays: bedMs / MS_PER_DAY,
    alerts: countsByCondition(naive, alarms),
    all,
    fewer,
    inAlarm: {
      naive: sum(replayed.map(({ stay, naive: own }) => openMs(own, stay))) / bedMs,
      rules: sum(replayed.map(({ stay, alarms: own }) => openMs(own, stay))) / bedMs,
    },
    priorities: prioritiesOf(alarms),
    causes,
    spurious,
    expectations,
    holds: expectations.every(({ holds }) => holds !== false),
  };
}

function countsByCondition(naive: readonly Alarm[], alarms: readonly Alarm[]): Quality['alerts'] {
  const counts = new Map<string, { rule: string; condition: string; naive: number; rules: number }>();
  const count = (alarm: Alarm, by: keyof Counts) => {
    const { rule, condition } = alarm;
    const found = counts.get(condition) ?? { rule, condition, naive: 0, rules: 0 };
    found[by] += 1;
    counts.set(condition, found);
  };
  for (const alarm of naive) count(alarm, 'naive');
  for (const alarm of alarms) count(alarm, 'rules');
  return [...counts.values()].toSorted((one, other) => compareConditions(one.condition, other.condition));
}

function prioritiesOf(alarms: readonly Alarm[]): Quality['priorities'] {
  const counts = { high: 0, medium: 0, low: 0, technical: 0 };
  for (const { category, priority } of alarms) {
    counts[category === 'technical' ? 'technical' : (priority ?? 'low')] += 1;
  }
  return counts;
}

function causeCounts(replayed: readonly Replayed[]): CauseCounts[] {
  const all = Map.groupBy(
    replayed.flatMap(({ causes }) => causes),
    ({ cause }) => cause,
  );
  return CAUSES.map((cause) => {
    const own = all.get(cause) ?? [];
    const counts = { alerted: 0, late: 0, missed: 0, twice: 0 };
    for (const { verdict } of own) counts[verdict] += 1;
    const delays = own.flatMap(({ delayMs }) => (delayMs === undefined ? [] : [delayMs]));
    const longestDelayS = delays.length === 0 ? null : Math.max(...delays) / MS_PER_S;
    return { cause, count: own.length, ...counts, longestDelayS };
  });
}

/** How long at least one of them was open. */
function openMs(alarms: readonly Alarm[], { toMs }: { readonly toMs: number }): number {
  let total = 0;
  let untilMs = Number.NEGATIVE_INFINITY;
  for (const { toldMs, endMs } of alarms.toSorted((one, other) => one.toldMs - other.toldMs)) {
    const end = Math.min(endMs, toMs);
    total += Math.max(0, end - Math.max(toldMs, untilMs));
    untilMs = Math.max(untilMs, end);
  }
  return total;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
