import CircuitBreaker from 'opossum';
import { PermanentError, TransientError } from '../errors.ts';
import type { MedicalEvent } from './event-message.ts';
import type { Attempt, EventProcessor } from './processor.ts';

/** Of the last calls, so many have to fail; fewer than these calls say nothing. */
const FAILED_PERCENT = 50;
const CALLS_MIN = 10;
const WINDOW_MS = 10_000;

export type CircuitState = 'closed' | 'open' | 'half-open';

export interface GuardOptions {
  processor: EventProcessor;
  /** An attempt that takes longer has failed, whatever comes of it. */
  timeoutMs: number;
  /** How long an open circuit lets nothing through, before one attempt probes. */
  resetMs: number;
  /** How long `ready` waits for a circuit to close. */
  patienceMs: number;
  onState?: (state: CircuitState) => void;
}

/** A processor behind a circuit breaker: what is away is left alone, and nobody's attempt is spent on finding it away. */
export interface GuardedProcessor {
  /**
   * Resolves when an attempt may begin: at once, or when the circuit has closed or this caller is to probe. The caller then calls
   * `process` or `givenBack`.
   * @throws TransientError `circuit_open` when it takes too long
   */
  ready(): Promise<void>;
  /** Nothing is processed after all. */
  givenBack(): void;
  /** @throws as the processor does; TransientError `processor_timeout`, `circuit_open` (it opened meanwhile: nothing was begun) */
  process(event: MedicalEvent, attemptNumber: number): Promise<{ message: string }>;
  state(): CircuitState;
}

const open = () => new TransientError('circuit_open', 'The circuit to the downstream system is open.');

export function guardedProcessor(options: GuardOptions): GuardedProcessor {
  const { processor, timeoutMs, resetMs, patienceMs, onState } = options;
  /** Of a half-open circuit: somebody has been let through. */
  let isProbing = false;
  let waiting: (() => void)[] = [];

  const breaker = new CircuitBreaker(
    async (event: MedicalEvent, attemptNumber: number) => attempt(event, attemptNumber),
    {
      timeout: false,
      resetTimeout: resetMs,
      errorThresholdPercentage: FAILED_PERCENT,
      volumeThreshold: CALLS_MIN,
      rollingCountTimeout: WINDOW_MS,
      // It has answered: the event is what is wrong.
      errorFilter: (error: unknown) => error instanceof PermanentError,
    },
  );
  const state = (): CircuitState => (breaker.halfOpen ? 'half-open' : breaker.opened ? 'open' : 'closed');
  const changed = () => {
    isProbing = false;
    onState?.(state());
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  };
  breaker.on('open', changed);
  breaker.on('halfOpen', changed);
  breaker.on('close', changed);

  async function attempt(event: MedicalEvent, number: number): Promise<{ message: string }> {
    const over = new AbortController();
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const error = new TransientError('processor_timeout', `The processor took longer than ${timeoutMs} ms.`);
      over.abort(error);
      late.reject(error);
    }, timeoutMs);
    try {
      return await Promise.race([
        processor.process(event, { number, signal: over.signal } satisfies Attempt),
        late.promise,
      ]);
    } finally {
      clearTimeout(timer);
    }
  }

  const mayBegin = () => state() === 'closed' || (state() === 'half-open' && !isProbing);

  return {
    async ready() {
      const untilMs = performance.now() + patienceMs;
      while (!mayBegin()) {
        const leftMs = untilMs - performance.now();
        if (leftMs <= 0) throw open();
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, leftMs);
          waiting.push(() => {
            clearTimeout(timer);
            resolve();
          });
        });
      }
      if (state() === 'half-open') isProbing = true;
    },
    givenBack() {
      if (isProbing) changed();
    },
    async process(event, number) {
      try {
        return await breaker.fire(event, number);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EOPENBREAKER') throw open();
        throw error;
      }
    },
    state,
  };
}
