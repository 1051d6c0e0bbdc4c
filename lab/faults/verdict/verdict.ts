import { withExamples } from '../../checker/index.ts';
import { type Fate, type Fates, traceFates } from './fates.ts';
import type { History, KeySum } from './history.ts';

/**
 * - `lost`: acknowledged, can be applied, and neither applied nor in the dead letters
 * - `twice`: applied more than once
 * - `inverted`: first applied after a later message of its key
 * - `phantom`: an effect or dead letter of what was never sent, or whose every attempt certainly failed
 * - `altered`: applied with another key, sequence or amount than it was sent with
 * - `stale owner`: applied by an owner of its partition that another had followed already: nothing fenced it out
 * - `poison applied`; `poison lost`: acknowledged, and not in the dead letters
 * - `given up`: in the dead letters although it can be applied
 * - `sums`: a key's running sum is not that of the messages applied, each once
 * - `not drained`: the system had not come to rest, so what is lost and what is late cannot be told apart
 * - `evidence`: the logs contradict themselves, or show nothing: they prove nothing
 */
export type Breach =
  | 'lost'
  | 'twice'
  | 'inverted'
  | 'phantom'
  | 'altered'
  | 'stale owner'
  | 'poison applied'
  | 'poison lost'
  | 'given up'
  | 'sums'
  | 'not drained'
  | 'evidence';

export interface Violation {
  readonly breach: Breach;
  readonly count: number;
  /** The first ids (keys for `sums`, sentences for `evidence`). */
  readonly examples: readonly string[];
  /** In words, with the examples. */
  readonly text: string;
}

/** Messages are distinct ids. `sent = acked + unknown + failed`. */
export interface Counts {
  readonly sent: number;
  readonly attempts: number;
  readonly acked: number;
  readonly unknown: number;
  readonly failed: number;
  readonly poison: number;
  /** Rows of the effect log, and the messages in it that were sent. */
  readonly effects: number;
  readonly applied: number;
  /** Of the applied, those without an acknowledgement. */
  readonly unknownApplied: number;
  readonly deadLetters: number;
  readonly deadLettered: number;
}

export interface Verdict {
  readonly ok: boolean;
  readonly counts: Counts;
  readonly violations: readonly Violation[];
}

interface Rule {
  readonly breach: Breach;
  readonly broken: (fate: Fate) => boolean;
  readonly words: string;
}

const RULES: readonly Rule[] = [
  {
    breach: 'lost',
    broken: ({ message, outcome, effects, deadLetters }) =>
      !message.poison && outcome === 'acked' && effects === 0 && deadLetters === 0,
    words: 'acknowledged and lost',
  },
  { breach: 'twice', broken: ({ effects }) => effects > 1, words: 'applied more than once' },
  { breach: 'inverted', broken: ({ inverted }) => inverted, words: 'applied after a later one of the same key' },
  { breach: 'altered', broken: ({ altered }) => altered, words: 'applied with another content than was sent' },
  { breach: 'stale owner', broken: ({ stale }) => stale, words: 'applied by an owner that was none any more' },
  {
    breach: 'poison applied',
    broken: ({ message, effects }) => message.poison && effects > 0,
    words: 'applied although no handler can',
  },
  {
    breach: 'poison lost',
    broken: ({ message, outcome, deadLetters }) => message.poison && outcome === 'acked' && deadLetters === 0,
    words: 'cannot be applied and not in the dead letters',
  },
  {
    breach: 'given up',
    broken: ({ message, deadLetters }) => !message.poison && deadLetters > 0,
    words: 'in the dead letters although it can be applied',
  },
];

/**
 * Judges the promise "at least once, exactly-once effect, in order per key" on what a run left behind. Pure. What was not
 * acknowledged may be applied once or not at all. A history in which nothing was acknowledged proves nothing, and is not ok.
 */
export function verdict(history: History): Verdict {
  const fates = traceFates(history);
  const all = [...fates.messages.values()];
  const violations = [
    ...RULES.flatMap(({ breach, broken, words }) =>
      violation(
        breach,
        all.filter(broken).map(({ message }) => message.id),
        words,
      ),
    ),
    ...violation('phantom', [...fates.phantoms, ...refusedAndThere(all)], 'there although never sent'),
    ...violation('sums', history.sums ? wrongSums(history.sums, fates) : [], 'with a wrong sum', 'key'),
    ...(history.drainedAll ? [] : [undrained]),
    ...violation('evidence', [...fates.faults, ...(ackedOf(all) ? [] : ['nothing was acknowledged'])], '', 'fault'),
  ];
  return { ok: violations.length === 0, counts: counts(history, all), violations };
}

const undrained: Violation = {
  breach: 'not drained',
  count: 1,
  examples: [],
  text: 'The system had not come to rest when its logs were read.',
};

const ackedOf = (all: readonly Fate[]) => all.filter(({ outcome }) => outcome === 'acked').length;

const refusedAndThere = (all: readonly Fate[]) =>
  all
    .filter(({ outcome, effects, deadLetters }) => outcome === 'failed' && effects + deadLetters > 0)
    .map(({ message }) => message.id);

/** Keys whose running sum is not that of their messages applied, each counted once. */
function wrongSums(sums: readonly KeySum[], { messages }: Fates): string[] {
  const expected = new Map<string, { count: number; total: number }>();
  for (const { message, effects } of messages.values()) {
    const of = expected.get(message.key) ?? { count: 0, total: 0 };
    expected.set(message.key, of);
    if (effects === 0) continue;
    of.count += 1;
    of.total += message.amount;
  }
  const found = new Map(sums.map((sum) => [sum.key, sum]));
  const keys = [...new Set([...expected.keys(), ...found.keys()])];
  const repeated = sums.filter((sum) => found.get(sum.key) !== sum).map(({ key }) => key);
  return keys.filter((key) => {
    const { count = 0, total = 0 } = expected.get(key) ?? {};
    const sum = found.get(key) ?? { count: 0, total: 0 };
    return sum.count !== count || sum.total !== total || repeated.includes(key);
  });
}

function counts({ effectLog, deadLetters }: History, all: readonly Fate[]): Counts {
  const of = (holds: (fate: Fate) => boolean) => all.filter(holds).length;
  return {
    sent: all.length,
    attempts: all.reduce((sum, { attempts }) => sum + attempts, 0),
    acked: ackedOf(all),
    unknown: of(({ outcome }) => outcome === 'unknown'),
    failed: of(({ outcome }) => outcome === 'failed'),
    poison: of(({ message }) => message.poison),
    effects: effectLog.length,
    applied: of(({ effects }) => effects > 0),
    unknownApplied: of(({ outcome, effects }) => outcome === 'unknown' && effects > 0),
    deadLetters: deadLetters.length,
    deadLettered: of((fate) => fate.deadLetters > 0),
  };
}

function violation(breach: Breach, found: readonly string[], words: string, noun = 'message'): Violation[] {
  if (found.length === 0) return [];
  const what = [`${found.length} ${noun}${found.length === 1 ? '' : 's'}`, words].filter(Boolean).join(' ');
  return [{ breach, ...withExamples(what, found) }];
}
