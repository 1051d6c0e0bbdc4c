import { formatFigure, formatNumber } from '../report/figures.ts';
import type { CauseCounts, Quality } from './quality.ts';

export interface Expectation {
  readonly says: string;
  readonly expected: string;
  readonly measured: string;
  /** Null: these recordings have nothing of the kind. */
  readonly holds: boolean | null;
}

/** What debounced, hysteretic limits save at the least: delays alone halve a monitor's alarms (Görges et al., Anesth Analg 2009). */
const FEWER_AT_LEAST = 0.6;

interface Found extends Pick<Quality, 'fewer' | 'causes' | 'spurious'> {
  /** Of the rules, in all. */
  readonly alerts: number;
}

/** What is expected of the default rules, and whether these recordings bear it out. */
export function expectationsOf({ fewer, causes, spurious, alerts }: Found): Expectation[] {
  return [
    {
      says: 'fewer alerts a bed and day',
      expected: `≥ ${formatFigure(FEWER_AT_LEAST, 'share')}`,
      measured: formatFigure(fewer, 'share'),
      holds: fewer !== null && fewer >= FEWER_AT_LEAST,
    },
    ...causes.map(expectationOf),
    {
      says: 'alerts without a cause in the data',
      expected: '0',
      measured: formatNumber(spurious),
      holds: alerts === 0 && spurious === 0 ? null : spurious === 0,
    },
  ];
}

const SAYS: Readonly<Record<CauseCounts['cause'], string>> = {
  episode: 'episodes not told once, at once',
  severe: 'severe values not told at once, as high',
  sustained: 'values beyond a limit not told in time',
  gap: 'gaps in the data not told in time',
};

function expectationOf({ cause, count, alerted }: CauseCounts): Expectation {
  const isThere = count > 0;
  return {
    says: SAYS[cause],
    expected: '0',
    measured: isThere ? `${formatNumber(count - alerted)} of ${formatNumber(count)}` : '—',
    holds: isThere ? alerted === count : null,
  };
}
