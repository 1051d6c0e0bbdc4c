import { config } from './config.ts';
import type { RecordMetric } from './observability/catalogue.ts';
import { createLogger, type Log } from './observability/logger.ts';
import { createMetrics, type MetricRecorder } from './observability/metrics.ts';

const SERVICE = 'heartline';

/** What every handler writes to: one logger and one metric recorder a process. */
export interface Telemetry {
  log: Log;
  metrics: MetricRecorder;
}

/** What one invocation is known by; handed down, never shared between invocations. */
export interface Trail {
  log: Log;
  recordMetric: RecordMetric;
}

let current: Telemetry | undefined;

/** This process's logger and metrics, made on first use. */
export function telemetry(): Telemetry {
  current ??= {
    log: createLogger({ service: SERVICE, level: config().logLevel, patientIdKey: config().patientHashKey }),
    metrics: createMetrics({ service: SERVICE }),
  };
  return current;
}
