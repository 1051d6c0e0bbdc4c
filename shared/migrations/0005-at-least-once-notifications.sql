-- Up Migration

CREATE TABLE at_least_once.notifications (
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

CREATE UNIQUE INDEX notifications_in_order ON at_least_once.notifications (sequence);
-- Those who record take turns, so that the identity's order is that of commit: no row appears behind a reader's cursor.
CREATE FUNCTION at_least_once.record_in_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('at_least_once.notifications'));
  RETURN NULL;
END
$$;
CREATE TRIGGER record_in_turn BEFORE INSERT ON at_least_once.notifications
  FOR EACH STATEMENT EXECUTE FUNCTION at_least_once.record_in_turn();
CREATE INDEX notifications_by_time ON at_least_once.notifications USING brin (notified_at);

-- Down Migration

DROP TABLE at_least_once.notifications;
DROP FUNCTION at_least_once.record_in_turn();
