import { formatMs, formatNumber } from '../report/figures.ts';
import type { Expectation } from '../vitals/expectations.ts';
import type { AlertsOutcome } from './run-alerts.ts';

const SHOWN_P99_MS = 1_000;
const BURST_MS = 2_000;
/** A worker's partitions are taken over within it, and what it held of a queue is given to another. */
const KILLED_MS = 10_000;

/** What is expected of a run, and whether it held. */
export function expectationsOf({ phases, fates, burst, load }: AlertsOutcome): Expectation[] {
  const none = (says: string, ids: readonly string[], of: number): Expectation => ({
    says,
    expected: '0',
    measured: `${formatNumber(ids.length)} of ${formatNumber(of)}`,
    holds: ids.length === 0 && of > 0,
  });
  const within = (says: string, measuredMs: number | undefined, limitMs: number): Expectation => ({
    says,
    expected: `< ${formatMs(limitMs)}`,
    measured: measuredMs === undefined ? '–' : formatMs(measuredMs),
    holds: measuredMs !== undefined && measuredMs < limitMs,
  });
  const quiet = phases.find(({ phase }) => phase.name === 'ward');
  const killed = phases.flatMap(({ phase, maxMs }) => (phase.kills === undefined ? [] : (maxMs ?? Number.NaN)));
  return [
    {
      says: 'the load was applied in time',
      expected: 'yes',
      measured: load.applied ? 'yes' : 'no',
      holds: load.applied,
    },
    within('reading to wall, p99, the ward as on any day', quiet?.p99Ms, SHOWN_P99_MS),
    within('reading to wall, longest as something is killed', Math.max(...killed), KILLED_MS),
    within('a burst of alerts, until the last is on a wall', burst.shownMs, BURST_MS),
    none('alerts told and not on the desk', fates.missing, fates.alerts),
    none('alerts on the desk that nothing called for', fates.invented, fates.alerts),
    none('alerts that no wall has shown', fates.unseen, fates.alerts),
    none('alerts with a change that is not audited', fates.unaudited, fates.alerts),
    none('acknowledgements answered and lost', fates.acknowledgementsLost, fates.acknowledged),
    none('notifications without a delivery', fates.undelivered, fates.alerts),
    none('pages confirmed that the pager never had', fates.pagesLost, fates.pages),
    none('pages that nothing called for', fates.pagesInvented, fates.pages),
    none('pages more than twice, or another body', fates.pagesRepeated, fates.pages),
    {
      says: 'pages still to be sent at the end',
      expected: '0',
      measured: formatNumber(fates.pending),
      holds: fates.pending === 0,
    },
    {
      says: 'older walls that came behind newer ones',
      expected: '0',
      measured: formatNumber(fates.stale),
      holds: fates.stale === 0,
    },
  ];
}
