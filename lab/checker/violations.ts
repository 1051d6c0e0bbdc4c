import { withExamples } from './examples.ts';
import type { Fate, Fates } from './fates.ts';
import type { DeliveryPromise, PromiseKind } from './history.ts';
import type { Breach, Violation } from './verdict.ts';

interface Rule {
  readonly breach: Breach;
  readonly appliesTo: (promise: DeliveryPromise) => boolean;
  readonly broken: (fate: Fate) => boolean;
  readonly one: string;
  readonly many: string;
}

const of =
  (...kinds: readonly PromiseKind[]) =>
  ({ kind }: DeliveryPromise) =>
    kinds.includes(kind);

const RULES: readonly Rule[] = [
  {
    breach: 'lost',
    appliesTo: of('at-least-once', 'exactly-once'),
    broken: ({ acknowledged, deliveries }) => acknowledged && deliveries === 0,
    one: 'acknowledged message was never delivered',
    many: 'acknowledged messages were never delivered',
  },
  {
    breach: 'duplicated',
    appliesTo: of('at-most-once', 'exactly-once'),
    broken: ({ deliveries }) => deliveries > 1,
    one: 'message was delivered more than once',
    many: 'messages were delivered more than once',
  },
  {
    breach: 'out of order',
    appliesTo: ({ ordered }) => ordered === true,
    broken: ({ outOfOrder }) => outOfOrder,
    one: 'message was delivered after a later one of its key',
    many: 'messages were delivered after a later one of their key',
  },
  {
    breach: 'wrong key',
    appliesTo: () => true,
    broken: ({ wrongKey }) => wrongKey,
    one: 'message was delivered under a key that is not its own',
    many: 'messages were delivered under a key that is not their own',
  },
];

/** Every way in which the promise was broken, in words. */
export function violationsOf(promise: DeliveryPromise, { messages, phantoms }: Fates): Violation[] {
  const violations: Violation[] = [];
  for (const { breach, appliesTo, broken, one, many } of RULES) {
    if (!appliesTo(promise)) continue;
    const ids: string[] = [];
    for (const [id, fate] of messages) if (broken(fate)) ids.push(id);
    if (ids.length > 0) violations.push(violation(breach, ids, ids.length === 1 ? one : many));
  }
  const ids = phantoms.map(({ id }) => id);
  const words = ids.length === 1 ? 'delivery of a message that was never sent' : 'deliveries of messages never sent';
  if (ids.length > 0) violations.push(violation('phantom', ids, words));
  return violations;
}

const violation = (breach: Breach, ids: readonly string[], words: string): Violation => ({
  breach,
  ...withExamples(`${ids.length} ${words}`, ids),
});
