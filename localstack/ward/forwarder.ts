import type { AlertBody } from './alert.ts';
import { type Backoff, backoffMs } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { Deliver, DeliveryResult } from './delivery.ts';
import type { AlertJournal } from './journal.ts';
import { reason } from './reason.ts';
import { createSlots } from './slots.ts';

export type ForwarderEvent =
  | { readonly type: 'settled'; readonly alert: AlertBody; readonly outcome: 'stored' | 'redelivered' }
  | { readonly type: 'settled'; readonly alert: AlertBody; readonly outcome: 'refused'; readonly code: string }
  | {
      readonly type: 'retrying';
      readonly alert: AlertBody;
      readonly attempt: number;
      readonly waitMs: number;
      readonly reason: string;
    };

export interface ForwarderOptions {
  readonly deliver: Deliver;
  readonly journal: AlertJournal;
  readonly clock: Clock;
  readonly backoff: Backoff;
  readonly random: () => number;
  /** How many alerts, of different beds, are on their way at one time. */
  readonly mostInFlight: number;
  /** More alerts than this waiting make `room` wait. */
  readonly mostPending: number;
  readonly onEvent: (event: ForwarderEvent) => void;
  /** Called once, when the journal cannot be written or a listener fails: the forwarder stops there. */
  readonly onFailure: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Sends alerts until the server has taken them or refused them for good; one at a time and in order for each device. */
export interface Forwarder {
  /** Queues an alert; one that is queued already is not queued twice. */
  enqueue(alert: AlertBody): void;
  pending(): number;
  retrying(): number;
  /** Returns when there is room for another alert, or the signal has aborted. */
  room(): Promise<void>;
  /** Returns when nothing is queued any more, or the signal has aborted and what was in flight has ended. */
  drained(): Promise<void>;
}

export function createForwarder(options: ForwarderOptions): Forwarder {
  const { deliver, journal, clock, backoff, random, onEvent, signal } = options;
  const queues = new Map<string, AlertBody[]>();
  const lanes = new Set<Promise<void>>();
  const queued = new Set<string>();
  const failing = new Set<string>();
  const slots = createSlots(options.mostInFlight);
  let settled = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => settled.resolve(), { once: true });

  async function attemptOnce(alert: AlertBody): Promise<DeliveryResult> {
    const release = await slots.take();
    try {
      return signal.aborted ? { status: 'retry', reason: 'stopped' } : await deliver(alert, signal);
    } catch (error) {
      return { status: 'retry', reason: reason(error) };
    } finally {
      release();
    }
  }

  async function send(alert: AlertBody): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const result = await attemptOnce(alert);
      if (result.status !== 'retry') {
        journal.settle(alert.eventId, result.status);
        failing.delete(alert.eventId);
        queued.delete(alert.eventId);
        if (result.status === 'refused') onEvent({ type: 'settled', alert, outcome: 'refused', code: result.code });
        else onEvent({ type: 'settled', alert, outcome: result.status });
        settled.resolve();
        settled = Promise.withResolvers();
        return;
      }
      if (signal.aborted) return;
      const waitMs = backoffMs(attempt, backoff, random, result.retryAfterMs);
      failing.add(alert.eventId);
      onEvent({ type: 'retrying', alert, attempt, waitMs, reason: result.reason });
      await clock.sleep(waitMs, signal);
    }
  }

  async function runLane(device: string, queue: AlertBody[]): Promise<void> {
    for (let alert = queue[0]; alert && !signal.aborted; alert = queue[0]) {
      await send(alert);
      queue.shift();
    }
    queues.delete(device);
  }

  return {
    enqueue(alert) {
      if (queued.has(alert.eventId)) return;
      queued.add(alert.eventId);
      const running = queues.get(alert.deviceId);
      if (running) {
        running.push(alert);
        return;
      }
      const queue = [alert];
      queues.set(alert.deviceId, queue);
      const lane = runLane(alert.deviceId, queue)
        .catch(options.onFailure)
        .finally(() => lanes.delete(lane));
      lanes.add(lane);
    },
    pending: () => queued.size,
    retrying: () => failing.size,
    async room() {
      while (queued.size >= options.mostPending && !signal.aborted) await settled.promise;
    },
    async drained() {
      while (lanes.size > 0) await Promise.all(lanes);
    },
  };
}
