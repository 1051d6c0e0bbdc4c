-- Up Migration

CREATE SCHEMA at_most_once;

CREATE TABLE at_most_once.notifications (
  -- The order staff page through: that of commit, see record_in_turn below.
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Not unique, on purpose: what arrives twice is told twice.
  event_id uuid NOT NULL,
  patient_id text NOT NULL CHECK (length(patient_id) BETWEEN 1 AND 64),
  device_id text NOT NULL CHECK (length(device_id) BETWEEN 1 AND 64),
  ward text NOT NULL CHECK (length(ward) BETWEEN 1 AND 64),
  bed text NOT NULL CHECK (length(bed) BETWEEN 1 AND 64),
  -- Form only: which kinds there are is said in one place, shared/alerts/alert-kinds.ts.
  kind text NOT NULL CHECK (kind ~ '^[A-Z][A-Z0-9_]*$'),
  severity text NOT NULL CHECK (severity IN ('high', 'medium', 'low')),
  message text NOT NULL,
  detected_at timestamptz NOT NULL,
  -- When the consumer was handed the message, by its own clock.
  received_at timestamptz NOT NULL,
  notified_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- As in db_first: those who record take turns until their commit, so that no row appears behind a reader's cursor.
CREATE FUNCTION at_most_once.record_in_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('at_most_once.notifications'));
  RETURN NULL;
END
$$;
CREATE TRIGGER record_in_turn BEFORE INSERT ON at_most_once.notifications
  FOR EACH STATEMENT EXECUTE FUNCTION at_most_once.record_in_turn();
-- To find what came twice, and what never came.
CREATE INDEX notifications_by_event ON at_most_once.notifications (event_id);
-- Rows arrive in the order of time, so a block range index finds "since" at next to no cost for writers.
CREATE INDEX notifications_by_time ON at_most_once.notifications USING brin (notified_at);

-- Down Migration

DROP SCHEMA at_most_once CASCADE;
