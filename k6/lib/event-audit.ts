// What became of the events of a run, read back patient by patient.
import { sleep } from 'k6';
import { isEnded, type ReadEvent } from './event-laws.ts';
import { get } from './notifications.ts';

const PAGE = 180;
const POLL_S = 1;

/** A patient's events, all of them. */
function eventsOf(patientId: string): ReadEvent[] {
  const events: ReadEvent[] = [];
  let cursor = '';
  for (;;) {
    const page = get(`/patients/${patientId}/events?limit=${PAGE}${cursor && `&cursor=${cursor}`}`);
    if (page.status !== 200) throw new Error(`${page.url} answers ${page.status || page.error}`);
    const { events: more, nextCursor } = page.json() as unknown as { events: ReadEvent[]; nextCursor?: string };
    events.push(...more);
    if (nextCursor === undefined) return events;
    cursor = nextCursor;
  }
}

/** Reads until all of these patients' events have ended, for so long at most. */
export function whenEnded(patients: readonly string[], waitS: number): Map<string, ReadEvent[]> {
  const found = new Map<string, ReadEvent[]>();
  const untilMs = Date.now() + waitS * 1000;
  for (const patient of patients) {
    let events = eventsOf(patient);
    while (!events.every(isEnded) && Date.now() < untilMs) {
      sleep(POLL_S);
      events = eventsOf(patient);
    }
    found.set(patient, events);
  }
  return found;
}
