import { type Check, realCheck } from './checker-model.ts';
import type { History, SentMessage } from './history.ts';
import type { Counts, Verdict } from './verdict.ts';

/** The check on a history that it sees wrongly. */
const seeing =
  (blur: (history: History) => History): Check =>
  (history, promise, options) =>
    realCheck(blur(history), promise, options);
/** The check whose verdict is changed. */
const telling =
  (change: (verdict: Verdict) => Partial<Verdict>): Check =>
  (history, promise, options) => {
    const verdict = realCheck(history, promise, options);
    return { ...verdict, ...change(verdict) };
  };
const counting =
  (change: (counts: Counts) => Partial<Counts>): Check =>
  (history, promise, options) => {
    const verdict = realCheck(history, promise, options);
    const groups = new Map([...verdict.groups].map(([name, counts]) => [name, { ...counts, ...change(counts) }]));
    return { ...verdict, all: { ...verdict.all, ...change(verdict.all) }, groups };
  };
const all = (sent: readonly SentMessage[], change: Partial<SentMessage>) => sent.map((one) => ({ ...one, ...change }));

const OBEYS = 'a system that keeps its promise is in no violation';
const LOST = 'one acknowledged message lost is found and named';
const TWICE = 'one message delivered twice is found and named';
const GHOST = 'one delivery of what was never sent is found and named';
const SWAP = 'two messages of one key swapped is found and named';
const ELSEWHERE = 'one message delivered under the key of another is found and named';
const INTERLEAVED = 'how keys are interleaved changes nothing';
const AGAIN = 'a message sent again under its id is one message';
const SUMS = 'the counts add up';
const PLAIN = 'the counts are those of a plain count';

/** Small variations of the checker, each of which breaks the law it names. */
export const mutants: Record<string, { breaks: string; check: Check }> = {
  'takes every message for acknowledged': {
    breaks: OBEYS,
    check: seeing((history) => ({ ...history, sent: all(history.sent, { acknowledged: true }) })),
  },
  'takes no message for acknowledged': {
    breaks: LOST,
    check: seeing((history) => ({ ...history, sent: all(history.sent, { acknowledged: false }) })),
  },
  'asks at-most-once for each acknowledged message': {
    breaks: OBEYS,
    check: (history, promise, options) =>
      realCheck(history, promise.kind === 'at-most-once' ? { ...promise, kind: 'exactly-once' } : promise, options),
  },
  'lets exactly-once lose': {
    breaks: LOST,
    check: (history, promise, options) =>
      realCheck(history, promise.kind === 'exactly-once' ? { ...promise, kind: 'at-most-once' } : promise, options),
  },
  'lets exactly-once repeat': {
    breaks: TWICE,
    check: (history, promise, options) =>
      realCheck(history, promise.kind === 'exactly-once' ? { ...promise, kind: 'at-least-once' } : promise, options),
  },
  'forbids at-least-once to repeat': {
    breaks: OBEYS,
    check: (history, promise, options) =>
      realCheck(history, promise.kind === 'at-least-once' ? { ...promise, kind: 'exactly-once' } : promise, options),
  },
  'sees each message delivered once only': {
    breaks: TWICE,
    check: seeing(({ sent, delivered }) => ({
      sent,
      delivered: delivered.filter(({ id }, place) => delivered.findIndex((other) => other.id === id) === place),
    })),
  },
  'does not see what was never sent': {
    breaks: GHOST,
    check: seeing(({ sent, delivered }) => ({
      sent,
      delivered: delivered.filter(({ id }) => sent.some((one) => one.id === id)),
    })),
  },
  'forgets that order was promised': {
    breaks: SWAP,
    check: (history, promise, options) => realCheck(history, { kind: promise.kind }, options),
  },
  'asks for order where none was promised': {
    breaks: OBEYS,
    check: (history, promise, options) => realCheck(history, { ...promise, ordered: true }, options),
  },
  'asks for order across keys': {
    breaks: OBEYS,
    check: seeing(({ sent, delivered }) => ({
      sent: all(sent, { key: 'one' }),
      delivered: delivered.map(({ id, atMs }) => ({ id, atMs })),
    })),
  },
  'compares with the last delivery': {
    breaks: PLAIN,
    check: seeing(({ sent, delivered }) => ({
      sent,
      delivered: delivered.filter(({ id }, place) => delivered.findLastIndex((other) => other.id === id) === place),
    })),
  },
  'does not look at the key of a delivery': {
    breaks: ELSEWHERE,
    check: seeing(({ sent, delivered }) => ({ sent, delivered: delivered.map(({ id, atMs }) => ({ id, atMs })) })),
  },
  'trusts the clock of deliveries instead of their order, with all of a key at once': {
    breaks: PLAIN,
    check: seeing(({ sent, delivered }) => ({ sent, delivered: delivered.toSorted((a, b) => a.atMs - b.atMs) })),
  },
  'goes by the order of all deliveries': {
    breaks: INTERLEAVED,
    check: (history, promise, options) => {
      const verdict = realCheck(history, promise, options);
      const places = new Map(history.sent.map(({ id }, place) => [id, place]));
      const order = history.delivered.map(({ id }) => places.get(id) ?? 0);
      const outOfOrder = order.filter((place, at) => order.slice(0, at).some((before) => before > place)).length;
      return { ...verdict, all: { ...verdict.all, outOfOrder } };
    },
  },
  'counts each sending': {
    breaks: AGAIN,
    check: (history, promise, options) => {
      const verdict = realCheck(history, promise, options);
      return { ...verdict, all: { ...verdict.all, sent: history.sent.length } };
    },
  },
  'goes by the last sending': {
    breaks: AGAIN,
    check: seeing(({ sent, delivered }) => ({
      sent: sent.filter(({ id }, place) => sent.findLastIndex((other) => other.id === id) === place),
      delivered,
    })),
  },
  'counts lost acknowledged messages only': {
    breaks: SUMS,
    check: counting(({ lostAcknowledged }) => ({ lost: lostAcknowledged })),
  },
  'counts a duplicated message by its deliveries': {
    breaks: PLAIN,
    check: counting(({ surplus }) => ({ duplicated: surplus })),
  },
  'counts phantoms as delivered': {
    breaks: SUMS,
    check: counting(({ delivered, phantom }) => ({ delivered: delivered + phantom })),
  },
  'lists one key’s lost messages only': {
    breaks: SUMS,
    check: telling(({ lostByKey }) => ({ lostByKey: lostByKey.slice(0, 1) })),
  },
  'leaves a group out': {
    breaks: SUMS,
    check: telling(({ groups }) => ({ groups: new Map([...groups].slice(1)) })),
  },
  'names the wrong message': {
    breaks: LOST,
    check: telling(({ violations }) => ({ violations: violations.map((one) => ({ ...one, examples: ['m999'] })) })),
  },
  'finds the breach and keeps the promise': {
    breaks: GHOST,
    check: telling(() => ({ kept: true })),
  },
  'gives the mean for the median': {
    breaks: PLAIN,
    check: counting(({ latencyMs }) => ({ latencyMs: latencyMs && { ...latencyMs, p50: latencyMs.mean } })),
  },
};
