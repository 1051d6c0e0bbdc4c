// Load for healthcare stage 1: heart monitors post alerts at a constant arrival rate, 30 then 60 a second; one in twenty is an
// event that was sent before. The run fails if a request fails, an iteration is dropped (the load was then not the one claimed),
// a limit below is passed, or at the end an alert is stored but not notified exactly once.
//
// With PHASES it is the load of an experiment instead (README.md), and judges only whether that load was applied.
//
//   npm run k6 -- db-first            or: k6 run k6/db-first.ts
//   BASE_URL=http://127.0.0.1:3000  DURATION=30s  RATE_LOW=30  RATE_HIGH=60  HEARTLINE_TOKEN=…  SPEED=any
import { check, sleep } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter, Trend } from 'k6/metrics';
import type { Options } from 'k6/options';
import { labIteration, labOptions } from './lib/db-first-lab.ts';
import { beginRun, isTimed, type Run as LabRun, labPhases } from './lib/load.ts';
import { BASE_URL, get, headers, type Notification, notificationsOf } from './lib/notifications.ts';
import { STATISTICS, summaryWith } from './lib/summary.ts';

const DURATION = __ENV.DURATION ?? '30s';
const RATE_LOW = Number(__ENV.RATE_LOW ?? 30);
const RATE_HIGH = Number(__ENV.RATE_HIGH ?? 60);

/** One in twenty iterations (5 %) sends again what the tenth before it has sent. */
const REDELIVER_EVERY = 20;
const REDELIVER_BACK = 10;
const KINDS = ['VT', 'SVTA', 'AVB'];
const SETTLE_SECONDS = 10;
/** Iterations behind the last notified one that may have been stored, too. */
const SEARCH_AHEAD = 200;

const stored = new Counter('alerts_stored');
const redelivered = new Counter('alerts_redelivered');
const notified = new Counter('staff_notified');
const notificationLatency = new Trend('notification_latency_ms', true);

const load = (rate: number, startTime: string, first: number) => ({
  executor: 'constant-arrival-rate' as const,
  rate,
  timeUnit: '1s',
  duration: DURATION,
  startTime,
  preAllocatedVUs: 100,
  maxVUs: 100,
  env: { FIRST: String(first) },
});

const SPEED_LIMITS = {
  'http_req_duration{scenario:high}': ['p(95)<200', 'p(99)<500'],
  notification_latency_ms: ['p(99)<100'],
};

/** In the answer of /readyz. */
const DATABASE_STATUS = 'dependencies.#(name=="postgres").status';
const UPPER_NUMBERS = 1_000_000; // the second scenario numbers its events from here

const ownOptions: Options = {
  scenarios: { low: load(RATE_LOW, '0s', 0), high: load(RATE_HIGH, DURATION, UPPER_NUMBERS) },
  thresholds: {
    http_req_failed: ['rate==0'],
    dropped_iterations: ['count==0'],
    checks: ['rate==1'],
    ...(isTimed ? SPEED_LIMITS : {}),
  },
  summaryTrendStats: STATISTICS,
};

export const options: Options = labPhases ? labOptions(labPhases) : ownOptions;

export const handleSummary = summaryWith(labPhases ?? []);

interface Run {
  id: string;
  startedAt: number;
  /** When phases are given. */
  lab?: LabRun;
}

export function setup(): Run {
  const ready = http.get(`${BASE_URL}/readyz`, { responseCallback: http.expectedStatuses(200, 503) });
  // Without a broker the other stages are not ready, and this one is.
  const hasDatabase = ready.status === 503 && ready.json(DATABASE_STATUS) === 'up';
  if (ready.status !== 200 && !hasDatabase)
    exec.test.abort(`${BASE_URL}/readyz answers ${ready.status || ready.error}: is 'npm start' running?`);
  if (labPhases) {
    const lab = beginRun(labPhases);
    return { id: lab.runId, startedAt: lab.startedAt, lab };
  }
  const id = Math.floor(Math.random() * 0xffffffff)
    .toString(16)
    .padStart(8, '0');
  return { id, startedAt: Date.now() };
}

/** The same number gives the same event, so a redelivery is the same bytes. */
function event(run: Run, number: number) {
  return {
    eventId: `${run.id}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`,
    patientId: `k6-${run.id}-${number % 500}`,
    deviceId: `k6-monitor-${number % 500}`,
    ward: `icu-${(number % 4) + 1}`,
    kind: KINDS[number % KINDS.length],
    severity: number % 3 === 1 ? 'medium' : 'high',
    detectedAt: new Date(run.startedAt).toISOString(),
    evidence: { number },
  };
}

export default function (run: Run): void {
  if (run.lab) labIteration(run.lab);
  else ownIteration(run);
}

function ownIteration(run: Run): void {
  const iteration = exec.scenario.iterationInTest;
  const again = iteration % REDELIVER_EVERY === REDELIVER_EVERY - 1;
  const number = Number(__ENV.FIRST) + (again ? iteration - REDELIVER_BACK : iteration);
  const answer = http.post(`${BASE_URL}/db-first/alerts`, JSON.stringify(event(run, number)), { headers });
  if (answer.status === 201) stored.add(1);
  if (answer.status === 200) redelivered.add(1);
  check(answer, { 'stored or known': (r) => r.status === 201 || (again && r.status === 200) });
}

/** Every alert that this run stored is notified, once: alerts = notifications. */
export function teardown(run: Run): void {
  if (run.lab) return;
  const deadline = Date.now() + SETTLE_SECONDS * 1000;
  let missing: string[] = [];
  do {
    const seen = notificationsOf('db-first', run);
    const twice = [...seen.values()].filter((list) => list.length > 1);
    if (twice.length > 0) exec.test.fail(`${twice.length} events were notified more than once`);
    missing = storedButNotNotified(run, seen);
    if (missing.length === 0) {
      record([...seen.values()].flat());
      return;
    }
    sleep(1);
  } while (Date.now() < deadline);
  exec.test.fail(`${missing.length} stored alerts were not notified, the first is ${missing[0]}`);
}

function storedButNotNotified(run: Run, seen: Map<string, Notification[]>): string[] {
  const missing: string[] = [];
  for (const first of [0, UPPER_NUMBERS]) {
    let ahead = 0;
    for (let iteration = 0; ahead < SEARCH_AHEAD; iteration++) {
      const { eventId } = event(run, first + iteration);
      if (seen.has(eventId)) ahead = 0;
      else {
        ahead++;
        if (iteration % REDELIVER_EVERY === REDELIVER_EVERY - 1) continue;
        if (get(`/db-first/alerts/${eventId}`).status === 200) missing.push(eventId);
      }
    }
  }
  return missing;
}

function record(all: Notification[]): void {
  notified.add(all.length);
  for (const one of all) notificationLatency.add(Date.parse(one.notifiedAt) - Date.parse(one.storedAt ?? ''));
}
