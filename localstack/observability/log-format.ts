import pc from 'picocolors';
import type { LogEntry } from './log-entry.ts';

const DEFAULT_COLUMNS = 80;
/** Narrower, and the first line has no room beside the fixed columns (38): the terminal may break lines itself. */
const NARROWEST_COLUMNS = 60;
const LEVEL_WIDTH = 5;
/** The longest function name of the project fits; a longer one is cut so that messages stay in one column. */
const FUNCTION_WIDTH = 18;
const INDENT = '    ';
/** Shown in columns, or the same on every line. */
const SHOWN_APART = new Set(['level', 'timestamp', 'message', 'function', 'source', 'service', 'error']);
/** Enough of a trace id to tell traces apart, and for --grep to find the rest by. */
const TRACE_ID_SHOWN = 8;
/** What moves the cursor, hides or reorders text: a device chooses some of what is logged. */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}]/gu;

type Colors = ReturnType<typeof pc.createColors>;

function safe(text: string): string {
  return text.replaceAll(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function time(timeMs: number): string {
  const placeholder = '--:--:--.---';
  return Number.isNaN(timeMs) ? placeholder : new Date(timeMs).toISOString().slice(11, 23);
}

function column(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}

function levelColor(colors: Colors, level: string): (text: string) => string {
  if (level === 'ERROR' || level === 'CRITICAL') return colors.red;
  if (level === 'WARN') return colors.yellow;
  return level === 'INFO' ? colors.green : colors.dim;
}

function valueText(name: string, value: unknown): string {
  if (name === 'traceId') return String(value).slice(0, TRACE_ID_SHOWN);
  if (typeof value !== 'string') return JSON.stringify(value) ?? '';
  return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

/** "code: message <- code: message", from an error to its first cause. */
function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { code, name, message, cause }: { code?: unknown; name?: unknown; message?: unknown; cause?: unknown } = error;
  const own = `${String(code ?? name ?? 'Error')}: ${String(message ?? '')}`;
  return cause === undefined ? own : `${own} <- ${errorText(cause)}`;
}

function stackOf(error: unknown): string[] {
  const stack = typeof error === 'object' && error !== null && 'stack' in error ? error.stack : undefined;
  return typeof stack === 'string'
    ? stack
        .split('\n')
        .slice(1)
        .map((line) => line.trim())
    : [];
}

/** Words in lines of at most `width`; a longer word is broken. The first line may be shorter: `first`. */
function wrap(words: readonly string[], width: number, first = width): string[] {
  const lines: string[] = [''];
  let room = first;
  for (const word of words) {
    let rest = word;
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + rest.length <= room) {
      lines[lines.length - 1] = `${line} ${rest}`;
      continue;
    }
    if (line !== '') {
      lines.push('');
      room = width;
    }
    while (rest.length > room) {
      lines[lines.length - 1] = rest.slice(0, room);
      rest = rest.slice(room);
      lines.push('');
      room = width;
    }
    lines[lines.length - 1] = rest;
  }
  return lines;
}

/**
 * An entry for a terminal: time (UTC), level, function, message, then key=value; what does not fit into `columns` goes
 * on to indented lines. Control characters are shown, not sent.
 */
export function formatEntry(entry: LogEntry, options: { columns?: number | undefined; color: boolean }): string {
  const colors = pc.createColors(options.color);
  const columns = Math.max(options.columns ?? DEFAULT_COLUMNS, NARROWEST_COLUMNS);
  const level = entry.level.toUpperCase();
  const origin = entry.fields['function'] ?? entry.fields['source'] ?? entry.fields['service'] ?? '';
  const head = [
    time(entry.timeMs),
    column(safe(level), LEVEL_WIDTH),
    column(safe(String(origin)), FUNCTION_WIDTH),
  ] as const;
  const room = columns - head.join(' ').length - 1;
  const below = columns - INDENT.length;

  const message = wrap(safe(entry.message).split(' '), below, room);
  const pairs = Object.entries(entry.fields)
    .filter(([name, value]) => !SHOWN_APART.has(name) && value !== undefined)
    .map(([name, value]) => `${safe(name)}=${safe(valueText(name, value))}`);
  const onFirst = message.length === 1 && [...message, ...pairs].join(' ').length <= room;
  const { error } = entry.fields;

  const firstLine = [
    colors.dim(head[0]),
    levelColor(colors, level)(head[1]),
    colors.cyan(head[2]),
    message[0] ?? '',
    ...(onFirst && pairs.length > 0 ? [colors.dim(pairs.join(' '))] : []),
  ].join(' ');
  const more = [
    ...message.slice(1),
    ...(onFirst || pairs.length === 0 ? [] : wrap(pairs, below).map(colors.dim)),
    ...(error === undefined ? [] : wrap(safe(errorText(error)).split(' '), below).map(colors.red)),
    ...stackOf(error).flatMap((line) => wrap(safe(line).split(' '), below).map(colors.dim)),
  ];
  return [firstLine.trimEnd(), ...more.map((line) => `${INDENT}${line}`)].join('\n');
}
