// What has to hold of the events of a run when it is over.

export interface ReadEvent {
  readonly eventId: string;
  readonly status: 'queued' | 'processing' | 'processed' | 'failed' | 'dead';
  readonly acceptedAt: string;
  readonly startedAt?: string;
  readonly processedAt?: string;
}

/** Nothing more is to come. */
export const isEnded = ({ status }: ReadEvent) => status === 'processed' || status === 'dead';

export interface EventLaws {
  /** Not at their end. */
  readonly unfinished: number;
  /** Of a patient, begun while an earlier one was worked on. */
  readonly overlapping: number;
}

/** Of one patient. Of those that were given up on nobody knows when their last attempt ended. */
export function lawsOf(events: readonly ReadEvent[]): EventLaws {
  const spans = events
    .filter(({ status }) => status === 'processed')
    .map(({ startedAt = '', processedAt = '' }) => ({ from: Date.parse(startedAt), to: Date.parse(processedAt) }))
    .sort((one, other) => one.from - other.from);
  let [overlapping, busyUntilMs] = [0, 0];
  for (const { from, to } of spans) {
    if (from < busyUntilMs) overlapping += 1;
    busyUntilMs = Math.max(busyUntilMs, to);
  }
  return { unfinished: events.filter((event) => !isEnded(event)).length, overlapping };
}
