import pc from 'picocolors';
import { type VitalsCounters, vitalsLine } from '../vitals-ward/vitals-counters.ts';
import type { WardCounters } from '../ward/counters.ts';
import { statusLine } from '../ward/status-line.ts';
import type { FeedNotification } from './notification-feed.ts';

const COLUMNS = 80;
const SHOWN_NOTIFICATIONS = 5;
const REDRAW_MS = 500;
const ROWS = 24;
/** The status line, the count and the line of the cursor. */
const HEADER_LINES = 3;
const PIPE_LINE_MS = 10_000;

export interface LiveView {
  notified(notification: FeedNotification): void;
  /** A line of its own above the view. */
  say(text: string): void;
  stop(): void;
}

/**
 * The ward, live: counts and the latest notifications, redrawn in place at a terminal; in a pipe one line every ten seconds.
 * @param counters undefined when no ward is replayed
 * @param vitals undefined when no vital signs are sent
 */
export function startLiveView(
  output: NodeJS.WriteStream,
  counters: () => Readonly<WardCounters> | undefined,
  vitals: () => VitalsCounters | undefined = () => undefined,
): LiveView {
  const terminal = output.isTTY === true;
  const latest: FeedNotification[] = [];
  let total = 0;
  let drawnLines = 0;

  const lines = (): string[] => {
    const now = counters();
    const signs = vitals();
    const width = Math.min(output.columns ?? COLUMNS, COLUMNS) - 1;
    const room = (output.rows ?? ROWS) - HEADER_LINES - (signs ? 1 : 0);
    const shown = latest.slice(0, Math.max(0, room));
    return [
      ...(now ? [statusLine(now, width)] : []),
      ...(signs ? [vitalsLine(signs, width)] : []),
      `${total} notifications to staff${shown.length > 0 ? '; the latest:' : ''}`.slice(0, width),
      ...shown.map((one) => notificationLine(one, width)),
    ];
  };
  const erase = () => {
    if (drawnLines > 0) output.write(`\u001b[${drawnLines}A\u001b[0J`);
    drawnLines = 0;
  };
  const draw = () => {
    erase();
    const text = lines();
    output.write(`${text.join('\n')}\n`);
    drawnLines = text.length;
  };
  const print = () => {
    const now = counters();
    const signs = vitals();
    const ward = [...(now ? [statusLine(now)] : []), ...(signs ? [vitalsLine(signs)] : [])];
    output.write(`${[...ward, `${total} notifications to staff`].join(', ')}\n`);
  };
  const timer = setInterval(terminal ? draw : print, terminal ? REDRAW_MS : PIPE_LINE_MS);
  return {
    notified(notification) {
      total += 1;
      latest.unshift(notification);
      latest.length = Math.min(latest.length, SHOWN_NOTIFICATIONS);
    },
    say(text) {
      if (terminal) erase();
      output.write(`${text}\n`);
    },
    stop() {
      clearInterval(timer);
      if (terminal) draw();
      else print();
    },
  };
}

/** IEC 60601-1-8's colours of the priorities. */
const PRIORITY_COLOURS: Record<string, (text: string) => string> = { high: pc.red, medium: pc.yellow, low: pc.cyan };
const PRIORITY_COLUMNS = 6;
const KIND_COLUMNS = 5;
/** Characters of a colour's start and end, which take no column. */
const COLOUR_CODES = 10;

/** Never longer than the terminal is wide: a line that wraps cannot be redrawn in place. */
function notificationLine(one: FeedNotification, width: number): string {
  const afterMs = Date.parse(one.notifiedAt) - Date.parse(one.storedAt);
  const time = `  ${one.notifiedAt.slice(11, 19)}  `;
  const priority = one.severity.toUpperCase().padEnd(PRIORITY_COLUMNS);
  const what = `  ${one.kind.padEnd(KIND_COLUMNS)} ${one.ward}, ${one.patientId}`;
  const room = Math.max(0, width - time.length - priority.length);
  const rest = `${what}  ${afterMs} ms after the alert was stored`.slice(0, room);
  const colour = PRIORITY_COLOURS[one.severity] ?? String;
  return `${time}${colour(priority)}${rest}`.slice(0, width + COLOUR_CODES);
}
