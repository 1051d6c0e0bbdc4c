// Load for stage medical-events: 1,000 events a minute of 100 patients, 5 to 6 s of work each; one in twenty is sent again. The run
// fails if an iteration is dropped (the load was then not the one claimed), an event is not accepted, a repetition is answered with
// other bytes, or at the end one is not processed or given up on, or two of a patient were worked on at once.
//
// With PHASES it is the load of an experiment instead (README.md), and judges only whether that load was applied.
//
//   npm run k6 -- medical-events -e PATIENTS=1000 -e TRANSIENT=0.1 -e PERMANENT=0.01
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter, Trend } from 'k6/metrics';
import type { Options } from 'k6/options';
import { arrivalScenarios, numberOfIteration } from './lib/arrivals.ts';
import { whenEnded } from './lib/event-audit.ts';
import { type EventLaws, lawsOf } from './lib/event-laws.ts';
import { traceparentOf } from './lib/identity.ts';
import {
  beginRun,
  countFrom,
  isTimed,
  labPhases,
  loadThresholds,
  numberFrom,
  ownLoad,
  phaseOfVu,
  type Run,
  secondsFrom,
} from './lib/load.ts';
import { type EventMix, MedicalEvents, type PlannedEvent, patientOf } from './lib/medical-events.ts';
import { BASE_URL, headers } from './lib/notifications.ts';
import { recordAcked, recordFailed, recordSent } from './lib/producer-metrics.ts';
import { requireReady } from './lib/require-ready.ts';
import { STATISTICS, summaryWith } from './lib/summary.ts';
import { nowMs } from './mqtt/clock.ts';

/** 1,000 a minute, and a little. */
const RATE = 17;
const MAX_PATIENTS = 100_000;
const TIMEOUT_S = 10;
const ACCEPT_LIMIT_MS = 50;
const [ACCEPTED, MULTI_STATUS, SERVER_ERROR] = [202, 207, 500];
const MAX_BATCH = 1_000;
const TEARDOWN_TIMEOUT = '20m';

const mix: EventMix = {
  patients: countFrom('PATIENTS', 100, MAX_PATIENTS),
  transientShare: numberFrom('TRANSIENT', 0),
  permanentShare: numberFrom('PERMANENT', 0),
};
/** Events that are sent together, in the phase of that name. */
const batch = { size: countFrom('BATCH', 1, MAX_BATCH), phase: __ENV['BATCH_PHASE'] || 'load' };
const phases = labPhases ?? ownLoad(secondsFrom('DURATION', '30s'), [numberFrom('RATE', RATE)]);
/** How long the last event may take: it waits for the others of its patient. */
const WAIT_S = secondsFrom('WAIT', '300s');

const repeatDiffers = new Counter('repeat_differs');
const processedAfter = new Trend('event_processed_ms', true);

export const options: Options = {
  scenarios: arrivalScenarios(phases, TIMEOUT_S),
  thresholds: {
    ...loadThresholds(phases),
    ...(labPhases
      ? {}
      : {
          producer_failed_msgs: ['count==0'],
          repeat_differs: ['count==0'],
          ...(isTimed ? { producer_latency_ms: [`p(99)<${ACCEPT_LIMIT_MS}`] } : {}),
        }),
  },
  summaryTrendStats: STATISTICS,
  teardownTimeout: TEARDOWN_TIMEOUT,
};

export const handleSummary = summaryWith(phases);

export function setup(): Run {
  requireReady();
  return beginRun(phases);
}

/** Of this VU. */
let events: MedicalEvents | undefined;

export default function (run: Run): void {
  const number = numberOfIteration();
  if (number === undefined) return;
  const phase = phaseOfVu(phases);
  events ??= new MedicalEvents(run, mix, new Date(run.startedAt).toISOString());
  const ofRun = events;
  const size = phase.name === batch.phase ? batch.size : 1;
  // The first of a batch sends it.
  if (number % size !== 0) return;
  const last = Math.min(number + size, phase.count);
  if (size === 1) send(ofRun.of(phase.name, number));
  else sendTogether(Array.from({ length: last - number }, (_, at) => ofRun.of(phase.name, number + at)));
}

const identityOf = ({ eventId, patientId, number }: PlannedEvent) => ({ eventId, patientId, text: `event ${number}` });
const post = (path: string, body: string, eventId: string) =>
  http.post(`${BASE_URL}${path}`, body, {
    headers: { ...headers, traceparent: traceparentOf(eventId) },
    timeout: TIMEOUT_S * 1000,
    responseType: 'text' as const,
  });
const reasonOf = (status: number) => (status === 0 ? 'no_answer' : `status_${status}`);

function send(event: PlannedEvent): void {
  const identity = identityOf(event);
  const startedMs = nowMs();
  recordSent(identity, {});
  const answer = post('/events', event.body, event.eventId);
  if (answer.status !== ACCEPTED) {
    recordFailed(identity, {}, reasonOf(answer.status));
    return;
  }
  recordAcked(identity, {}, nowMs() - startedMs);
  if (!event.isRepeated) return;
  const again = post('/events', event.body, event.eventId);
  // One that was not answered says nothing of the event.
  if (again.status !== 0 && again.status < SERVER_ERROR) repeatDiffers.add(again.body === answer.body ? 0 : 1);
}

function sendTogether(planned: readonly PlannedEvent[]): void {
  const [first] = planned;
  if (first === undefined) return;
  const startedMs = nowMs();
  for (const one of planned) recordSent(identityOf(one), {});
  const answer = post('/events/batch', `[${planned.map(({ body }) => body).join()}]`, first.eventId);
  const afterMs = nowMs() - startedMs;
  const isRead = answer.status === ACCEPTED || answer.status === MULTI_STATUS;
  const outcomes = isRead ? (answer.json('outcomes') as unknown as { status: number }[]) : [];
  planned.forEach((one, at) => {
    const status = outcomes[at]?.status ?? answer.status;
    if (status === ACCEPTED) recordAcked(identityOf(one), {}, afterMs);
    else recordFailed(identityOf(one), {}, reasonOf(status));
  });
}

export function teardown(run: Run): void {
  if (labPhases) return;
  const patients = Array.from({ length: mix.patients }, (_, number) => patientOf(run.runId, number));
  const read = [...whenEnded(patients, WAIT_S).values()];
  const laws = read.map(lawsOf);
  const sum = (of: (one: EventLaws) => number) => laws.reduce((total, one) => total + of(one), 0);
  const [unfinished, overlapping] = [sum((one) => one.unfinished), sum((one) => one.overlapping)];
  const found = read.reduce((total, { length }) => total + length, 0);
  const planned = phases.reduce((total, { count }) => total + count, 0);
  if (found !== planned) exec.test.fail(`${planned} events were sent, and ${found} are there`);
  if (unfinished > 0) exec.test.fail(`${unfinished} events were neither processed nor given up on after ${WAIT_S} s`);
  if (overlapping > 0) exec.test.fail(`${overlapping} events were begun while another of their patient was worked on`);
  for (const list of read) {
    for (const { acceptedAt, processedAt } of list) {
      if (processedAt !== undefined) processedAfter.add(Date.parse(processedAt) - Date.parse(acceptedAt));
    }
  }
}
