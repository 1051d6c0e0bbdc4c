-- Up Migration

-- A response is a second version of its key's row: with room in the same page it needs no second entry in the index.
ALTER TABLE idempotency.once SET (fillfactor = 45);

-- The put of shared/idempotency for this table, planned once a connection: planning took most of its time. The plan of a
-- prepared statement could be one from when the table was small, which reads all of it until the next ANALYZE; here none can
-- be, since the only way to the row by its key is the primary key's index once no sequential scan is to be had.
-- $1: lock_timeout in milliseconds; then an array a column: id, status, what is left of the times in milliseconds, validation.
CREATE FUNCTION idempotency.put_records(text, text[], text[], float8[], float8[], text[])
  RETURNS TABLE (turn text, won text, status text, expiry_in_ms text, in_progress_expiry_in_ms text, data text, validation text)
  LANGUAGE plpgsql
  SET enable_seqscan = off
  SET plan_cache_mode = force_generic_plan
AS $function$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH asked AS MATERIALIZED (
    SELECT i.* FROM (SELECT set_config('lock_timeout', coalesce($1::text, current_setting('lock_timeout')), true) OFFSET 0) AS bounded,
      unnest($2::text[], $3::text[], $4::float8[], $5::float8[], $6::text[]) WITH ORDINALITY AS i (k1, status, expiry_in_ms, in_progress_expiry_in_ms, validation, turn)
  ), live AS MATERIALIZED (
    SELECT asked.turn, held."status" AS status, (extract(epoch FROM held."expiration" - statement_timestamp()) * 1000)::float8::text AS expiry_in_ms,
    (extract(epoch FROM held."in_progress_expiration" - statement_timestamp()) * 1000)::float8::text AS in_progress_expiry_in_ms, held."data"::text AS data, held."validation" AS validation
    FROM asked CROSS JOIN LATERAL (SELECT * FROM "idempotency"."keys" AS held WHERE held."id" = asked.k1 OFFSET 0) AS held
    WHERE NOT (held."expiration" < statement_timestamp()
    OR (held."status" = 'INPROGRESS' AND coalesce(held."in_progress_expiration" < statement_timestamp(), false)))
  ), put AS (
    INSERT INTO "idempotency"."keys" AS held ("id", "status", "expiration", "in_progress_expiration", "validation")
    SELECT asked.k1, asked.status, statement_timestamp() + asked.expiry_in_ms * interval '1 millisecond', statement_timestamp() + asked.in_progress_expiry_in_ms * interval '1 millisecond', asked.validation
    FROM asked WHERE NOT EXISTS (SELECT FROM live WHERE live.turn = asked.turn) ORDER BY asked.turn
    ON CONFLICT ("id") DO UPDATE SET "status" = EXCLUDED."status", "expiration" = EXCLUDED."expiration",
      "in_progress_expiration" = EXCLUDED."in_progress_expiration", "validation" = EXCLUDED."validation", "data" = NULL
    WHERE (held."expiration" < statement_timestamp()
    OR (held."status" = 'INPROGRESS' AND coalesce(held."in_progress_expiration" < statement_timestamp(), false)))
    RETURNING held."id"
  )
  SELECT asked.turn::text AS turn, 'yes' AS won, NULL AS status, NULL AS expiry_in_ms, NULL AS in_progress_expiry_in_ms,
    NULL AS data, NULL AS validation FROM put AS held JOIN asked ON held."id" = asked.k1
  UNION ALL SELECT turn::text, 'no', status, expiry_in_ms, in_progress_expiry_in_ms, data, validation FROM live;
END
$function$;

-- Down Migration

DROP FUNCTION idempotency.put_records(text, text[], text[], float8[], float8[], text[]);
ALTER TABLE idempotency.once RESET (fillfactor);
