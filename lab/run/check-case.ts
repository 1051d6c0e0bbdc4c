import { runIdOf } from '../../k6/lib/identity.ts';
import { checkDelivery } from '../checker/index.ts';
import { checkConservation } from '../conservation/check-conservation.ts';
import { readStock, untilAtRest } from '../conservation/read-books.ts';
import { NO_PROMISE } from '../experiment/schema.ts';
import { checkLanes } from '../lanes/check-lanes.ts';
import { LISTS } from '../measure/delivered-list.ts';
import { readDelivered } from '../measure/delivered-reader.ts';
import type { CheckedDelivery } from '../measure/from-checker.ts';
import type { K6Recorder } from '../measure/k6-recorder.ts';
import { type PhaseWindow, phaseNamer } from '../measure/selector.ts';
import type { CaseRun } from './run-case.ts';

/** Every id begins with it: on a stack of its own nobody but the load sends. */
const ANY_ID = '';
/** The list of a stage at rest is read once through. */
const AT_REST_QUIET_MS = 500;

export interface Checked extends CheckedDelivery {
  /** False when something was still delivered at the end of the wait. */
  readonly complete: boolean;
}

/** What is checked, and where. */
type CheckedRun = Pick<CaseRun, 'seed' | 'signal'> & {
  readonly experiment: Pick<CaseRun['experiment'], 'conservation' | 'delivered' | 'ordered' | 'promise' | 'subject'>;
  readonly case: Pick<CaseRun['case'], 'ordered' | 'promise' | 'query'>;
  readonly target: { readonly isOwn: boolean; readonly stack: { readonly endpoints: { readonly http: string } } };
};

/**
 * Compares what was sent with what was delivered; what nobody sent shows too. Where a stage keeps books, adds them up; where it lists attempts, looks at
 * each patient's.
 */
export async function checkCase(
  run: CheckedRun,
  recorder: K6Recorder,
  windows: readonly PhaseWindow[],
): Promise<Checked> {
  const { experiment, case: one, target, seed } = run;
  const { conservation: paths, subject } = experiment;
  const baseUrl = target.stack.endpoints.http;
  const books = paths && { baseUrl, paths, query: one.query, signal: run.signal };
  const rest = books && (await untilAtRest(books));
  const { delivered, orders, attempts, complete } = await readDelivered({
    baseUrl,
    path: experiment.delivered,
    list: LISTS[subject],
    query: one.query,
    sinceMs: windows[0]?.fromMs ?? 0,
    of: { prefix: target.isOwn ? ANY_ID : runIdOf(String(seed)) },
    ...(rest?.atRest ? { quietMs: AT_REST_QUIET_MS } : {}),
  });
  const history = { sent: recorder.history(), delivered };
  const own = one.promise === NO_PROMISE ? undefined : one.promise;
  const promise = { kind: own ?? experiment.promise, ordered: one.ordered ?? experiment.ordered };
  const verdict = checkDelivery(history, promise, { groupAt: phaseNamer(windows) });
  const asked = history.sent.map(({ key }) => key);
  const conservation =
    books && rest
      ? checkConservation({ stock: await readStock(books, orders, asked), orders, report: rest.report })
      : undefined;
  const lanes = subject === 'events' ? checkLanes(attempts) : undefined;
  return { history, verdict, conservation, lanes, complete: complete && (rest?.atRest ?? true) };
}
