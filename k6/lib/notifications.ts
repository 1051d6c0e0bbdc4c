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

export const headers: Record<string, string> = {
  'content-type': 'application/json',
  ...(__ENV['TOKEN'] ? { authorization: `Bearer ${__ENV['TOKEN']}` } : {}),
};

export function get(path: string): RefinedResponse<'text'> {
  return http.get(`${BASE_URL}${path}`, { headers, responseCallback: http.expectedStatuses(200, 404) });
}

/** By event id, all notifications of a run, in pages from its start. */
export function notificationsOf(stage: string, run: { id: string; startedAt: number }): Map<string, Notification[]> {
  const seen = new Map<string, Notification[]>();
  let cursor = new Date(run.startedAt).toISOString();
  for (;;) {
    const page = get(`/${stage}/notifications?since=${encodeURIComponent(cursor)}&limit=${PAGE}`);
    if (page.status !== 200) throw new Error(`${page.url} answers ${page.status || page.error}`);
    const { notifications, nextCursor } = page.json() as unknown as {
      notifications: Notification[];
      nextCursor?: string;
    };
    for (const notification of notifications) {
      if (!notification.eventId.startsWith(run.id)) continue;
      seen.set(notification.eventId, [...(seen.get(notification.eventId) ?? []), notification]);
    }
    if (notifications.length < PAGE || !nextCursor) return seen;
    cursor = nextCursor;
  }
}
