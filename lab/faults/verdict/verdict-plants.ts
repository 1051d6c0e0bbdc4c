import type { Effect, History, Intent, KeySum } from './history.ts';
import type { Breach } from './verdict.ts';
import type { Scenario } from './verdict-model.ts';

/** One breach put into a history that had none: how it is named, and the example it is named with. */
export interface Plant {
  readonly breach: Breach;
  /** Other breaches that the same deed is. */
  readonly also: readonly Breach[];
  /** Undefined: this history has no place for it. */
  readonly into: (scenario: Scenario) => { readonly history: History; readonly example: string } | undefined;
}

const pick = <T>(from: readonly T[], choice: number): T | undefined => from[choice % from.length];
const lastCommit = (effects: readonly Effect[]) => Math.max(0, ...effects.map(({ commit }) => commit));

const acked = ({ producerLog }: History) =>
  new Set(producerLog.flatMap((entry) => (entry.kind === 'outcome' && entry.outcome === 'acked' ? [entry.id] : [])));

const intents = ({ producerLog }: History): Intent[] => [
  ...new Map(producerLog.flatMap((entry) => (entry.kind === 'intent' ? [[entry.id, entry] as const] : []))).values(),
];

const sumsWithout = (sums: readonly KeySum[], { key, amount }: Effect) =>
  sums.map((sum) => (sum.key === key ? { key, count: sum.count - 1, total: sum.total - amount } : sum));

/** An effect that was acknowledged, with what is left without it. */
function withoutOne({ history, choice }: Scenario) {
  const certain = acked(history);
  const effect = pick(
    history.effectLog.filter(({ id }) => certain.has(id)),
    choice,
  );
  if (!effect) return undefined;
  const effectLog = history.effectLog.filter((other) => other !== effect);
  return { effect, history: { ...history, effectLog, sums: sumsWithout(history.sums, effect) } };
}

const appended = (history: History, effect: Omit<Effect, 'commit'>): History => ({
  ...history,
  effectLog: [...history.effectLog, { ...effect, commit: lastCommit(history.effectLog) + 1 }],
});

export const plants: Record<string, Plant> = {
  'one acknowledged message lost': {
    breach: 'lost',
    also: [],
    into(scenario) {
      const less = withoutOne(scenario);
      return less && { history: less.history, example: less.effect.id };
    },
  },
  'the tail of the effects missing': {
    breach: 'lost',
    also: ['sums'],
    into({ history }) {
      const last = history.effectLog.at(-1);
      if (!last || !acked(history).has(last.id)) return undefined;
      return { history: { ...history, effectLog: history.effectLog.slice(0, -1) }, example: last.id };
    },
  },
  'one effect twice': {
    breach: 'twice',
    also: [],
    into({ history, choice }) {
      const effect = pick(history.effectLog, choice);
      if (!effect) return undefined;
      const { owner: _, ...again } = effect;
      return { history: appended(history, again), example: effect.id };
    },
  },
  'two effects of one key swapped': {
    breach: 'inverted',
    also: [],
    into({ history, choice }) {
      const pairs = history.effectLog.flatMap((first, at) => {
        const second = history.effectLog.slice(at + 1).find(({ key }) => key === first.key);
        return second ? [{ first, second }] : [];
      });
      const pair = pick(pairs, choice);
      if (!pair) return undefined;
      const { first, second } = pair;
      const inPlaceOf = ({ commit, owner }: Effect, other: Effect): Effect => ({
        ...other,
        commit,
        ...(owner ? { owner } : {}),
      });
      const swapped = history.effectLog.map((one) =>
        one === first ? inPlaceOf(first, second) : one === second ? inPlaceOf(second, first) : one,
      );
      return { history: { ...history, effectLog: swapped }, example: first.id };
    },
  },
  'one effect of what was never sent': {
    breach: 'phantom',
    also: [],
    into({ history }) {
      const ghost = { id: 'ghost', key: 'k0', sequence: 1, amount: 1, atMs: 0 };
      return { history: appended(history, ghost), example: 'ghost' };
    },
  },
  'one dead letter that cannot be read': {
    breach: 'phantom',
    also: [],
    into: ({ history }) => ({
      history: { ...history, deadLetters: [...history.deadLetters, { id: undefined }] },
      example: '(unreadable)',
    }),
  },
  'one effect of what certainly failed': {
    breach: 'phantom',
    also: [],
    into({ history }) {
      const refused: Intent = { kind: 'intent', id: 'k9-1', key: 'k9', sequence: 1, amount: 0, poison: false, atMs: 0 };
      const producerLog = [
        ...history.producerLog,
        refused,
        { kind: 'outcome', id: 'k9-1', outcome: 'failed', atMs: 0 } as const,
      ];
      const { id, key, sequence, amount, atMs } = refused;
      const sums = [...(history.sums ?? []), { key: 'k9', count: 1, total: 0 }];
      return { history: appended({ ...history, producerLog, sums }, { id, key, sequence, amount, atMs }), example: id };
    },
  },
  'one effect with another amount': {
    breach: 'altered',
    also: [],
    into({ history, choice }) {
      const effect = pick(history.effectLog, choice);
      if (!effect) return undefined;
      const other = { ...effect, amount: effect.amount + 1 };
      const effectLog = history.effectLog.map((one) => (one === effect ? other : one));
      return { history: { ...history, effectLog }, example: effect.id };
    },
  },
  'one effect of an owner that was none any more': {
    breach: 'stale owner',
    also: [],
    into({ history, choice }) {
      const effect = pick(history.effectLog, choice);
      if (!effect?.owner) return undefined;
      const { consumer, epoch } = effect.owner;
      const later = { consumer, epoch: epoch + 1, commit: effect.commit - 0.5 };
      const takeOvers = [...history.takeOvers.filter((one) => one.consumer !== consumer), later];
      return { history: { ...history, takeOvers }, example: effect.id };
    },
  },
  'one poison message applied': {
    breach: 'poison applied',
    also: ['inverted', 'sums'],
    into({ history, choice }) {
      const poison = pick(
        intents(history).filter((one) => one.poison && acked(history).has(one.id)),
        choice,
      );
      if (!poison) return undefined;
      const { id, key, sequence, amount, atMs } = poison;
      return { history: appended(history, { id, key, sequence, amount, atMs }), example: id };
    },
  },
  'one poison message swallowed': {
    breach: 'poison lost',
    also: [],
    into({ history, choice }) {
      const poison = pick(
        intents(history).filter((one) => one.poison && acked(history).has(one.id)),
        choice,
      );
      if (!poison) return undefined;
      const deadLetters = history.deadLetters.filter(({ id }) => id !== poison.id);
      return { history: { ...history, deadLetters }, example: poison.id };
    },
  },
  'one good message given up': {
    breach: 'given up',
    also: [],
    into(scenario) {
      const less = withoutOne(scenario);
      if (!less) return undefined;
      const { id } = less.effect;
      return { history: { ...less.history, deadLetters: [...less.history.deadLetters, { id }] }, example: id };
    },
  },
  'one sum too high': {
    breach: 'sums',
    also: [],
    into({ history, choice }) {
      const sum = pick(history.sums, choice);
      if (!sum) return undefined;
      const sums = history.sums.map((one) => (one === sum ? { ...one, total: one.total + 1 } : one));
      return { history: { ...history, sums }, example: sum.key };
    },
  },
  'no drain': {
    breach: 'not drained',
    also: [],
    into: ({ history }) => ({ history: { ...history, drainedAll: false }, example: '' }),
  },
  'a line of the producer missing': {
    breach: 'evidence',
    also: ['phantom', 'sums', 'lost'],
    into({ history, choice }) {
      const log = history.producerLog;
      const isOpen = (at: number) => log[at]?.kind === 'intent';
      // Behind an attempt without an outcome nobody could tell whose outcome it is.
      const outcomes = log.filter(
        ({ kind }, at) => kind === 'outcome' && !(isOpen(at - 2) && log[at - 2]?.id === log[at]?.id),
      );
      const settled = pick(outcomes, choice);
      if (!settled) return undefined;
      const at = log.indexOf(settled);
      // The intent before it: its outcome now has no attempt.
      const producerLog = log.toSpliced(at - 1, 1);
      return { history: { ...history, producerLog }, example: '' };
    },
  },
  'a message sent before the one before it was acknowledged': {
    breach: 'evidence',
    also: [],
    into({ history }) {
      const common = { kind: 'intent', key: 'k8', amount: 0, poison: false, atMs: 0 } as const;
      const early: Intent[] = [
        { ...common, id: 'k8-1', sequence: 1 },
        { ...common, id: 'k8-2', sequence: 2 },
      ];
      const producerLog = [...history.producerLog, ...early];
      return { history: { ...history, producerLog }, example: '' };
    },
  },
};
