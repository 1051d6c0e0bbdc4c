// Load for the inventory stage: customers buy, at a rate that rises evenly past what the stage can take; one request in twenty
// repeats an earlier one, key and body. The run fails if an iteration is dropped (the load was then not the one claimed), a
// repetition is answered with other bytes, an accepted purchase is not decided, or orders and stock do not add up.
//
// With PHASES it is the load of an experiment instead (README.md), and judges only whether that load was applied.
//
//   npm run k6 -- purchase -e VIA=async -e SKUS=1000
import type { Options } from 'k6/options';
import { arrivalScenarios, rampOf, rampScenario, rampVus } from './lib/arrivals.ts';
import { beginRun, labPhases, loadThresholds, numberFrom, type Run, runIdentity, secondsFrom } from './lib/load.ts';
import { auditOrders, auditScenario, remember, WAIT_S } from './lib/order-audit.ts';
import { lastOrderNumber } from './lib/orders.ts';
import { shiftS } from './lib/phases.ts';
import { PATIENCE_S, via } from './lib/purchase-client.ts';
import { purchaseIteration } from './lib/purchase-iteration.ts';
import { mix, stockOf } from './lib/purchase-settings.ts';
import { purchaseSummary, REASON_THRESHOLDS } from './lib/purchase-summary.ts';
import { judge } from './lib/purchase-verdict.ts';
import { requireReady } from './lib/require-ready.ts';
import { setUpStock } from './lib/stock.ts';
import { STATISTICS, summaryWith } from './lib/summary.ts';

/** What an iteration may take beside its requests. */
const ITERATION_EXTRA_S = 1;
const LONGEST_ITERATION_S = PATIENCE_S + ITERATION_EXTRA_S;
/**
 * When a ramp's time is over, k6 leaves out what it has not begun, and does not call it dropped: the last message always, more on a
 * busy machine, all the more if it cannot keep up. So much may be left out, of the whole or of the last rate.
 */
const LEFT_OUT_SHARE = 0.01;
const LEFT_OUT_S = 0.1;
/** 1,000 products through a slow link. */
const SETUP_TIMEOUT = '2m';
const TEARDOWN_TIMEOUT = '5m';
/** Requests at once, of setup and of those who ask after orders. */
const AT_ONCE = 20;

const ramp = rampOf('load', secondsFrom('DURATION', '30s'), numberFrom('RATE_LOW', 50), numberFrom('RATE_HIGH', 600));
const leftOut = Math.max(ramp.count * LEFT_OUT_SHARE, Math.max(ramp.from, ramp.to) * LEFT_OUT_S);
const vus = rampVus(ramp);
const isAudited = !labPhases && via !== 'naive';
const auditStartS = shiftS([ramp]) + ramp.durationS + LONGEST_ITERATION_S;

/** Naive purchases keep none of the promises; how far they are from it is what is measured. */
const guardedThresholds: Record<string, string[]> =
  via === 'naive' ? {} : { repeat_differs: ['count==0'], purchases_undecided: ['count==0'] };

const ownOptions: Options = {
  scenarios: {
    load: rampScenario(ramp, LONGEST_ITERATION_S),
    ...(isAudited ? { audit: auditScenario(vus, auditStartS, ramp.count) } : {}),
  },
  thresholds: {
    dropped_iterations: ['count==0'],
    producer_sent_msgs: [`count>=${Math.floor(ramp.count - leftOut)}`],
    purchases_accepted: ['count>0'],
    ...guardedThresholds,
    ...REASON_THRESHOLDS,
  },
};

export const options: Options = {
  ...(labPhases
    ? { scenarios: arrivalScenarios(labPhases, LONGEST_ITERATION_S), thresholds: loadThresholds(labPhases) }
    : ownOptions),
  summaryTrendStats: STATISTICS,
  batch: AT_ONCE,
  batchPerHost: AT_ONCE,
  setupTimeout: SETUP_TIMEOUT,
  teardownTimeout: TEARDOWN_TIMEOUT,
};

export const handleSummary = labPhases ? summaryWith(labPhases) : purchaseSummary(ramp.count);

interface PurchaseRun extends Run {
  /** Of the last order before the run. */
  readonly orderNumber: number;
}

export function setup(): PurchaseRun {
  requireReady();
  const identity = runIdentity();
  const units = stockOf(ramp.count);
  setUpStock(identity.runId, units);
  const orderNumber = isAudited ? lastOrderNumber() : 0;
  const total = units.reduce((sum, one) => sum + one, 0);
  console.log(
    `by ${via}: ${total} units of ${mix.skus} products; decisions are waited for up to ${WAIT_S} s after the load`,
  );
  return { ...beginRun(labPhases ?? [ramp], identity), orderNumber };
}

export default function (run: PurchaseRun): void {
  const reply = purchaseIteration(run);
  if (reply && isAudited) remember(reply);
}

export function audit(): void {
  auditOrders(vus, ramp.count);
}

export function teardown({ runId, orderNumber }: PurchaseRun): void {
  if (!labPhases) judge(runId, mix.skus, orderNumber);
}
