import { createTally, type Tally } from './counts.ts';
import { type Fates, traceFates } from './fates.ts';
import type { DeliveryPromise, History, PromiseKind, SentMessage } from './history.ts';
import type { CheckOptions, LostOfKey, Verdict } from './verdict.ts';
import { violationsOf } from './violations.ts';

const KINDS: readonly PromiseKind[] = ['at-most-once', 'at-least-once', 'exactly-once'];

/**
 * Judges what was delivered against what was sent. Pure; time and memory grow in proportion to the history.
 * @throws RangeError for an instant that is not a finite number, or a promise of an unknown kind
 */
export function checkDelivery(history: History, promise: DeliveryPromise, options: CheckOptions = {}): Verdict {
  const { kind, ordered = false } = promise;
  if (!KINDS.includes(kind)) throw new RangeError(`no promise '${kind}': there are ${KINDS.join(', ')}`);
  const fates = traceFates(history);
  const violations = violationsOf(promise, fates);
  return {
    promise: { kind, ordered },
    kept: violations.length === 0,
    ...countAll(fates, options),
    lostByKey: lostByKey(fates),
    violations,
  };
}

function countAll({ messages, phantoms }: Fates, { groupAt }: CheckOptions): Pick<Verdict, 'all' | 'groups'> {
  const all = createTally();
  const groups = new Map<string, Tally>();
  const tallyOf = (group: string) => {
    const tally = groups.get(group) ?? createTally();
    groups.set(group, tally);
    return tally;
  };
  for (const fate of messages.values()) {
    all.add(fate);
    tallyOf(fate.message.group).add(fate);
  }
  for (const { atMs } of phantoms) {
    all.addPhantom();
    const group = groupAt?.(atMs);
    if (group !== undefined) tallyOf(group).addPhantom();
  }
  return { all: all.counts(), groups: new Map([...groups].map(([name, tally]) => [name, tally.counts()])) };
}

function lostByKey({ messages }: Fates): LostOfKey[] {
  const byKey = new Map<string, SentMessage[]>();
  for (const { message, acknowledged, deliveries } of messages.values()) {
    if (deliveries > 0) continue;
    const lost = acknowledged === message.acknowledged ? message : { ...message, acknowledged };
    const ofKey = byKey.get(message.key);
    if (ofKey) ofKey.push(lost);
    else byKey.set(message.key, [lost]);
  }
  return [...byKey].map(([key, lost]) => ({ key, lost }));
}
