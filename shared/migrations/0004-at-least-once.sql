-- Up Migration

CREATE SCHEMA at_least_once;

CREATE TABLE at_least_once.alerts (
  -- However often an alert is delivered, it is stored once: this key is the guarantee.
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

DO $$
DECLARE
  queue text;
BEGIN
  FOREACH queue IN ARRAY ARRAY['at_least_once_alerts', 'at_least_once_alerts_dlq'] LOOP
    IF NOT EXISTS (SELECT FROM pgmq.meta WHERE queue_name = queue) THEN
      PERFORM pgmq.create(queue);
    END IF;
  END LOOP;
END
$$;

-- Down Migration

SELECT pgmq.drop_queue('at_least_once_alerts');
SELECT pgmq.drop_queue('at_least_once_alerts_dlq');
DROP SCHEMA at_least_once CASCADE;
