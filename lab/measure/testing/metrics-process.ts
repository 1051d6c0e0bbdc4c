// A process with a real registry of metrics, served as a service serves it. Prints its address.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { serve } from './http-server.ts';

const PATIENTS = 100;
const GAUGES = 120;
const FUNCTIONS = 5;
/** As shared/observability's latencies: 14 bounds and +Inf, with sum and count 17 series. */
const BUCKETS_MS = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/** 305 series: counters, gauges and five histograms, with some values of every size. */
const register = new Registry();
const counter = new Counter({
  name: 'bench_alerts_total',
  help: 'h',
  labelNames: ['stage', 'patient'],
  registers: [register],
});
const gauge = new Gauge({ name: 'bench_depth', help: 'h', labelNames: ['queue'], registers: [register] });
const histogram = new Histogram({
  name: 'bench_latency_ms',
  help: 'h',
  labelNames: ['function'],
  buckets: BUCKETS_MS,
  registers: [register],
});

/** Each page differs from the one before. */
function move(): void {
  for (let n = 0; n < PATIENTS; n += 1) counter.inc({ stage: 'at-least-once', patient: `patient-${n}` }, n);
  for (let n = 0; n < GAUGES; n += 1) gauge.set({ queue: `queue-${n}` }, Math.random() * n);
  for (let n = 0; n < FUNCTIONS; n += 1) histogram.observe({ function: `function-${n}` }, Math.random() * n * PATIENTS);
}

const { url } = await serve((_request, response) => {
  move();
  register.metrics().then(
    (page) => response.end(page),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});
process.stdout.write(`${url}\n`);
