import type { EventContext } from './event-store.ts';

const STAGE = { stage: 'medical-events' } as const;
/**
 * Open connections at one endpoint. A change goes to each by a request of its own, 400 to 500 a second on two cores: to a hundred
 * in a quarter of a second.
 */
export const MAX_FEEDS = 100;

/** A connection that is told of changes. */
export interface Feed {
  connectionId: string;
  /** Undefined: of every patient. */
  patientId: string | undefined;
  endpoint: string;
}

/** A feed as it was read: how long it has been there. */
export interface OpenFeed extends Feed {
  ageMs: number;
}

// Two hours: a connection of API Gateway's is not open for longer (quotas of WebSocket APIs), nor one of serverless offline's.
const OPEN = `
  WITH over AS (
    DELETE FROM medical_events.feeds WHERE connected_at < clock_timestamp() - interval '2 hours'
  )
  INSERT INTO medical_events.feeds (connection_id, patient_id, endpoint)
  SELECT $1::text, $2::text, $3::text
  WHERE (SELECT count(*) FROM medical_events.feeds
    WHERE endpoint = $3 AND connection_id <> $1 AND connected_at >= clock_timestamp() - interval '2 hours') < $4
  ON CONFLICT (connection_id) DO UPDATE SET patient_id = excluded.patient_id
  RETURNING connection_id`;
const CLOSE = 'DELETE FROM medical_events.feeds WHERE connection_id = ANY ($1::text[])';
const READ = `
  SELECT connection_id, patient_id, endpoint, extract(epoch FROM clock_timestamp() - connected_at)::float8 * 1000 AS age_ms
  FROM medical_events.feeds WHERE endpoint = ANY ($1::text[])`;
const FORGET = `
  DELETE FROM medical_events.feeds
  WHERE endpoint = $1 AND connected_at < clock_timestamp() - make_interval(secs => $2::float8)`;

async function write(name: string, text: string, values: unknown[], context: EventContext): Promise<object[]> {
  const startedAt = performance.now();
  const rows = await context.database.query({ name, text, values });
  context.recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
  return rows;
}

/**
 * From now on changes are queued for the feed.
 * @returns false: there are too many at its endpoint; of some that come at the same moment a few more may get in
 * @throws TransientError when the database is away or slow
 */
export async function openFeed({ connectionId, patientId, endpoint }: Feed, context: EventContext): Promise<boolean> {
  const values = [connectionId, patientId ?? null, endpoint, MAX_FEEDS];
  return (await write('open-feed', OPEN, values, context)).length > 0;
}

/** Nothing is queued for these any more. @throws TransientError when the database is away or slow */
export async function closeFeeds(connectionIds: readonly string[], context: EventContext): Promise<void> {
  if (connectionIds.length > 0) await write('close-feeds', CLOSE, [connectionIds], context);
}

/** @throws TransientError when the database is away or slow */
export async function feedsAt(endpoints: readonly string[], context: EventContext): Promise<OpenFeed[]> {
  const startedAt = performance.now();
  const rows = await context.database.query<{
    connection_id: string;
    patient_id: string | null;
    endpoint: string;
    age_ms: number;
  }>({ name: 'read-feeds', text: READ, values: [endpoints] });
  context.recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  return rows.map(({ connection_id, patient_id, endpoint, age_ms }) => ({
    connectionId: connection_id,
    patientId: patient_id ?? undefined,
    endpoint,
    ageMs: age_ms,
  }));
}

/**
 * Removes what is older at an endpoint: connections of a server before this one, which ended without a word.
 * @param ageS how long the server has been there, by the database's clock and not this machine's
 * @throws TransientError when the database is away or slow
 */
export async function forgetFeedsBefore(endpoint: string, ageS: number, context: EventContext): Promise<void> {
  await write('forget-feeds', FORGET, [endpoint, ageS], context);
}
