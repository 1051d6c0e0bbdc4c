import { hashPatientId } from '../../shared/observability/patient-id.ts';

/** A line of the log as read back. */
export interface LogEntry {
  readonly raw: string;
  readonly level: string;
  readonly message: string;
  /** ms since 1970, NaN if the line has no readable timestamp. */
  readonly timeMs: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What to show; every condition given must hold. */
export interface LogFilter {
  readonly function?: string | undefined;
  readonly event?: string | undefined;
  readonly patient?: string | undefined;
  readonly level?: LevelName | undefined;
  readonly sinceMs?: number | undefined;
  readonly grep?: string | undefined;
}

/** Ascending severity; TRACE and CRITICAL are Powertools' own. */
export const LEVEL_NAMES = ['trace', 'debug', 'info', 'warn', 'error', 'critical'] as const;
export type LevelName = (typeof LEVEL_NAMES)[number];

/** A level nobody knows counts as the most severe, so that its line is not hidden. */
function severity(level: string): number {
  const at = (LEVEL_NAMES as readonly string[]).indexOf(level.toLowerCase());
  return at < 0 ? LEVEL_NAMES.length : at;
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a line back. One that is not JSON (half a line, left by a crash) is shown as a message. */
export function readLogEntry(line: string): LogEntry {
  const fields = parse(line);
  if (fields === undefined) {
    const wrapped = { level: 'INFO', message: line };
    return { raw: JSON.stringify(wrapped), ...wrapped, timeMs: Number.NaN, fields: wrapped };
  }
  const { level, message, timestamp } = fields;
  return {
    raw: line,
    level: typeof level === 'string' ? level : 'INFO',
    message: typeof message === 'string' ? message : '',
    timeMs: typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN,
    fields,
  };
}

function concernsEvent({ eventId, eventIds }: LogEntry['fields'], id: string): boolean {
  return eventId === id || (Array.isArray(eventIds) && eventIds.includes(id));
}

/** The filter as a test of a line. `patientIdKey` is the key that the logger hashed patient ids with. */
export function entryMatcher(filter: LogFilter, patientIdKey: string): (entry: LogEntry) => boolean {
  const patient = filter.patient === undefined ? undefined : hashPatientId(filter.patient, patientIdKey);
  const grep = filter.grep?.toLowerCase();
  const least = filter.level === undefined ? undefined : severity(filter.level);
  return ({ raw, level, message, timeMs, fields }) =>
    (filter.function === undefined || fields['function'] === filter.function) &&
    (filter.event === undefined || concernsEvent(fields, filter.event)) &&
    // A hash may stand anywhere in a line: in a topic, in an error's message.
    (patient === undefined || raw.includes(patient)) &&
    (least === undefined || severity(level) >= least) &&
    (filter.sinceMs === undefined || timeMs >= filter.sinceMs) &&
    (grep === undefined || raw.toLowerCase().includes(grep) || message.toLowerCase().includes(grep));
}
