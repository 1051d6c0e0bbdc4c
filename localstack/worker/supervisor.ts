import { PermanentError } from '../../shared/errors.ts';
import { EXIT } from './exit-codes.ts';
import { type ReplicaStatus, type Slot, type SlotOptions, startSlot, type WorkerFailure } from './slot.ts';

/** How a worker ended. `message` says why it failed. */
export interface WorkerEnd {
  /** One of EXIT. */
  readonly code: number;
  readonly message?: string;
}

export interface Supervisor {
  /**
   * Starts or drains replicas until there are so many; resolves when all run and those drained have ended.
   * @throws PermanentError `worker_ended` when the worker stops before
   */
  scale(replicas: number): Promise<void>;
  replicas(): ReplicaStatus[];
  /** Drains all. Idempotent. */
  stop(): Promise<WorkerEnd>;
  /** Ends all at once, also while they drain. */
  kill(): void;
  /** Never rejects. */
  readonly ended: Promise<WorkerEnd>;
}

/** Keeps a number of replicas running. Each gives up on its own terms; one that does ends all. */
export function createSupervisor(options: Omit<SlotOptions, 'number' | 'changed' | 'failed'>): Supervisor {
  let slots: Slot[] = [];
  /** Being scaled away. */
  let leaving: Slot[] = [];
  let stopping: Promise<void> | undefined;
  let failure: WorkerFailure | undefined;
  let scaling: Promise<void> = Promise.resolve();
  const waiters = new Set<() => void>();
  const ended = Promise.withResolvers<WorkerEnd>();

  function changed(): void {
    for (const look of waiters) look();
  }

  function failed(why: WorkerFailure): void {
    failure ??= why;
    void stop();
  }

  function endError(): PermanentError {
    return new PermanentError('worker_ended', failure?.message ?? 'The worker is stopping.');
  }

  function untilReady(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (done: () => void) => {
        waiters.delete(look);
        done();
      };
      const look = () => {
        if (stopping !== undefined) settle(() => reject(endError()));
        else if (slots.every((slot) => slot.status().state === 'ready')) settle(resolve);
      };
      waiters.add(look);
      look();
    });
  }

  async function scaleTo(replicas: number): Promise<void> {
    if (stopping !== undefined) throw endError();
    while (slots.length < replicas) {
      const number = slots.length + 1;
      slots.push(startSlot({ ...options, number, changed, failed }));
    }
    leaving = slots.slice(replicas);
    slots = slots.slice(0, replicas);
    const draining = Promise.all(leaving.map((slot) => slot.stop()));
    await untilReady();
    const finished = await draining;
    leaving = [];
    // Its records are not lost, they come again: but who reads the log should know.
    if (finished.includes(false)) options.note('a replica that was scaled away ended with work unfinished');
  }

  function stop(): Promise<WorkerEnd> {
    stopping ??= Promise.all([...slots, ...leaving].map((slot) => slot.stop())).then((finished) => {
      const code = finished.includes(false) ? EXIT.unfinished : EXIT.drained;
      ended.resolve(failure ?? { code });
    });
    changed();
    return ended.promise;
  }

  return {
    scale(replicas) {
      const result = scaling.then(() => scaleTo(replicas));
      scaling = result.catch(() => undefined); // told to who asked; the next one is not concerned
      return result;
    },
    replicas: () => slots.map((slot) => slot.status()),
    stop,
    kill() {
      for (const slot of [...slots, ...leaving]) slot.kill();
    },
    ended: ended.promise,
  };
}
