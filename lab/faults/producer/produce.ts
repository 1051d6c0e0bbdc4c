import type { Outcome } from '../verdict/history.ts';
import type { DeviceConnection } from './connection.ts';
import { type Lane, wireOf } from './message.ts';
import type { ProducerLog } from './producer-log.ts';

export interface ProduceOptions {
  readonly lanes: readonly Lane[];
  /** A lane always goes over the same one. */
  readonly connections: readonly DeviceConnection[];
  readonly log: ProducerLog;
  /** Attempts a second, at most. */
  readonly rate: number;
  /** No new message from then on; what is under way is sent until it is acknowledged. */
  readonly stopping: AbortSignal;
  /** Gives up what is still not acknowledged, as unknown. */
  readonly aborted: AbortSignal;
  /** Default: the connection's own. Tells how an attempt ended. */
  readonly publish?: (connection: DeviceConnection, topic: string, payload: string) => Promise<Outcome>;
}

interface LaneState {
  readonly lane: Lane;
  readonly connection: DeviceConnection;
  sequence: number;
  /** The message under way was sent and not acknowledged. */
  again: boolean;
  busy: boolean;
}

const TICK_MS = 5;
const MS_PER_S = 1_000;
/** What could not be sent in its time is not made up for: a rate that is bounded. */
const MOST_ARREARS_MS = 20;

/**
 * Sends each lane's messages in order, one at a time, at a bounded rate over all lanes in turn. Intent, and outcome, are on disk
 * before the next step. What is not acknowledged is sent again under the same id until it is.
 */
export async function produce(options: ProduceOptions): Promise<void> {
  const { lanes, connections, log, rate, stopping, aborted } = options;
  const [first] = connections;
  if (!first || lanes.length === 0) throw new RangeError('give at least one lane and one connection');
  const states = lanes.map((lane, index): LaneState => {
    const connection = connections[index % connections.length] ?? first;
    return { lane, connection, sequence: 1, again: false, busy: false };
  });
  const publish = options.publish ?? ((connection, topic, payload) => connection.publish(topic, payload));
  let turn = 0;
  let failure: unknown;

  const attempt = async (state: LaneState): Promise<void> => {
    const { lane, connection, sequence } = state;
    const message = lane.message(sequence);
    await log.append({ kind: 'intent', ...message, atMs: Date.now() });
    const outcome = await publish(connection, lane.topic, wireOf(message));
    await log.append({ kind: 'outcome', id: message.id, outcome, atMs: Date.now() });
    state.again = outcome !== 'acked';
    if (outcome === 'acked') state.sequence += 1;
  };

  const next = (): LaneState | undefined => {
    for (let tried = 0; tried < states.length; tried += 1) {
      const state = states[turn % states.length];
      turn += 1;
      if (!state || state.busy || !state.connection.isUp) continue;
      if (stopping.aborted && !state.again) continue;
      return state;
    }
    return undefined;
  };

  const isOver = () =>
    failure !== undefined ||
    (aborted.aborted && !states.some(({ busy }) => busy)) ||
    (stopping.aborted && !states.some(({ busy, again }) => busy || again));

  const { promise, resolve } = Promise.withResolvers<void>();
  let allowance = 0;
  let lastMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const elapsedMs = nowMs - lastMs;
    lastMs = nowMs;
    const most = Math.max(1, (rate * Math.max(MOST_ARREARS_MS, elapsedMs)) / MS_PER_S);
    allowance = Math.min(most, allowance + (rate * elapsedMs) / MS_PER_S);
    for (; allowance >= 1 && !aborted.aborted; allowance -= 1) {
      const state = next();
      if (!state) break;
      state.busy = true;
      attempt(state)
        .catch((error: unknown) => {
          failure ??= error;
        })
        .finally(() => {
          state.busy = false;
        });
    }
    if (isOver()) resolve();
  }, TICK_MS);
  await promise;
  clearInterval(timer);
  if (failure !== undefined) throw failure;
}
