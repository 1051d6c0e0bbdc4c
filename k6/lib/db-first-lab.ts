// The load of an experiment on healthcare stage 1: each planned message is one POST, at its time.
import http from 'k6/http';
import type { Options } from 'k6/options';
import { arrivalScenarios, numberOfIteration } from './arrivals.ts';
import { traceparentOf } from './identity.ts';
import { episodes, loadThresholds, type Run, secondsFrom } from './load.ts';
import { bodyOf, Messages } from './messages.ts';
import { BASE_URL, headers } from './notifications.ts';
import type { PlannedPhase } from './phases.ts';
import { recordAcked, recordFailed, recordSent } from './producer-metrics.ts';
import { STATISTICS } from './summary.ts';

/** With REDELIVER=1, one message in twenty (5 %) is posted twice. */
const REDELIVER_EVERY = 20;
/** What an iteration may take beside its requests. */
const ITERATION_EXTRA_S = 1;

const timeoutS = secondsFrom('HTTP_TIMEOUT', '10s');
const redelivers = __ENV['REDELIVER'] === '1';

export function labOptions(phases: readonly PlannedPhase[]): Options {
  const longestIterationS = timeoutS * (redelivers ? 2 : 1) + ITERATION_EXTRA_S;
  return {
    scenarios: arrivalScenarios(phases, longestIterationS),
    thresholds: loadThresholds(phases),
    summaryTrendStats: STATISTICS,
  };
}

let messages: Messages | undefined;

export function labIteration(run: Run): void {
  const number = numberOfIteration();
  if (number === undefined) return;
  messages ??= new Messages(run, episodes);
  const { identity, alert } = messages.of(String(__ENV['PHASE']), number);
  const body = bodyOf(alert);
  const params = {
    headers: { ...headers, traceparent: traceparentOf(identity.eventId) },
    timeout: timeoutS * 1000,
  };
  const post = () => http.post(`${BASE_URL}/db-first/alerts`, body, params);
  recordSent(identity, {});
  const answer = post();
  if (answer.status === 201 || answer.status === 200) recordAcked(identity, {}, answer.timings.duration);
  else recordFailed(identity, {}, answer.status === 0 ? 'no_answer' : `status_${answer.status}`);
  if (redelivers && number % REDELIVER_EVERY === REDELIVER_EVERY - 1) post();
}
