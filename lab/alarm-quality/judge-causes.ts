import type { Alarm, Span } from './alarm.ts';
import type { Cause } from './causes.ts';

export const VERDICTS = ['alerted', 'late', 'missed', 'twice'] as const;

export interface JudgedCause extends Cause {
  readonly verdict: (typeof VERDICTS)[number];
  /** The first that tells of it; undefined: none does. */
  readonly alarm: Alarm | undefined;
  /** From the onset to what has to be told of it; 0 where it was open before. */
  readonly delayMs: number | undefined;
}

/** One monitor that is silent has one alert, not one a kind. */
const DEVICE_SILENT = 'no-data/device';

/** What an alarm has to show for a cause: of an episode its onset, of a severe value high priority, of others that it is open. */
function coverOf({ cause }: Cause, alarm: Alarm): readonly Span[] {
  if (cause === 'severe') return alarm.high;
  return [{ fromMs: alarm.toldMs, toMs: alarm.endMs }];
}

/** Whether each cause was told of: once, in time, and for as long as it lasted. */
export function judgeCauses(causes: readonly Cause[], alarms: readonly Alarm[]): JudgedCause[] {
  const byCondition = Map.groupBy(alarms, ({ condition }) => condition);
  return causes.map((cause) => {
    const own = byCondition.get(cause.condition) ?? [];
    const candidates = cause.cause === 'gap' ? [...own, ...(byCondition.get(DEVICE_SILENT) ?? [])] : own;
    return cause.cause === 'episode' ? judgeEpisode(cause, candidates) : judgeState(cause, candidates);
  });
}

/** An episode is told by an alarm that began in it. */
function judgeEpisode(cause: Cause, candidates: readonly Alarm[]): JudgedCause {
  const { onsetMs, lastMs, allowedMs } = cause;
  const within = candidates.filter((alarm) => alarm.onsetMs >= onsetMs && alarm.onsetMs <= lastMs);
  const [alarm] = within;
  if (alarm === undefined) return { ...cause, verdict: 'missed', alarm, delayMs: undefined };
  const delayMs = alarm.toldMs - onsetMs;
  const verdict = within.length > 1 ? 'twice' : delayMs > allowedMs ? 'late' : 'alerted';
  return { ...cause, verdict, alarm, delayMs };
}

/** A state is told by an alarm that is open until it is over, whichever of the same state it began with. */
function judgeState(cause: Cause, candidates: readonly Alarm[]): JudgedCause {
  const { onsetMs, lastMs, allowedMs } = cause;
  const covers = candidates
    .flatMap((alarm) => coverOf(cause, alarm).map((span) => ({ alarm, ...span })))
    .filter(({ fromMs, toMs }) => fromMs <= lastMs && toMs > onsetMs)
    .toSorted((one, other) => one.fromMs - other.fromMs);
  const [first] = covers;
  if (first === undefined || !isToTheEnd(cause, covers)) {
    return { ...cause, verdict: 'missed', alarm: first?.alarm, delayMs: undefined };
  }
  const delayMs = Math.max(0, first.fromMs - onsetMs);
  const verdict = isTwice(cause, covers) ? 'twice' : delayMs > allowedMs ? 'late' : 'alerted';
  return { ...cause, verdict, alarm: first.alarm, delayMs };
}

interface Cover extends Span {
  readonly alarm: Alarm;
}

/** What ended a gap may end its alarm at the same moment; the last value beyond a limit may not. And no alarm comes down in between. */
function isToTheEnd({ cause, lastMs }: Cause, covers: readonly Cover[]): boolean {
  if (cause === 'gap') return covers.some(({ toMs }) => toMs >= lastMs);
  return covers.some(({ toMs }) => toMs > lastMs) && new Set(covers.map(({ alarm }) => alarm)).size === covers.length;
}

/** Of a gap alarms may follow one another, where the whole monitor was silent in it. */
function isTwice({ cause }: Cause, covers: readonly Cover[]): boolean {
  if (cause !== 'gap') return covers.length > 1;
  return covers.some((one, at) =>
    covers.slice(0, at).some(({ alarm, toMs }) => alarm.condition === one.alarm.condition && toMs > one.fromMs),
  );
}
