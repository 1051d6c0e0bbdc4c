-- Up Migration

CREATE EXTENSION IF NOT EXISTS pgmq;

CREATE SCHEMA db_first;

CREATE TABLE db_first.alerts (
  event_id uuid PRIMARY KEY,
  patient_id text NOT NULL CHECK (length(patient_id) BETWEEN 1 AND 64),
  device_id text NOT NULL CHECK (length(device_id) BETWEEN 1 AND 64),
  ward text NOT NULL CHECK (length(ward) BETWEEN 1 AND 64),
  -- Form only: which kinds there are is said in one place, shared/alerts/alert-kinds.ts.
  kind text NOT NULL CHECK (kind ~ '^[A-Z][A-Z0-9_]*$'),
  severity text NOT NULL CHECK (severity IN ('high', 'medium', 'low')),
  detected_at timestamptz NOT NULL,
  evidence jsonb,
  -- SHA-256 of the message's canonical form: tells a redelivery from another alert under the same key.
  fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
  stored_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE db_first.notifications (
  -- One notification a cardiac event: this key is the guarantee.
  event_id uuid PRIMARY KEY,
  -- The order staff page through: that of commit, see record_in_turn below.
  sequence bigint GENERATED ALWAYS AS IDENTITY,
  patient_id text NOT NULL,
  device_id text NOT NULL,
  ward text NOT NULL,
  kind text NOT NULL,
  severity text NOT NULL,
  message text NOT NULL,
  detected_at timestamptz NOT NULL,
  stored_at timestamptz NOT NULL,
  notified_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE UNIQUE INDEX notifications_in_order ON db_first.notifications (sequence);
-- An identity alone is not the order of commit: a transaction that took a low number and commits late would put its row
-- behind a reader's cursor. So those who record take turns, from before the first number to after the commit. Each is one
-- short statement with a lock_timeout. A statement trigger fires before the statement computes its rows, numbers included.
CREATE FUNCTION db_first.record_in_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('db_first.notifications'));
  RETURN NULL;
END
$$;
CREATE TRIGGER record_in_turn BEFORE INSERT ON db_first.notifications
  FOR EACH STATEMENT EXECUTE FUNCTION db_first.record_in_turn();
-- Rows arrive in the order of time, so a block range index finds "since" at next to no cost for writers.
CREATE INDEX notifications_by_time ON db_first.notifications USING brin (notified_at);

DO $$
DECLARE
  queue text;
BEGIN
  FOREACH queue IN ARRAY ARRAY['db_first_alerts', 'db_first_alerts_dlq'] LOOP
    IF NOT EXISTS (SELECT FROM pgmq.meta WHERE queue_name = queue) THEN
      PERFORM pgmq.create(queue);
    END IF;
  END LOOP;
END
$$;

-- Down Migration

SELECT pgmq.drop_queue('db_first_alerts');
SELECT pgmq.drop_queue('db_first_alerts_dlq');
DROP SCHEMA db_first CASCADE;
