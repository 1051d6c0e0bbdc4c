import { hostname } from 'node:os';
import { config } from '../config.ts';
import { type CircuitState, showCircuit } from '../ops/circuits.ts';
import { database } from '../postgres/process-database.ts';
import { telemetry } from '../telemetry.ts';
import { guardedProcessor } from './guarded-processor.ts';
import { httpProcessor } from './http-processor.ts';
import type { EventWork } from './process-event.ts';
import { eventRuns } from './run-store.ts';
import { simulatedProcessor } from './simulated-processor.ts';

/** An invocation that waits for the circuit keeps its place; within the function's time it has to be through with its attempt, too. */
const PATIENCE_MS = 8_000;
const CIRCUIT = { closed: 0, 'half-open': 0.5, open: 1 } as const;

let current: EventWork | undefined;

/** What this process does with events: one circuit, and statements that all its invocations share. */
export function eventWork(): EventWork {
  current ??= makeWork();
  return current;
}

function makeWork(): EventWork {
  const { processorUrl, processingMs, processingTimeoutMs, attemptsMax, circuitResetMs } = config().medicalEvents;
  const { metrics, log } = telemetry();
  const told = (state: CircuitState) => metrics.recordMetric('processor_circuit_open', CIRCUIT[state]);
  told('closed');
  const processor = guardedProcessor({
    processor: processorUrl === undefined ? simulatedProcessor(processingMs) : httpProcessor(processorUrl),
    timeoutMs: processingTimeoutMs,
    resetMs: circuitResetMs,
    patienceMs: PATIENCE_MS,
    onState(state) {
      told(state);
      log.warn('the circuit to the processor has changed', { state });
    },
  });
  showCircuit('processor', processor.state);
  return {
    attemptsMax,
    recordMetric: metrics.recordTogether,
    runs: eventRuns({
      database,
      recordMetric: metrics.recordTogether,
      worker: `${hostname()}/${process.pid}`,
      attemptsMax,
    }),
    processor,
  };
}
