import type { DeliveredMessage, History, SentMessage } from './history.ts';

/** What became of one message. */
export interface Fate {
  /** Its first sending. */
  readonly message: SentMessage;
  /** Its place in the order of first sendings. */
  readonly place: number;
  /** In at least one of its sendings. */
  acknowledged: boolean;
  deliveries: number;
  /** Undefined as long as it is not delivered. */
  firstDeliveredAtMs: number | undefined;
  outOfOrder: boolean;
  wrongKey: boolean;
}

export interface Fates {
  /** By id, in the order of first sending. */
  readonly messages: ReadonlyMap<string, Fate>;
  /** Deliveries of what was never sent, in the order of delivery. */
  readonly phantoms: readonly DeliveredMessage[];
}

/**
 * Follows each message of a history from its sending to its deliveries: one pass over each list, memory in proportion to
 * the number of messages.
 * @throws RangeError for an instant that is not a finite number
 */
export function traceFates({ sent, delivered }: History): Fates {
  const messages = new Map<string, Fate>();
  for (const message of sent) {
    const known = messages.get(message.id);
    if (known) known.acknowledged ||= message.acknowledged;
    else messages.set(message.id, untouched(message, messages.size));
  }
  /** By key, the latest place of what was delivered so far. */
  const latest = new Map<string, number>();
  const phantoms: DeliveredMessage[] = [];
  for (const delivery of delivered) {
    finite(delivery);
    const fate = messages.get(delivery.id);
    if (fate) record(fate, delivery, latest);
    else phantoms.push(delivery);
  }
  return { messages, phantoms };
}

function untouched(message: SentMessage, place: number): Fate {
  finite(message);
  const { acknowledged } = message;
  return {
    message,
    place,
    acknowledged,
    deliveries: 0,
    firstDeliveredAtMs: undefined,
    outOfOrder: false,
    wrongKey: false,
  };
}

function record(fate: Fate, { key, atMs }: DeliveredMessage, latest: Map<string, number>): void {
  fate.deliveries += 1;
  if (key !== undefined && key !== fate.message.key) fate.wrongKey = true;
  if (fate.deliveries > 1) return;
  fate.firstDeliveredAtMs = atMs;
  const before = latest.get(fate.message.key) ?? -1;
  if (fate.place < before) fate.outOfOrder = true;
  else latest.set(fate.message.key, fate.place);
}

function finite({ id, atMs }: { readonly id: string; readonly atMs: number }): void {
  if (!Number.isFinite(atMs)) throw new RangeError(`atMs of message '${id}' is ${atMs}, not an instant`);
}
