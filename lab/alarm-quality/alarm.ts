import type { Severity } from '../../shared/alerts/alert-kinds.ts';
import type { AlertEvent } from '../../shared/vitals/alert-event.ts';

/** One alert of an alerter, from its start to its end. Times are epoch ms. */
export interface Alarm {
  readonly alertId: string;
  readonly rule: string;
  /** With its rule: `threshold/HR/low`. */
  readonly condition: string;
  readonly category: 'physiological' | 'technical';
  /** The highest that it had; null: its alerter knows none. */
  readonly priority: Severity | null;
  readonly onsetMs: number;
  /** When the message came that it was told of. */
  readonly toldMs: number;
  /** When the message came with which it ended; infinite: it was open at the end of the recording. */
  readonly endMs: number;
  /** While its priority was high. */
  readonly high: readonly Span[];
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** An event, and when the message came that it was told of. */
export interface ToldEvent {
  readonly event: AlertEvent;
  readonly toldMs: number;
}

/** The alerts that an alerter's events tell of. A start is an alert, whatever was told before: so one that is told twice is two. */
export function alarmsOf(told: readonly ToldEvent[]): Alarm[] {
  return told.flatMap(({ event: start, toldMs }, at) => {
    if (start.type !== 'start') return [];
    const later = told.slice(at + 1).filter(({ event }) => event.alertId === start.alertId && event.type !== 'start');
    const end = later.find(({ event }) => event.type === 'end');
    const endMs = end?.toldMs ?? Number.POSITIVE_INFINITY;
    const levels = [{ event: start, toldMs }, ...later.filter(({ event }) => event.type !== 'end')];
    const high = levels.flatMap(({ event, toldMs: fromMs }, level): Span[] =>
      event.priority === 'high' ? [{ fromMs, toMs: levels[level + 1]?.toldMs ?? endMs }] : [],
    );
    const { alertId, rule, condition, category } = start;
    const priority = highest(levels.map(({ event }) => event.priority));
    return [{ alertId, rule, condition, category, priority, onsetMs: Date.parse(start.onset), toldMs, endMs, high }];
  });
}

const highest = (priorities: readonly Severity[]): Severity =>
  priorities.find((one) => one === 'high') ?? priorities.find((one) => one === 'medium') ?? 'low';
