import type { FailureCode, Input, Machine, MachineOptions, Output } from './machine-types.ts';
import { publishingIds } from './publishing-ids.ts';

interface Batch<M> {
  readonly number: number;
  readonly deadlineMs: number;
  readonly entries: Entry<M>[];
  left: number;
  wasSent: boolean;
}

interface Entry<M> {
  readonly message: M;
  /** Undefined once the batch has failed: the broker may still answer, nobody waits. */
  batch: Batch<M> | undefined;
  /** Given at the first send, and kept: the broker knows a repeated message by it. */
  id: bigint | undefined;
  /** On this connection. */
  sentMs: number | undefined;
}

/**
 * What a publisher has in flight, sends, sends again and gives up on; no I/O. After a reconnect all that is unconfirmed and
 * not given up on is sent again, under its ids, in the order of publishing, before anything new.
 */
export function createPublisherMachine<M extends { readonly length: number }>(options: MachineOptions): Machine<M> {
  const ids = publishingIds(options.tag);
  /** In the order of publishing. */
  const entries = new Set<Entry<M>>();
  const sent = new Map<bigint, Entry<M>>();
  const batches = new Map<number, Batch<M>>();
  let bytes = 0;
  let connection: { readonly messageBytesMax: number } | undefined;
  let lastConfirmedMs = Number.NEGATIVE_INFINITY;
  /** Not later than the earliest deadline. */
  let deadlineMs = Number.POSITIVE_INFINITY;
  let leaving = false;
  let closing = false;
  let drained = false;
  let outputs: Output<M>[] = [];

  const forget = (entry: Entry<M>): void => {
    if (entries.delete(entry)) bytes -= entry.message.length;
    if (entry.id !== undefined) sent.delete(entry.id);
  };

  const fail = (batch: Batch<M>, code: FailureCode): void => {
    batches.delete(batch.number);
    for (const entry of batch.entries) {
      entry.batch = undefined;
      if (entry.sentMs === undefined) forget(entry);
    }
    outputs.push({ type: 'failed', batch: batch.number, code, mayBeStored: batch.wasSent });
  };

  const leave = (): void => {
    if (connection === undefined || leaving) return;
    leaving = true;
    outputs.push({ type: 'reconnect' });
  };

  /** @param from entries in the order of publishing, none of them sent on this connection */
  const send = (from: Iterable<Entry<M>>, nowMs: number): void => {
    if (connection === undefined || leaving) return;
    const messages: { id: bigint; message: M }[] = [];
    for (const entry of from) {
      const { batch, message } = entry;
      if (batch === undefined) continue;
      entry.id ??= ids.next();
      entry.sentMs = nowMs;
      batch.wasSent = true;
      sent.set(entry.id, entry);
      messages.push({ id: entry.id, message });
    }
    if (messages.length > 0) outputs.push({ type: 'send', messages });
  };

  const refusal = (messages: readonly M[], added: number): FailureCode | undefined => {
    const { inFlightMax, inFlightBytesMax } = options;
    if (closing) return 'closed';
    if (messages.length > inFlightMax || added > inFlightBytesMax) return 'batch_too_large';
    if (messages.some(({ length }) => length > (connection?.messageBytesMax ?? Infinity))) return 'message_too_large';
    const isFull = entries.size + messages.length > inFlightMax || bytes + added > inFlightBytesMax;
    return isFull ? 'in_flight_full' : undefined;
  };

  const publish = (input: Extract<Input<M>, { type: 'publish' }>, nowMs: number): void => {
    const { batch: number, messages } = input;
    const added = messages.reduce((sum, { length }) => sum + length, 0);
    const code = refusal(messages, added);
    if (code !== undefined) {
      outputs.push({ type: 'failed', batch: number, code, mayBeStored: false });
      return;
    }
    if (messages.length === 0) {
      outputs.push({ type: 'stored', batch: number });
      return;
    }
    const batch: Batch<M> = {
      number,
      deadlineMs: input.deadlineMs,
      entries: [],
      left: messages.length,
      wasSent: false,
    };
    for (const message of messages) batch.entries.push({ message, batch, id: undefined, sentMs: undefined });
    for (const entry of batch.entries) entries.add(entry);
    bytes += added;
    batches.set(number, batch);
    deadlineMs = Math.min(deadlineMs, batch.deadlineMs);
    send(batch.entries, nowMs);
  };

  const observe = (sequence: bigint | undefined): void => {
    if (sequence === undefined || !ids.observe(sequence)) return;
    outputs.push({ type: 'nameConflict', sequence });
    // The broker would confirm these, and need not have stored them.
    for (const { id, batch } of entries) {
      if (id !== undefined && id <= sequence && batch !== undefined) fail(batch, 'name_conflict');
    }
  };

  const connect = ({ messageBytesMax, sequence }: Extract<Input<M>, { type: 'connected' }>, nowMs: number): void => {
    connection = { messageBytesMax };
    observe(sequence);
    for (const { message, batch } of entries) {
      if (batch !== undefined && message.length > messageBytesMax) fail(batch, 'message_too_large');
    }
    send(entries, nowMs);
  };

  const disconnect = (): void => {
    connection = undefined;
    leaving = false;
    for (const entry of entries) {
      entry.sentMs = undefined;
      if (entry.batch === undefined) forget(entry);
    }
    sent.clear();
  };

  const answered = (id: bigint, isStored: boolean, nowMs: number): void => {
    const entry = sent.get(id);
    if (entry === undefined) return;
    const { batch } = entry;
    forget(entry);
    if (isStored) lastConfirmedMs = nowMs;
    if (batch !== undefined && !isStored) fail(batch, 'refused');
    // Whoever refuses one refuses more; what is after it is sent again on a connection that is known to work.
    if (!isStored) leave();
    if (batch === undefined || !isStored) return;
    batch.left -= 1;
    if (batch.left > 0) return;
    batches.delete(batch.number);
    outputs.push({ type: 'stored', batch: batch.number });
  };

  /** When the oldest of what was sent has waited too long without any confirmation. */
  const stalledMs = (): number => {
    const [oldest] = entries;
    if (oldest?.sentMs === undefined || leaving) return Number.POSITIVE_INFINITY;
    return Math.max(oldest.sentMs, lastConfirmedMs) + options.stalledMs;
  };

  const tick = (nowMs: number): void => {
    if (deadlineMs <= nowMs) {
      deadlineMs = Number.POSITIVE_INFINITY;
      for (const batch of [...batches.values()]) {
        if (batch.deadlineMs <= nowMs) fail(batch, batch.wasSent ? 'confirm_timeout' : 'not_connected');
        else deadlineMs = Math.min(deadlineMs, batch.deadlineMs);
      }
    }
    if (stalledMs() <= nowMs) leave();
  };

  const cancel = (number: number): void => {
    const batch = batches.get(number);
    if (batch !== undefined) fail(batch, 'aborted');
  };

  const take = (input: Input<M>, nowMs: number): void => {
    if (input.type === 'publish') publish(input, nowMs);
    else if (input.type === 'connected') connect(input, nowMs);
    else if (input.type === 'disconnected') disconnect();
    else if (input.type === 'confirmed') answered(input.id, true, nowMs);
    else if (input.type === 'refused') answered(input.id, false, nowMs);
    else if (input.type === 'sequence') observe(input.sequence);
    else if (input.type === 'cancel') cancel(input.batch);
    else if (input.type === 'tick') tick(nowMs);
    else if (input.type === 'close') closing = true;
    else for (const batch of [...batches.values()]) fail(batch, 'closed');
  };

  return {
    step(input, nowMs) {
      outputs = [];
      take(input, nowMs);
      if (closing && !drained && batches.size === 0) {
        drained = true;
        outputs.push({ type: 'drained' });
      }
      return outputs;
    },
    nextTickMs() {
      const nextMs = Math.min(deadlineMs, stalledMs());
      return nextMs === Number.POSITIVE_INFINITY ? undefined : nextMs;
    },
    counts: () => ({ inFlight: entries.size, inFlightBytes: bytes, waiting: batches.size }),
  };
}
