import { type DelayBounds, fullJitterMs } from '../jitter.ts';
import type { Batch } from './batching.ts';
import type { Discard, MachineRecord } from './machine-types.ts';

/** Records on their way to the failure destination. */
interface Sending<R> {
  readonly works: Batch<R>['works'];
  readonly discard: Discard<R>;
  failures: number;
  /** When it is sent again, of one that waits. */
  dueMs: number;
}

/** Sends that wait for their confirmation, or for their next try: for ever, since the checkpoint waits for them. */
export interface Destination<R> {
  add(works: Batch<R>['works'], discard: Discard<R>, nowMs: number): void;
  /** Those to send now, each under a new number. */
  due(nowMs: number): readonly { readonly send: number; readonly discard: Discard<R> }[];
  confirmed(send: number): Sending<R> | undefined;
  /** `forget`: it is not tried again. */
  failed(send: number, nowMs: number, forget: boolean): void;
  /** What waits for its next try, or all, is left for after a restart. */
  forget(which: 'waiting' | 'all'): void;
  isIdle(): boolean;
  nextMs(): number | undefined;
}

export function failureDestination<R extends MachineRecord>(
  retryDelay: DelayBounds,
  random: () => number,
  nextSend: () => number,
): Destination<R> {
  let waiting: Sending<R>[] = [];
  const underWay = new Map<number, Sending<R>>();

  return {
    add: (works, discard, nowMs) => void waiting.push({ works, discard, failures: 0, dueMs: nowMs }),
    due(nowMs) {
      const due = waiting.filter(({ dueMs }) => dueMs <= nowMs);
      if (due.length > 0) waiting = waiting.filter(({ dueMs }) => dueMs > nowMs);
      return due.map((sending) => {
        const send = nextSend();
        underWay.set(send, sending);
        return { send, discard: sending.discard };
      });
    },
    confirmed(send) {
      const sending = underWay.get(send);
      underWay.delete(send);
      return sending;
    },
    failed(send, nowMs, forget) {
      const sending = underWay.get(send);
      if (sending === undefined) return;
      underWay.delete(send);
      if (forget) return;
      sending.failures += 1;
      sending.dueMs = nowMs + fullJitterMs(sending.failures, retryDelay, random());
      waiting.push(sending);
    },
    forget(which) {
      waiting = [];
      if (which === 'all') underWay.clear();
    },
    isIdle: () => waiting.length === 0 && underWay.size === 0,
    nextMs: () => waiting.reduce<number | undefined>((atMs, { dueMs }) => Math.min(atMs ?? Infinity, dueMs), undefined),
  };
}
