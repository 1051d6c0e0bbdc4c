-- Up Migration

CREATE SCHEMA medical_events;

CREATE TABLE medical_events.events (
  event_id text COLLATE "C" PRIMARY KEY CHECK (event_id ~ '^[A-Za-z0-9._:-]{1,128}$'),
  patient_id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  ts timestamptz NOT NULL,
  data jsonb NOT NULL,
  -- SHA-256 of what the client sent: the same event id with other content is another event's.
  fingerprint text COLLATE "C" NOT NULL,
  accepted_at timestamptz NOT NULL,
  status text NOT NULL CHECK (status IN ('queued', 'processing', 'processed', 'failed', 'dead')),
  -- Counted as they begin: one that ends the process has been one.
  attempts integer NOT NULL DEFAULT 0,
  worker text,
  -- The record that it was begun from: another one with the same event is a repetition.
  consumer text,
  stream_offset bigint,
  started_at timestamptz,
  processed_at timestamptz,
  processing_duration_ms integer,
  -- {status, message, error?}
  result jsonb,
  -- Its ts is before one of the patient's that was processed already.
  late boolean,
  CHECK ((status = 'processed') = (processed_at IS NOT NULL AND late IS NOT NULL))
-- A row is written three times: its new versions find room beside it, and no index changes (HOT).
) WITH (fillfactor = 50);
-- A patient's events by time; the patient alone is its beginning.
CREATE INDEX events_by_patient ON medical_events.events (patient_id, ts, event_id);
CREATE TABLE medical_events.patients (
  patient_id text COLLATE "C" PRIMARY KEY,
  -- The latest ts of an event that was processed.
  last_ts timestamptz NOT NULL
) WITH (fillfactor = 50);

-- What was tried: each attempt that came to an end, or was found to have come to none (`lost`: its worker is gone, or was overtaken).
CREATE TABLE medical_events.attempts (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id text COLLATE "C" NOT NULL,
  -- Of the event, from 1 on; one that was given back has no number of its own.
  attempt integer NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('processed', 'failed', 'dead', 'returned', 'lost')),
  error text,
  worker text,
  consumer text,
  stream_offset bigint,
  started_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL
);
-- Who is told of changes as they happen: open connections of the WebSocket API.
CREATE TABLE medical_events.feeds (
  connection_id text COLLATE "C" PRIMARY KEY,
  -- Null: of every patient.
  patient_id text COLLATE "C",
  -- Of the management API that reaches the connection.
  endpoint text COLLATE "C" NOT NULL,
  connected_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- Of two changes of an event the later has the higher number: it is taken while the event's row is locked.
CREATE SEQUENCE medical_events.change_numbers;
DO $$
DECLARE
  queue text;
BEGIN
  FOREACH queue IN ARRAY ARRAY['medical_events_changes', 'medical_events_changes_dlq'] LOOP
    IF NOT EXISTS (SELECT FROM pgmq.meta WHERE queue_name = queue) THEN
      PERFORM pgmq.create(queue);
    END IF;
  END LOOP;
END
$$;
-- Queues changes for whoever listens, a message an endpoint, so that one endpoint that is away holds up no other's. Not called
-- where there are no changes (STRICT), and they are not collected where there are no feeds. Its callers call it in a WITH query, which
-- is computed once; a subquery beside the rows may be computed for each of them.
CREATE FUNCTION medical_events.tell(
  event_ids text[], patients text[], types text[], statuses text[], attempts integer[], times timestamptz[]
) RETURNS bigint STRICT LANGUAGE sql AS $$
  SELECT count(*) FROM (
    SELECT array_agg(jsonb_build_object('endpoint', endpoint, 'number', nextval('medical_events.change_numbers'),
      'eventId', event_id, 'patientId', patient_id, 'type', type, 'status', status, 'attempts', attempt, 'at', at)) AS messages
    FROM (
      SELECT c.*, f.endpoint
      FROM unnest(event_ids, patients, types, statuses, attempts, times) WITH ORDINALITY
        AS c (event_id, patient_id, type, status, attempt, at, place)
      CROSS JOIN LATERAL (
        SELECT DISTINCT f.endpoint FROM medical_events.feeds AS f
        -- No connection of API Gateway's is open for longer.
        WHERE (f.patient_id IS NULL OR f.patient_id = c.patient_id) AND f.connected_at > clock_timestamp() - interval '2 hours'
      ) AS f
      ORDER BY c.place
    ) AS change
  ) AS told, pgmq.send_batch('medical_events_changes', told.messages)
  WHERE told.messages IS NOT NULL
$$;

-- Whoever begins or ends events proves that its consumer still owns the partition: the row stays as it is until the commit.
CREATE FUNCTION medical_events.owned(consumers text[], epochs bigint[]) RETURNS text[] LANGUAGE sql AS $$
  SELECT coalesce(array_agg(consumer), '{}') FROM (
    SELECT c.consumer FROM idempotency.consumers AS c
    JOIN (SELECT DISTINCT unnest(consumers) AS consumer, unnest(epochs) AS epoch) AS mine USING (consumer, epoch)
    ORDER BY c.consumer FOR SHARE OF c
  ) AS o
$$;

-- Begins events, each once in the arrays. Of each: `run` with its number of attempt; `done`: it has ended, by another record, or this
-- one is a repetition; `dead`: given up on, by this very record; `different`: the event id is another event's; `fenced`: another worker
-- owns the partition by now, and nothing was done.
CREATE FUNCTION medical_events.begin_events(
  event_ids text[], patients text[], types text[], times timestamptz[], contents jsonb[], fingerprints text[], accepted timestamptz[],
  consumers text[], epochs bigint[], offsets bigint[], the_worker text, attempts_max integer
) RETURNS TABLE (place integer, outcome text, attempt integer) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  mine text[];
BEGIN
  mine := medical_events.owned(consumers, epochs);
  RETURN QUERY
  WITH item AS (
    SELECT i.place::integer, i.event_id, i.patient_id, i.type, i.ts, i.data, i.fingerprint, i.accepted_at, i.consumer,
      i.stream_offset, i.consumer IS NULL OR i.consumer = ANY (mine) AS is_mine
    FROM unnest(event_ids, patients, types, times, contents, fingerprints, accepted, consumers, offsets)
      WITH ORDINALITY AS i (event_id, patient_id, type, ts, data, fingerprint, accepted_at, consumer, stream_offset, place)
  ), lost AS (
    INSERT INTO medical_events.attempts (event_id, attempt, outcome, error, worker, consumer, stream_offset, started_at, ended_at)
    SELECT e.event_id, e.attempts, CASE WHEN e.attempts >= attempts_max THEN 'dead' ELSE 'lost' END,
      CASE WHEN e.attempts >= attempts_max THEN 'attempts_exhausted' END,
      e.worker, e.consumer, e.stream_offset, e.started_at, clock_timestamp()
    FROM item JOIN medical_events.events AS e USING (event_id, consumer, stream_offset, fingerprint)
    WHERE item.is_mine AND (e.status = 'processing' OR e.status = 'failed' AND e.attempts >= attempts_max)
  ), begun AS (
    INSERT INTO medical_events.events AS e (event_id, patient_id, type, ts, data, fingerprint, accepted_at, status, attempts,
      worker, consumer, stream_offset, started_at)
    SELECT event_id, patient_id, type, ts, data, fingerprint, accepted_at, 'processing', 1, the_worker, consumer, stream_offset,
      clock_timestamp()
    FROM item WHERE is_mine ORDER BY event_id
    ON CONFLICT (event_id) DO UPDATE SET
      -- As many attempts as there may be have begun, and none has ended: they end the process.
      status = CASE WHEN e.attempts >= attempts_max AND e.status <> 'dead' THEN 'dead' ELSE 'processing' END,
      attempts = CASE WHEN e.status = 'dead' THEN 1 WHEN e.attempts >= attempts_max THEN e.attempts ELSE e.attempts + 1 END,
      result = CASE WHEN e.attempts >= attempts_max AND e.status <> 'dead' THEN coalesce(e.result, jsonb_build_object(
        'status', 'error', 'message', 'No attempt came to an end.', 'error', 'attempts_exhausted')) ELSE e.result END,
      worker = the_worker, started_at = clock_timestamp(),
      consumer = excluded.consumer, stream_offset = excluded.stream_offset
    WHERE e.fingerprint = excluded.fingerprint AND (
      e.status = 'queued'
      -- Begun before, from this record: again. From another one: this is a repetition, which waits for that one no more than it has to.
      OR e.status IN ('processing', 'failed')
        AND (e.stream_offset IS NULL OR e.consumer IS NOT DISTINCT FROM excluded.consumer AND e.stream_offset = excluded.stream_offset)
      -- Given up on, and sent again behind that: redriven.
      OR e.status = 'dead' AND e.consumer IS NOT DISTINCT FROM excluded.consumer AND e.stream_offset < excluded.stream_offset)
    RETURNING e.event_id, e.status, e.attempts, e.patient_id, e.type, e.accepted_at, e.started_at, old.event_id IS NULL AS is_new
  ), change AS (
    SELECT event_id, patient_id, type, status, attempts, started_at AS at FROM begun
    -- The stream was faster than the row: that it was queued is told here.
    UNION ALL SELECT event_id, patient_id, type, 'queued', 0, accepted_at FROM begun WHERE is_new
  ), live AS (
    SELECT medical_events.tell(array_agg(event_id ORDER BY attempts), array_agg(patient_id ORDER BY attempts),
      array_agg(type ORDER BY attempts), array_agg(status ORDER BY attempts), array_agg(attempts ORDER BY attempts),
      array_agg(at ORDER BY attempts))
    FROM change WHERE EXISTS (SELECT FROM medical_events.feeds)
  )
  SELECT item.place,
    CASE WHEN NOT item.is_mine THEN 'fenced' WHEN b.status = 'dead' THEN 'dead' WHEN b.status IS NOT NULL THEN 'run' END, b.attempts
  FROM item LEFT JOIN begun AS b ON b.event_id = item.event_id CROSS JOIN live;
END
$$;

-- Why events were not begun; a statement of its own sees what others did meanwhile.
CREATE FUNCTION medical_events.not_begun(event_ids text[], fingerprints text[], consumers text[], offsets bigint[])
RETURNS TABLE (place integer, outcome text) LANGUAGE sql STABLE AS $$
  SELECT i.place::integer, CASE
      WHEN e.fingerprint <> i.fingerprint THEN 'different'
      WHEN e.status = 'dead' AND e.consumer IS NOT DISTINCT FROM i.consumer AND e.stream_offset = i.stream_offset THEN 'dead'
      ELSE 'done'
    END
  FROM unnest(event_ids, fingerprints, consumers, offsets) WITH ORDINALITY AS i (event_id, fingerprint, consumer, stream_offset, place)
  JOIN medical_events.events AS e USING (event_id)
$$;

-- Ends attempts, each event once in the arrays; an attempt that is not the newest of its event, or whose consumer has lost the
-- partition, changes nothing, and its place does not come back.
CREATE FUNCTION medical_events.end_events(
  event_ids text[], attempt_numbers integer[], consumers text[], epochs bigint[], outcomes text[], results jsonb[], durations integer[]
) RETURNS TABLE (place integer, late boolean, accepted_at timestamptz, processed_at timestamptz) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  mine text[];
BEGIN
  mine := medical_events.owned(consumers, epochs);
  RETURN QUERY
  WITH item AS (
    SELECT i.*, i.outcome = 'returned' AS is_returned FROM unnest(event_ids, attempt_numbers, consumers, outcomes, results, durations)
      WITH ORDINALITY AS i (event_id, attempt, consumer, outcome, result, duration_ms, place)
    WHERE i.consumer IS NULL OR i.consumer = ANY (mine)
  ), ended AS (
    UPDATE medical_events.events AS e SET
      status = CASE WHEN i.is_returned THEN 'queued' ELSE i.outcome END,
      attempts = e.attempts - i.is_returned::integer,
      result = CASE WHEN i.is_returned THEN e.result ELSE i.result END,
      processing_duration_ms = CASE WHEN i.is_returned THEN e.processing_duration_ms ELSE i.duration_ms END,
      processed_at = CASE i.outcome WHEN 'processed' THEN clock_timestamp() END,
      late = CASE i.outcome WHEN 'processed' THEN
        coalesce(e.ts < (SELECT p.last_ts FROM medical_events.patients AS p WHERE p.patient_id = e.patient_id), false) END
    FROM item AS i
    WHERE e.event_id = i.event_id AND e.attempts = i.attempt AND e.status = 'processing'
    RETURNING i.place::integer AS place, i.attempt, i.outcome, e.event_id, e.patient_id, e.type, e.ts, e.status, e.attempts, e.late,
      e.accepted_at, e.processed_at, e.result, e.worker, e.consumer, e.stream_offset, e.started_at
  ), tried AS (
    INSERT INTO medical_events.attempts (event_id, attempt, outcome, error, worker, consumer, stream_offset, started_at, ended_at)
    SELECT event_id, attempt, outcome, CASE WHEN outcome <> 'returned' THEN result->>'error' END, worker, consumer, stream_offset,
      started_at, coalesce(processed_at, clock_timestamp())
    FROM ended
  ), told AS (
    INSERT INTO medical_events.patients AS p (patient_id, last_ts)
    SELECT patient_id, max(ts) FROM ended WHERE outcome = 'processed' GROUP BY patient_id ORDER BY patient_id
    ON CONFLICT (patient_id) DO UPDATE SET last_ts = excluded.last_ts WHERE p.last_ts < excluded.last_ts
  ), live AS (
    SELECT medical_events.tell(array_agg(event_id), array_agg(patient_id), array_agg(type), array_agg(status),
      array_agg(attempts), array_agg(coalesce(processed_at, clock_timestamp())))
    FROM ended WHERE EXISTS (SELECT FROM medical_events.feeds)
  )
  SELECT ended.place, ended.late, ended.accepted_at, ended.processed_at FROM ended CROSS JOIN live;
END
$$;

-- Down Migration

SELECT pgmq.drop_queue('medical_events_changes');
SELECT pgmq.drop_queue('medical_events_changes_dlq');
DROP SCHEMA medical_events CASCADE;
