import type { AlertEvent } from '../../shared/vitals/alert-event.ts';
import { distribution } from '../checker/quantile.ts';
import type { Wanted } from '../vitals/oracle.ts';
import type { Evidence } from './evidence-store.ts';
import type { Phase } from './timeline.ts';

/** From the reading on its device to the wall of its ward, of alerts that began in this part. */
export interface PhaseFigures {
  readonly phase: Phase;
  readonly readings: number;
  readonly alerts: number;
  /** To the desk, p99. */
  readonly deskMs: number | undefined;
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  readonly maxMs: number | undefined;
}

export interface Facts {
  readonly wanted: ReadonlyMap<string, Wanted>;
  readonly seconds: ReadonlyMap<number, { readonly readings: number }>;
  /** By alert id, epoch ms. */
  readonly seen: ReadonlyMap<string, number>;
  readonly evidence: Evidence;
  readonly taken: ReadonlyMap<string, { readonly times: number; readonly differs: boolean }>;
  readonly acknowledged: ReadonlyMap<string, number>;
  readonly stale: number;
  /** What came later (epoch ms) need not be there yet. */
  readonly throughMs: number;
}

/** What became of it all. Each list is of ids, and should be empty. */
export interface Fates {
  readonly alerts: number;
  /** Told by the alerter, and not on the desk. */
  readonly missing: readonly string[];
  /** On the desk by a rule of the alerter, and never told by it. */
  readonly invented: readonly string[];
  /** On the desk, and on no wall at any time; but for those whose place the condition's next episode took before a wall was made. */
  readonly unseen: readonly string[];
  readonly unaudited: readonly string[];
  readonly acknowledged: number;
  /** Answered 200, and not in the audit trail at that version. */
  readonly acknowledgementsLost: readonly string[];
  readonly undelivered: readonly string[];
  readonly pages: number;
  /** Said to be confirmed, and never taken by the pager. */
  readonly pagesLost: readonly string[];
  /** Taken, and nobody's. */
  readonly pagesInvented: readonly string[];
  /** Taken more than twice, or with another body. */
  readonly pagesRepeated: readonly string[];
  readonly pagesTwice: number;
  readonly pending: number;
  readonly stale: number;
}

const MS_PER_S = 1_000;
/** Of alerts that the desk itself makes. */
const OWN_RULES: ReadonlySet<string> = new Set(['unassigned', 'delivery']);
const TIMES_MAX = 2;

export function fatesOf(facts: Facts): Fates {
  const { wanted, evidence, seen, taken, acknowledged, throughMs, stale } = facts;
  const told = new Set([...wanted.values()].map(({ event }) => event.alertId));
  const due = new Set(
    [...wanted.values()].filter(({ causedMs }) => causedMs <= throughMs).map(({ event }) => event.alertId),
  );
  const onDesk = [...evidence.alerts];
  const pages = [...evidence.pages];
  return {
    alerts: onDesk.length,
    missing: [...due].filter((id) => !evidence.alerts.has(id)),
    invented: onDesk.flatMap(([id, { rule }]) => (OWN_RULES.has(rule) || told.has(id) ? [] : [id])),
    unseen: [...due].filter((id) => evidence.alerts.has(id) && !seen.has(id) && !evidence.superseded.has(id)),
    unaudited: evidence.unaudited,
    acknowledged: acknowledged.size,
    acknowledgementsLost: [...acknowledged].flatMap(([id, version]) =>
      evidence.acknowledgements.get(id)?.includes(version) ? [] : [id],
    ),
    undelivered: evidence.undelivered,
    pages: taken.size,
    pagesLost: pages.flatMap(([id, state]) => (state === 'confirmed' && !taken.has(id) ? [id] : [])),
    pagesInvented: [...taken.keys()].filter((id) => !evidence.pages.has(id)),
    pagesRepeated: [...taken].flatMap(([id, { times, differs }]) => (times > TIMES_MAX || differs ? [id] : [])),
    pagesTwice: [...taken.values()].filter(({ times }) => times === TIMES_MAX).length,
    pending: evidence.pending,
    stale,
  };
}

export function phaseFigures(phase: Phase, zeroMs: number, facts: Facts): PhaseFigures {
  const { wanted, seconds, seen, evidence } = facts;
  const [fromMs, toMs] = [zeroMs + phase.fromS * MS_PER_S, zeroMs + phase.toS * MS_PER_S];
  const isWithin = (ms: number) => ms >= fromMs && ms < toMs;
  let readings = 0;
  for (const [second, counted] of seconds) if (isWithin(second * MS_PER_S)) readings += counted.readings;
  const starts = [...wanted.values()].filter(({ event, causedMs }) => isBegunByReading(event) && isWithin(causedMs));
  const spreadOf = (whenMs: (alertId: string) => number | undefined) =>
    distribution(
      starts
        .flatMap(({ event }) => (whenMs(event.alertId) ?? Number.NaN) - Date.parse(event.at))
        .filter(Number.isFinite),
    );
  const spread = spreadOf((id) => seen.get(id));
  return {
    phase,
    readings: (readings * MS_PER_S) / (toMs - fromMs),
    alerts: starts.length,
    deskMs: spreadOf((id) => evidence.alerts.get(id)?.openedAtMs)?.p99,
    p50Ms: spread?.p50,
    p99Ms: spread?.p99,
    maxMs: spread?.max,
  };
}

/** Decided by a reading, not by time that has passed. */
const isBegunByReading = ({ type, rule }: AlertEvent) => type === 'start' && rule !== 'no-data';
