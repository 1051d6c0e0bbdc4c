import CircuitBreaker from 'opossum';
import { PermanentError, TransientError } from '../errors.ts';
import type { CircuitState } from '../ops/circuits.ts';
import type { MedicalEvent } from './event-message.ts';
import type { Attempt, EventProcessor } from './processor.ts';

/** Of the last calls, so many have to fail; fewer than these calls say nothing. */
const FAILED_PERCENT = 50;
const CALLS_MIN = 10;
const WINDOW_MS = 10_000;

/** Codes of errors that are no failure of the event's. */
export const CIRCUIT_OPEN = 'circuit_open';
export const CUT_SHORT = 'cut_short';

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
   * @param giveBack aborted: the process ends
   * @throws TransientError `circuit_open` when it takes too long, `cut_short`
   */
  ready(giveBack?: AbortSignal): Promise<void>;
  /** Nothing is processed after all. */
  givenBack(): void;
  /**
   * @throws as the processor does; TransientError `processor_timeout`, `cut_short` (by `giveBack`), `circuit_open`: it opened
   * meanwhile and nothing was begun, or this was a probe that found the processor still away
   */
  process(event: MedicalEvent, attemptNumber: number, giveBack?: AbortSignal): Promise<{ message: string }>;
  state(): CircuitState;
}

const open = (cause?: unknown) =>
  new TransientError(CIRCUIT_OPEN, 'The circuit to the downstream system is open.', { cause });
const cutShort = () => new TransientError(CUT_SHORT, 'The process ends; the event is begun again elsewhere.');
const isCutShort = (error: unknown) => error instanceof TransientError && error.code === CUT_SHORT;

export function guardedProcessor(options: GuardOptions): GuardedProcessor {
  const { processor, timeoutMs, resetMs, patienceMs, onState } = options;
  /** Of a half-open circuit: somebody has been let through. */
  let isProbing = false;
  let waiting: (() => void)[] = [];

  const breaker = new CircuitBreaker(
    async (event: MedicalEvent, attemptNumber: number, giveBack: AbortSignal | undefined) =>
      attempt(event, attemptNumber, giveBack),
    {
      timeout: false,
      resetTimeout: resetMs,
      errorThresholdPercentage: FAILED_PERCENT,
      volumeThreshold: CALLS_MIN,
      rollingCountTimeout: WINDOW_MS,
      // It has answered: the event is what is wrong. Or nobody waited for its answer.
      errorFilter: (error: unknown) => error instanceof PermanentError || isCutShort(error),
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

  async function attempt(
    event: MedicalEvent,
    number: number,
    giveBack: AbortSignal | undefined,
  ): Promise<{ message: string }> {
    if (giveBack?.aborted) throw cutShort();
    const over = new AbortController();
    const late = Promise.withResolvers<never>();
    const end = (error: TransientError) => {
      over.abort(error);
      late.reject(error);
    };
    const stop = () => end(cutShort());
    giveBack?.addEventListener('abort', stop, { once: true });
    const timer = setTimeout(() => {
      end(new TransientError('processor_timeout', `The processor took longer than ${timeoutMs} ms.`));
    }, timeoutMs);
    try {
      return await Promise.race([
        processor.process(event, { number, signal: over.signal } satisfies Attempt),
        late.promise,
      ]);
    } finally {
      clearTimeout(timer);
      giveBack?.removeEventListener('abort', stop);
    }
  }

  /** Resolves when the circuit changes, or has not for so long, or when the process ends. */
  function changeWithin(limitMs: number, giveBack: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        giveBack?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, limitMs);
      giveBack?.addEventListener('abort', wake, { once: true });
      waiting.push(wake);
    });
  }

  const mayBegin = () => state() === 'closed' || (state() === 'half-open' && !isProbing);

  return {
    async ready(giveBack) {
      const untilMs = performance.now() + patienceMs;
      for (;;) {
        if (giveBack?.aborted) throw cutShort();
        if (mayBegin()) break;
        const leftMs = untilMs - performance.now();
        if (leftMs <= 0) throw open();
        await changeWithin(leftMs, giveBack);
      }
      if (state() === 'half-open') isProbing = true;
    },
    givenBack() {
      if (isProbing) changed();
    },
    async process(event, number, giveBack) {
      const isProbe = state() === 'half-open';
      try {
        return await breaker.fire(event, number, giveBack);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EOPENBREAKER') throw open();
        // The probe is ours, not the event's: an outage that lasts must not use up the attempts of whoever probes.
        if (isProbe && !(error instanceof PermanentError) && !isCutShort(error)) throw open(error);
        throw error;
      }
    },
    state,
  };
}
