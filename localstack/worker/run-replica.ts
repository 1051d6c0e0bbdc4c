import { circuitReadings } from '../../shared/ops/circuits.ts';
import { type TriggerHost, triggerHost } from '../trigger-resources.ts';
import { systemClock } from '../triggers/clock.ts';
import type { EventSource } from '../triggers/event-source.ts';
import { type GivingBack, givingBack } from '../triggers/give-back.ts';
import { CLOSE_GRACE_MS } from './durations.ts';
import { EXIT } from './exit-codes.ts';
import { type HandlerInvoker, handlerInvoker } from './handler.ts';
import type { ReplicaMessage, SourceHealth } from './messages.ts';
import type { WorkerFunction } from './service.ts';
import { workerTriggers } from './worker-triggers.ts';

/** Three connections a trigger (triggers/README.md). */
const POOL_SIZE_A_TRIGGER = 3;
/** Soon enough for who waits for a start. */
const READY_POLL_MS = 50;
/** As often as Prometheus looks. */
const HEALTH_INTERVAL_MS = 1_000;

export interface Replica {
  /** Lets what is in flight finish, closes everything; resolves to the exit code. Never rejects. */
  drain(deadlineMs: number): Promise<number>;
}

interface Source {
  readonly label: string;
  readonly source: EventSource;
}

function healthOf({ label, source }: Source): SourceHealth {
  const { status, invocationsInFlight, recordsWaiting, recordsBehind, lastFailure } = source.health();
  return {
    trigger: label,
    status,
    inFlight: invocationsInFlight,
    waiting: recordsWaiting,
    ...(recordsBehind === undefined ? {} : { behind: recordsBehind }),
    ...(lastFailure === undefined ? {} : { lastFailure }),
  };
}

/** Resolves with true when the promise settles in time. */
function settlesWithin(promise: Promise<unknown>, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = systemClock.after(limitMs, () => resolve(false));
    const settle = () => {
      cancel();
      resolve(true);
    };
    promise.then(settle, settle);
  });
}

/** Tells `tell` when every source runs, then how they are, until the returned function is called. */
function reportHealth(sources: readonly Source[], tell: (message: ReplicaMessage) => void): () => void {
  let ready = false;
  let cancel: () => void = () => undefined;
  let toldMs = Number.NEGATIVE_INFINITY;
  const look = () => {
    const health = sources.map(healthOf);
    const nowMs = systemClock.nowMs();
    const becameReady = !ready && health.every(({ status }) => status === 'running');
    if (becameReady || nowMs - toldMs >= HEALTH_INTERVAL_MS) {
      tell({ type: 'health', sources: health, circuits: circuitReadings() });
      toldMs = nowMs;
    }
    if (becameReady) tell({ type: 'ready' });
    ready ||= becameReady;
    cancel = systemClock.after(ready ? HEALTH_INTERVAL_MS : READY_POLL_MS, look);
  };
  look();
  return () => cancel();
}

/**
 * Runs a function's event sources in this process.
 * @throws PermanentError, TriggerOptionsError: starting again cannot help; anything else: it may
 */
export async function runReplica(
  folder: string,
  definition: WorkerFunction,
  tell: (message: ReplicaMessage) => void,
): Promise<Replica> {
  const host = triggerHost(POOL_SIZE_A_TRIGGER * definition.events.length);
  const triggers = workerTriggers(definition, host.sources);
  const handler = await handlerInvoker(folder, definition);
  const giving = givingBack();
  let draining: Promise<number> | undefined;
  const sources = await Promise.all(
    triggers.map(async ({ start, functionName, timeoutMs, label }): Promise<Source> => {
      const source = await start({
        functionName,
        timeoutMs,
        invoke: giving.of(handler.invoke),
        logger: host.logger,
        observe(event) {
          // A replica that leaves is no outage: the others' connections are what the metric is about.
          if (draining === undefined || event.type !== 'disconnected') host.observe(event);
        },
      });
      return { label, source };
    }),
  );
  const stopReporting = reportHealth(sources, tell);
  return {
    drain(deadlineMs) {
      stopReporting();
      draining ??= drain({ sources, handler, host, giving }, deadlineMs);
      return draining;
    },
  };
}

interface Running {
  readonly sources: readonly Source[];
  readonly handler: HandlerInvoker;
  readonly host: TriggerHost;
  readonly giving: GivingBack;
}

async function drain({ sources, handler, host, giving }: Running, deadlineMs: number): Promise<number> {
  const startedMs = systemClock.nowMs();
  const cancel = giving.before(deadlineMs);
  const stopping = Promise.all(sources.map(({ source }) => source.stop({ deadlineMs })));
  const stopped = await settlesWithin(stopping, deadlineMs + CLOSE_GRACE_MS);
  cancel();
  const { logger } = host;
  const afterMs = Math.round(systemClock.nowMs() - startedMs);
  const running = handler.running();
  // A source that stops before its deadline has nothing left to do.
  const finished = stopped && running === 0 && afterMs < deadlineMs;
  if (finished) logger.info('replica drained', { afterMs });
  else logger.warn('replica ends with work unfinished', { afterMs, deadlineMs, handlersRunning: running });
  if (!(await settlesWithin(host.close(), CLOSE_GRACE_MS))) logger.warn('connections not closed in time');
  return finished ? EXIT.drained : EXIT.unfinished;
}
