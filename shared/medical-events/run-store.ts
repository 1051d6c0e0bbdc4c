import type { RecordMetric } from '../observability/catalogue.ts';
import type { Database } from '../postgres/database.ts';
import { contentFingerprint, type MedicalEvent } from './event-message.ts';
import type { EventResult } from './stored-event.ts';
import { together } from './together.ts';

const STAGE = { stage: 'medical-events' } as const;

/** The record that an event is begun from. */
export interface EventSource {
  /** Undefined: of no stream's partition, as in an invocation by hand; nothing is fenced then. */
  owner: { consumer: string; epoch: bigint } | undefined;
  offset: bigint;
}

/**
 * `run`: the caller's to process now; `done`: it has ended, or is another record's; `dead`: given up on from this very record, whose
 * dead letter may be missing; `different`: its id is another event's; `fenced`: another worker owns the partition.
 */
type Begun = { outcome: 'run'; attempt: number } | { outcome: 'done' | 'dead' | 'different' | 'fenced' };

interface Beginning {
  event: MedicalEvent;
  source: EventSource;
}

/** How an attempt ended; `returned`: it was cut short, and does not count. */
export type AttemptOutcome = 'processed' | 'failed' | 'dead' | 'returned';

interface Ending {
  eventId: string;
  attempt: number;
  source: EventSource;
  outcome: AttemptOutcome;
  result: EventResult;
  durationMs: number;
}

/** Undefined: the attempt was not the newest, or the partition is another worker's: nothing was stored. */
export type Ended = { late: boolean; afterMs: number | undefined } | 'fenced';

/** Begins and ends attempts. Calls that are made while a statement is under way go together in the next. */
export interface EventRuns {
  begin(beginning: Beginning): Promise<Begun>;
  end(ending: Ending): Promise<Ended>;
}

const BEGIN = `
  SELECT place, outcome, attempt FROM medical_events.begin_events($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::jsonb[],
    $6::text[], $7::timestamptz[], $8::text[], $9::bigint[], $10::bigint[], $11::text, $12::integer)`;
const NOT_BEGUN =
  'SELECT place, outcome FROM medical_events.not_begun($1::text[], $2::text[], $3::text[], $4::bigint[])';
const END = `
  SELECT place, late, accepted_at, processed_at FROM medical_events.end_events($1::text[], $2::integer[], $3::text[], $4::bigint[],
    $5::text[], $6::jsonb[], $7::integer[])`;

const consumersOf = (sources: readonly EventSource[]) => sources.map(({ owner }) => owner?.consumer ?? null);
const epochsOf = (sources: readonly EventSource[]) => sources.map(({ owner }) => owner && String(owner.epoch));
const offsetsOf = (sources: readonly EventSource[]) => sources.map(({ offset }) => String(offset));

export interface EventRunOptions {
  /** That of the moment. */
  database: () => Database;
  recordMetric: RecordMetric;
  /** Who processes, for the event's row. */
  worker: string;
  attemptsMax: number;
}

export function eventRuns({ database, recordMetric, worker, attemptsMax }: EventRunOptions): EventRuns {
  async function timed<Row extends object>(name: string, text: string, values: unknown[]): Promise<Row[]> {
    const startedAt = performance.now();
    const rows = await database().query<Row & Record<string, unknown>>({ name, text, values });
    recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
    return rows;
  }

  async function beginAll(group: readonly Beginning[]): Promise<Begun[]> {
    const events = group.map(({ event }) => event);
    const sources = group.map(({ source }) => source);
    const ids = events.map(({ eventId }) => eventId);
    const fingerprints = events.map(contentFingerprint);
    const rows = await timed<{ place: number; outcome: Begun['outcome'] | null; attempt: number }>(
      'begin-events',
      BEGIN,
      [
        ids,
        events.map(({ patientId }) => patientId),
        events.map(({ type }) => type),
        events.map(({ ts }) => ts),
        events.map(({ data }) => JSON.stringify(data)),
        fingerprints,
        events.map(({ acceptedAt }) => acceptedAt),
        consumersOf(sources),
        epochsOf(sources),
        offsetsOf(sources),
        worker,
        attemptsMax,
      ],
    );
    const begun = new Map<number, Begun>();
    for (const { place, outcome, attempt } of rows) {
      if (outcome === 'run') begun.set(place, { outcome, attempt });
      else if (outcome !== null) begun.set(place, { outcome });
    }
    if (begun.size < group.length) {
      const others = [ids, fingerprints, consumersOf(sources), offsetsOf(sources)];
      for (const { place, outcome } of await timed<{ place: number; outcome: 'done' }>(
        'not-begun',
        NOT_BEGUN,
        others,
      )) {
        if (!begun.has(place)) begun.set(place, { outcome });
      }
    }
    return group.map((_, index) => begun.get(index + 1) ?? { outcome: 'fenced' });
  }

  async function endAll(group: readonly Ending[]): Promise<Ended[]> {
    const sources = group.map(({ source }) => source);
    const rows = await timed<{ place: number; late: boolean | null; accepted_at: Date; processed_at: Date | null }>(
      'end-events',
      END,
      [
        group.map(({ eventId }) => eventId),
        group.map(({ attempt }) => attempt),
        consumersOf(sources),
        epochsOf(sources),
        group.map(({ outcome }) => outcome),
        group.map(({ result }) => JSON.stringify(result)),
        group.map(({ durationMs }) => Math.round(durationMs)),
      ],
    );
    const ended = new Map<number, Ended>();
    for (const { place, late, accepted_at, processed_at } of rows) {
      const afterMs = processed_at === null ? undefined : processed_at.getTime() - accepted_at.getTime();
      ended.set(place, { late: late === true, afterMs });
    }
    return group.map((_, index) => ended.get(index + 1) ?? 'fenced');
  }

  return {
    begin: together({
      keyOf: ({ event }: Beginning) => event.eventId,
      sizeOf: ({ event }) => JSON.stringify(event.data).length,
      send: beginAll,
    }),
    end: together({
      keyOf: ({ eventId }: Ending) => eventId,
      sizeOf: ({ result }) => result.message.length,
      send: endAll,
    }),
  };
}
