import type { AttemptOutcome } from './run-store.ts';

// A partition's events as they should be, in memory: what the tests compare the database with.

interface ModelEvent {
  content: number;
  ts: number;
  status: 'queued' | 'processing' | 'processed' | 'failed' | 'dead';
  attempts: number;
  offset: number | undefined;
  late: boolean | undefined;
}

export interface Asked {
  eventId: string;
  patientId: string;
  /** Two with one id and different content are two events. */
  content: number;
  ts: number;
}

/** An attempt as its worker knows it. */
export interface Running {
  asked: Asked;
  attempt: number;
  epoch: number;
}

/** `<event> <number> <how it ended>`, in the order in which they ended or were found lost. */
type Tried = string;

export function modelEvents(attemptsMax: number) {
  const events = new Map<string, ModelEvent>();
  const tried: Tried[] = [];
  const lastTs = new Map<string, number>();
  let epoch = 1;

  return {
    events,
    tried,
    takeOver(): void {
      epoch += 1;
    },
    epoch: () => epoch,
    accept({ eventId, content, ts }: Asked): 'new' | 'same' | 'different' {
      const known = events.get(eventId);
      if (known !== undefined) return known.content === content ? 'same' : 'different';
      events.set(eventId, { content, ts, status: 'queued', attempts: 0, offset: undefined, late: undefined });
      return 'new';
    },
    begin({ eventId, content, ts }: Asked, offset: number, by: number): string {
      if (by !== epoch) return 'fenced';
      const known = events.get(eventId);
      if (known === undefined) {
        events.set(eventId, { content, ts, status: 'processing', attempts: 1, offset, late: undefined });
        return 'run 1';
      }
      if (known.content !== content) return 'different';
      if (known.status === 'processed') return 'done';
      if (known.status === 'dead') {
        if (known.offset === offset) return 'dead';
        if (offset < (known.offset ?? 0)) return 'done';
        Object.assign(known, { status: 'processing', attempts: 1, offset });
        return 'run 1';
      }
      const isOwn = known.status === 'queued' || known.offset === undefined || known.offset === offset;
      if (!isOwn) return 'done';
      const isLast = known.attempts >= attemptsMax;
      if (known.status === 'processing' || (known.status === 'failed' && isLast))
        tried.push(`${eventId} ${known.attempts} ${isLast ? 'dead' : 'lost'}`);
      known.offset = offset;
      if (isLast) {
        known.status = 'dead';
        return 'dead';
      }
      known.attempts += 1;
      known.status = 'processing';
      return `run ${known.attempts}`;
    },
    end({ asked: { eventId, patientId }, attempt, epoch: by }: Running, outcome: AttemptOutcome): string {
      const known = events.get(eventId);
      if (by !== epoch || known?.status !== 'processing' || known.attempts !== attempt) return 'fenced';
      tried.push(`${eventId} ${attempt} ${outcome}`);
      if (outcome === 'returned') Object.assign(known, { status: 'queued', attempts: attempt - 1 });
      else known.status = outcome;
      if (outcome !== 'processed') return 'stored';
      const last = lastTs.get(patientId) ?? Number.NEGATIVE_INFINITY;
      known.late = known.ts < last;
      lastTs.set(patientId, Math.max(last, known.ts));
      return 'stored';
    },
  };
}
