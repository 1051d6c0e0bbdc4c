import { setTimeout as sleep } from 'node:timers/promises';
import { asRole } from '../../shared/access/local-token.ts';

/** A notification as the API gives it; the feed shows these fields only. */
export interface FeedNotification {
  eventId: string;
  ward: string;
  patientId: string;
  kind: string;
  severity: string;
  storedAt: string;
  notifiedAt: string;
}

const POLL_MS = 500;
const PAGE = 200;
const TIMEOUT_MS = 5_000;

/** Stages whose alerts come to staff, each with its own list. */
const STAGES = ['db-first', 'at-least-once'];

/** Follows what staff are told, from now on, through the public API. An API that does not answer is asked again. */
export async function followNotifications(
  http: string,
  onNotification: (notification: FeedNotification) => void,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(STAGES.map((stage) => followStage(`${http}/${stage}`, onNotification, signal)));
}

async function followStage(
  stage: string,
  onNotification: (notification: FeedNotification) => void,
  signal: AbortSignal,
): Promise<void> {
  let cursor = new Date().toISOString();
  while (!signal.aborted) {
    const page = await nextPage(stage, cursor);
    for (const notification of page?.notifications ?? []) onNotification(notification);
    if (page?.nextCursor) cursor = page.nextCursor;
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined); // aborted: the loop's own condition ends it
  }
}

async function nextPage(
  stage: string,
  cursor: string,
): Promise<{ notifications: FeedNotification[]; nextCursor?: string } | undefined> {
  const url = `${stage}/notifications?since=${encodeURIComponent(cursor)}&limit=${PAGE}`;
  try {
    const answer = await fetch(url, { headers: await asRole('technician'), signal: AbortSignal.timeout(TIMEOUT_MS) });
    return answer.ok
      ? ((await answer.json()) as { notifications: FeedNotification[]; nextCursor?: string })
      : undefined;
  } catch {
    return undefined; // away for the moment
  }
}
