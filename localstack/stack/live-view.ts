import pc from 'picocolors';
import type { WardCounters } from '../ward/counters.ts';
import { statusLine } from '../ward/status-line.ts';
import type { FeedNotification } from './notification-feed.ts';

const COLUMNS = 80;
const SHOWN_NOTIFICATIONS = 5;
const REDRAW_MS = 500;
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
 */
export function startLiveView(
  output: NodeJS.WriteStream,
  counters: () => Readonly<WardCounters> | undefined,
): LiveView {
  const terminal = output.isTTY === true;
  const latest: FeedNotification[] = [];
  let total = 0;
  let drawnLines = 0;

  const lines = (): string[] => {
    const now = counters();
    const width = Math.min(output.columns ?? COLUMNS, COLUMNS) - 1;
    const told = `${total} notifications to staff`;
    return [
      ...(now ? [statusLine(now, width)] : []),
      `${told}${latest.length > 0 ? '; the latest:' : ''}`,
      ...latest.map((one) => notificationLine(one)),
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
    output.write(`${now ? `${statusLine(now)}, ` : ''}${total} notifications to staff\n`);
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

function notificationLine(one: FeedNotification): string {
  const colour = PRIORITY_COLOURS[one.severity] ?? String;
  const afterMs = Date.parse(one.notifiedAt) - Date.parse(one.storedAt);
  const priority = colour(one.severity.toUpperCase().padEnd(PRIORITY_COLUMNS));
  const what = `${one.kind.padEnd(KIND_COLUMNS)} ${one.ward}, ${one.patientId}`;
  return `  ${one.notifiedAt.slice(11, 19)}  ${priority}  ${what}  ${pc.dim(`${afterMs} ms after the alert was stored`)}`;
}
