// What staff were told of, read back through the public list of a stage.
import http, { type RefinedResponse } from 'k6/http';

export interface Notification {
  readonly eventId: string;
  readonly notifiedAt: string;
  /** Of stages that store. */
  readonly storedAt?: string;
}

export const BASE_URL = __ENV['BASE_URL'] ?? 'http://127.0.0.1:3000';
const PAGE = 500;

const headersWith = (token: string | undefined): Record<string, string> => ({
  'content-type': 'application/json',
  ...(token ? { authorization: `Bearer ${token}` } : {}),
});
/** Of what sends the load: a device. */
export const headers = headersWith(__ENV['HEARTLINE_TOKEN']);
/** Of who sets it up and reads what came of it: an administrator. */
export const staffHeaders = headersWith(__ENV['HEARTLINE_STAFF_TOKEN'] || __ENV['HEARTLINE_TOKEN']);

export function get(path: string): RefinedResponse<'text'> {
  return http.get(`${BASE_URL}${path}`, { headers: staffHeaders, responseCallback: http.expectedStatuses(200, 404) });
}

/** What staff are told of a run, read on from where the last reading ended: nothing appears behind a cursor. */
export class Told {
  /** By event id. */
  readonly seen = new Map<string, Notification[]>();
  private readonly stage: string;
  private readonly runId: string;
  private cursor: string;

  constructor(stage: string, run: { id: string; startedAt: number }) {
    this.stage = stage;
    this.runId = run.id;
    this.cursor = new Date(run.startedAt).toISOString();
  }

  /** Reads to the end of the list; says how many were new. */
  readOn(): number {
    let fresh = 0;
    for (;;) {
      const page = get(`/${this.stage}/notifications?since=${encodeURIComponent(this.cursor)}&limit=${PAGE}`);
      if (page.status !== 200) throw new Error(`${page.url} answers ${page.status || page.error}`);
      const { notifications, nextCursor } = page.json() as unknown as {
        notifications: Notification[];
        nextCursor?: string;
      };
      for (const notification of notifications) {
        if (!notification.eventId.startsWith(this.runId)) continue;
        this.seen.set(notification.eventId, [...(this.seen.get(notification.eventId) ?? []), notification]);
        fresh += 1;
      }
      if (nextCursor) this.cursor = nextCursor;
      if (notifications.length < PAGE || !nextCursor) return fresh;
    }
  }
}

/** By event id, all notifications of a run, in pages from its start. */
export function notificationsOf(stage: string, run: { id: string; startedAt: number }): Map<string, Notification[]> {
  const told = new Told(stage, run);
  told.readOn();
  return told.seen;
}
