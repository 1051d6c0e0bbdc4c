import fc from 'fast-check';
import { checkDelivery } from './check-delivery.ts';
import type { DeliveredMessage, DeliveryPromise, History, PromiseKind, SentMessage } from './history.ts';
import type { CheckOptions, Verdict } from './verdict.ts';

export type Check = (history: History, promise: DeliveryPromise, options?: CheckOptions) => Verdict;
export const realCheck: Check = checkDelivery;

const KEYS = ['ann', 'bob', 'cyd'];
const GROUPS = ['before', 'during', 'after'];
const GROUP_MS = 1_000;

export const groupAt = (atMs: number) => GROUPS[Math.min(GROUPS.length - 1, Math.floor(atMs / GROUP_MS))];

/** What a system does with one message; the model takes of it what its promise allows. */
interface Handling {
  readonly key: string;
  readonly gapMs: number;
  readonly acknowledged: boolean;
  /** The producer sends it again later, and this time it is acknowledged or not. */
  readonly resend: { readonly acknowledged: boolean } | undefined;
  /** One of those that may be lost is. */
  readonly loses: boolean;
  readonly delayMs: number;
  /** Deliveries beyond the first, where they are allowed. */
  readonly extra: readonly number[];
}

/** A history that keeps its promise, and what the plants need to break it. */
export interface Scenario {
  readonly promise: Required<DeliveryPromise>;
  readonly history: History;
  /** Chooses whom a plant befalls. */
  readonly choice: number;
}

const handling: fc.Arbitrary<Handling> = fc.record({
  key: fc.constantFrom(...KEYS),
  gapMs: fc.nat(120),
  acknowledged: fc.boolean(),
  resend: fc.option(fc.record({ acknowledged: fc.boolean() }), { nil: undefined, freq: 4 }),
  loses: fc.boolean(),
  delayMs: fc.nat(300),
  extra: fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 2 }),
});

export const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    kind: fc.constantFrom<PromiseKind>('at-most-once', 'at-least-once', 'exactly-once'),
    ordered: fc.boolean(),
    handlings: fc.array(handling, { maxLength: 25 }),
    choice: fc.nat(1_000),
  })
  .map(({ kind, ordered, handlings, choice }) => ({
    promise: { kind, ordered },
    history: correctSystem({ kind, ordered }, handlings),
    choice,
  }));

/** A system that keeps the promise to the letter, and no more than that. */
function correctSystem({ kind, ordered }: Required<DeliveryPromise>, handlings: readonly Handling[]): History {
  const sent: SentMessage[] = [];
  const resent: SentMessage[] = [];
  const delivered: Required<DeliveredMessage>[] = [];
  const latestOfKey = new Map<string, number>();
  let nowMs = 0;
  for (const [number, { key, gapMs, acknowledged, resend, loses, delayMs, extra }] of handlings.entries()) {
    nowMs += gapMs;
    const group = groupAt(nowMs) ?? '';
    const message = { id: `m${number}`, key, group, text: `VT ${number}`, atMs: nowMs, acknowledged };
    sent.push(message);
    if (resend) resent.push({ ...message, atMs: nowMs + 1, acknowledged: resend.acknowledged, group: 'again' });
    const promised = kind !== 'at-most-once' && (acknowledged || resend?.acknowledged === true);
    if (loses && !promised) continue;
    const earliestMs = ordered ? (latestOfKey.get(key) ?? 0) : 0;
    const firstMs = Math.max(earliestMs, nowMs + delayMs);
    latestOfKey.set(key, firstMs);
    delivered.push({ id: message.id, key, atMs: firstMs });
    if (kind !== 'at-least-once') continue;
    for (const laterMs of extra) delivered.push({ id: message.id, key, atMs: firstMs + laterMs });
  }
  // Resent after all else: the order of first sendings is that of the ids.
  return { sent: [...sent, ...resent], delivered: delivered.toSorted((a, b) => a.atMs - b.atMs) };
}
