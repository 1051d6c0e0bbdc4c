import { createLogger, type Level } from '../observability/logger.ts';
import { createMetrics } from '../observability/metrics.ts';
import type { Telemetry } from '../telemetry.ts';

/** Telemetry that keeps its lines, parsed, instead of writing them. */
export function keptTelemetry(level: Level = 'debug'): Telemetry & { lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const write = (text: string) => {
    lines.push(...text.split('\n').map((line): Record<string, unknown> => JSON.parse(line)));
  };
  return {
    lines,
    log: createLogger({ service: 'test', level, patientIdKey: 'a key for tests only', write }),
    metrics: createMetrics({ service: 'test', write }),
  };
}
