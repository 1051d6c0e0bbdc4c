import type { History, ProducerEntry } from './history.ts';
import type { Breach, Verdict } from './verdict.ts';
import { type Check, realCheck } from './verdict-model.ts';

const seeing =
  (blur: (history: History) => History): Check =>
  (history) =>
    realCheck(blur(history));
/** The verdict with these breaches overlooked. */
const overlooking =
  (...breaches: readonly Breach[]): Check =>
  (history) => {
    const { counts, violations } = realCheck(history);
    const seen = violations.filter(({ breach }) => !breaches.includes(breach));
    return { counts, violations: seen, ok: seen.length === 0 };
  };
const telling =
  (change: (verdict: Verdict, history: History) => Partial<Verdict>): Check =>
  (history) => {
    const verdict = realCheck(history);
    return { ...verdict, ...change(verdict, history) };
  };
const outcomes = (history: History, change: (entry: ProducerEntry) => ProducerEntry): History => ({
  ...history,
  producerLog: history.producerLog.map(change),
});

const OBEYS = 'a system that keeps its promise is in no violation';
const found = (plant: string) => `${plant} is found and named`;

/** Small variations of the verdict, each of which breaks the law it names. */
export const mutants: Record<string, { breaks: string; check: Check }> = {
  'asks for what was not acknowledged': {
    breaks: OBEYS,
    check: seeing((history) =>
      outcomes(history, (entry) =>
        entry.kind === 'outcome' && entry.outcome === 'unknown' ? { ...entry, outcome: 'acked' } : entry,
      ),
    ),
  },
  'asks for what has no outcome': {
    breaks: 'what was not acknowledged may be applied or not',
    check: telling(({ ok }, { producerLog }) => ({
      ok: ok && producerLog.every(({ id }) => producerLog.some((one) => one.id === id && one.kind === 'outcome')),
    })),
  },
  'takes no outcome for a failure': {
    breaks: 'what was not acknowledged may be applied or not',
    check: seeing(({ producerLog, ...rest }) => ({
      ...rest,
      producerLog: producerLog.flatMap((entry, at): ProducerEntry[] => {
        const next = producerLog[at + 1];
        const isOpen = entry.kind === 'intent' && next?.kind !== 'outcome';
        return isOpen ? [entry, { kind: 'outcome', id: entry.id, outcome: 'failed', atMs: 0 }] : [entry];
      }),
    })),
  },
  'takes no message for acknowledged': {
    breaks: found('one acknowledged message lost'),
    check: seeing((history) =>
      outcomes(history, (entry) => (entry.kind === 'outcome' ? { ...entry, outcome: 'unknown' } : entry)),
    ),
  },
  'trusts that the last effect came': {
    breaks: found('the tail of the effects missing'),
    check: overlooking('lost'),
  },
  'sees each effect once': {
    breaks: found('one effect twice'),
    check: seeing(({ effectLog, ...rest }) => ({
      ...rest,
      effectLog: effectLog.filter(({ id }, at) => effectLog.findIndex((other) => other.id === id) === at),
    })),
  },
  'goes by the numbers of the messages for order': {
    breaks: found('two effects of one key swapped'),
    check: seeing(({ effectLog, ...rest }) => ({
      ...rest,
      effectLog: effectLog
        .toSorted((a, b) => a.sequence - b.sequence)
        .map((effect, at) => ({ ...effect, commit: at + 1 })),
    })),
  },
  'overlooks effects of what was never sent': {
    breaks: found('one effect of what was never sent'),
    check: seeing(({ effectLog, ...rest }) => ({
      ...rest,
      effectLog: effectLog.filter(({ id }) => rest.producerLog.some((one) => one.id === id)),
    })),
  },
  'overlooks dead letters that it cannot read': {
    breaks: found('one dead letter that cannot be read'),
    check: seeing((history) => ({ ...history, deadLetters: history.deadLetters.filter(({ id }) => id !== undefined) })),
  },
  'takes what failed for unknown': {
    breaks: found('one effect of what certainly failed'),
    check: seeing((history) =>
      outcomes(history, (entry) =>
        entry.kind === 'outcome' && entry.outcome === 'failed' ? { ...entry, outcome: 'unknown' } : entry,
      ),
    ),
  },
  'does not look at the content': {
    breaks: found('one effect with another amount'),
    check: overlooking('altered'),
  },
  'lets old owners go on': {
    breaks: found('one effect of an owner that was none any more'),
    check: overlooking('stale owner'),
  },
  'knows the last owner only': {
    breaks: OBEYS,
    check: seeing(({ takeOvers = [], ...rest }) => ({
      ...rest,
      takeOvers: takeOvers.map((one) => ({ ...one, commit: 0 })),
    })),
  },
  'lets poison be applied': { breaks: found('one poison message applied'), check: overlooking('poison applied') },
  'does not ask for poison': {
    breaks: found('one poison message swallowed'),
    check: overlooking('poison lost'),
  },
  'asks for each poison message once only': {
    breaks: OBEYS,
    check: telling(({ ok, counts }) => ({ ok: ok && counts.deadLetters === counts.deadLettered })),
  },
  'is content with a dead letter': { breaks: found('one good message given up'), check: overlooking('given up') },
  'does not add up': { breaks: found('one sum too high'), check: overlooking('sums') },
  'does not wait for the drain': { breaks: found('no drain'), check: overlooking('not drained') },
  'trusts the producer’s log': {
    breaks: found('a line of the producer missing'),
    check: overlooking('evidence'),
  },
  'judges order where none is defined': {
    breaks: found('a message sent before the one before it was acknowledged'),
    check: overlooking('evidence'),
  },
  'passes an empty history': { breaks: 'nothing acknowledged proves nothing', check: overlooking('evidence') },
  'asks for order across keys': {
    breaks: OBEYS,
    check: telling(({ ok }, { effectLog }) => ({
      ok: ok && effectLog.every(({ sequence }, at) => sequence >= (effectLog[at - 1]?.sequence ?? 0)),
    })),
  },
  'counts interleavings': {
    breaks: 'how keys are interleaved changes nothing',
    check: telling(({ counts }, { effectLog }) => ({
      counts: { ...counts, sent: effectLog.filter(({ key }, at) => key !== effectLog[at - 1]?.key).length },
    })),
  },
  'goes by the order of rows': {
    breaks: 'the effects may come in any order of rows',
    check: seeing(({ effectLog, ...rest }) => ({
      ...rest,
      effectLog: effectLog.map((effect, at) => ({ ...effect, commit: at + 1 })),
    })),
  },
  'needs sums': {
    breaks: 'without sums the rest is judged',
    check: seeing((history) => ({ ...history, sums: history.sums ?? [] })),
  },
  'counts attempts as messages': {
    breaks: 'the counts add up',
    check: telling(({ counts }) => ({ counts: { ...counts, sent: counts.attempts } })),
  },
};
