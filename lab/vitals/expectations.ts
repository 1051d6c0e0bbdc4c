import { formatMs, formatNumber, shareOf } from '../report/figures.ts';
import type { VitalsOutcome } from './run-vitals.ts';

export interface Expectation {
  readonly says: string;
  readonly expected: string;
  readonly measured: string;
  readonly holds: boolean;
}

const ALERT_P99_MS = 1_000;
const TAKEOVER_MS = 5_000;
/** What the design that this is measured against gives a reading on one of its 44 cores. */
const JUDGING_MS = 10;
/** The rest comes a little later: what is stored is looked at once a second. */
const STORED_SHARE = 0.95;
const KILL = 'kill';

/** What is expected of a run, and whether it held. */
export function expectationsOf({ phases, fidelity, judgingP99Ms, load }: VitalsOutcome): Expectation[] {
  const quiet = phases.filter(({ phase }) => phase.name !== KILL);
  // A part in which nothing was to be told has none; a run without any has failed.
  const p99s = quiet.flatMap(({ p99Ms }) => p99Ms ?? []);
  const slowest = p99s.length > 0 ? Math.max(...p99s) : Number.NaN;
  const takeover = phases.find(({ phase }) => phase.name === KILL)?.maxMs ?? Number.NaN;
  const stored = Math.min(...quiet.map(({ storedPerS, storable }) => storedPerS / storable));
  const none = (says: string, ids: readonly string[]): Expectation => ({
    says,
    expected: '0',
    measured: `${formatNumber(ids.length)} of ${formatNumber(fidelity.wanted)}`,
    holds: ids.length === 0 && fidelity.wanted > 0,
  });
  return [
    {
      says: 'the load was applied in time',
      expected: 'yes',
      measured: load.applied ? 'yes' : 'no',
      holds: load.applied,
    },
    none('alert events missed', fidelity.missed),
    none('alert events that nothing called for', fidelity.invented),
    none('alert events told otherwise than without a crash', fidelity.different),
    {
      says: 'reading to alert, p99, in each part but the kill',
      expected: `< ${formatMs(ALERT_P99_MS)}`,
      measured: formatMs(slowest),
      holds: slowest < ALERT_P99_MS,
    },
    {
      says: 'reading to alert, longest as a worker is killed',
      expected: `< ${formatMs(TAKEOVER_MS)}`,
      measured: formatMs(takeover),
      holds: takeover < TAKEOVER_MS,
    },
    {
      says: 'judging a reading, p99 of batches',
      expected: `≤ ${formatMs(JUDGING_MS)}`,
      measured: judgingP99Ms === undefined ? '–' : formatMs(judgingP99Ms),
      holds: judgingP99Ms !== undefined && judgingP99Ms <= JUDGING_MS,
    },
    {
      says: 'readings stored beside it, of those that can be',
      expected: `≥ ${shareOf(STORED_SHARE, 1)}`,
      measured: shareOf(stored, 1),
      holds: stored >= STORED_SHARE,
    },
  ];
}
