-- Up Migration

-- A notification on one channel. The id is the idempotency key that the receiver sees, the same in each attempt.
CREATE TABLE alert_desk.deliveries (
  delivery_id uuid PRIMARY KEY,
  notification_id uuid NOT NULL REFERENCES alert_desk.notifications,
  alert_id uuid NOT NULL,
  version integer NOT NULL,
  kind text COLLATE "C" NOT NULL,
  channel text COLLATE "C" NOT NULL,
  ward text COLLATE "C" NOT NULL,
  -- `sent`: published, and nobody has said yet that they see it; of the station only.
  state text COLLATE "C" NOT NULL DEFAULT 'pending'
    CHECK (state IN ('pending', 'sent', 'confirmed', 'superseded', 'redirected', 'failed')),
  -- Attempts that were begun.
  attempts integer NOT NULL DEFAULT 0,
  last_error text,
  -- Of the station: what shows the ward at this revision shows the alert.
  ward_revision bigint,
  -- The channel that did not confirm it.
  redirected_from text COLLATE "C",
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- The message that comes before this has nothing to do.
  next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Until then somebody is at it, or has died at it.
  claimed_until timestamptz,
  settled_at timestamptz,
  UNIQUE (notification_id, channel)
);
CREATE INDEX deliveries_of_alert ON alert_desk.deliveries (alert_id, channel);
CREATE INDEX deliveries_to_confirm ON alert_desk.deliveries (ward, ward_revision)
  WHERE state IN ('pending', 'sent') AND ward_revision IS NOT NULL;

-- That a channel does not confirm what is told of a ward, as an alert of its own: one, however much is not confirmed.
CREATE TABLE alert_desk.channel_alarms (
  ward text COLLATE "C" NOT NULL,
  channel text COLLATE "C" NOT NULL,
  occurrence integer NOT NULL,
  -- What the first one failed with.
  error text NOT NULL,
  priority text COLLATE "C" NOT NULL CHECK (priority IN ('high', 'medium')),
  -- Of the ward then: a station that shows less than this has not seen what nobody saw.
  ward_revision bigint NOT NULL,
  raised_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- When the channel has confirmed again.
  over_at timestamptz,
  PRIMARY KEY (ward, channel, occurrence)
);
CREATE UNIQUE INDEX open_channel_alarm ON alert_desk.channel_alarms (ward, channel) WHERE over_at IS NULL;

-- What is known to be on a screen.
CREATE TABLE alert_desk.station_receipts (
  ward text COLLATE "C" PRIMARY KEY,
  revision bigint NOT NULL,
  station_id text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The newest pulse that came all the way: from the readings, through who judges them, to who tells of alerts.
CREATE TABLE alert_desk.pulses (
  -- Of the stream of alerts.
  partition text COLLATE "C" PRIMARY KEY,
  -- When it was among the readings, when it had been judged, and when it came here.
  pulsed_at timestamptz NOT NULL,
  judged_at timestamptz NOT NULL,
  delivered_at timestamptz NOT NULL,
  -- When stations were told last.
  told_at timestamptz NOT NULL DEFAULT '-infinity',
  -- When who wants it said again was told last (alertmanager.ts).
  repeated_at timestamptz NOT NULL DEFAULT '-infinity'
);

DO $$
DECLARE
  queue text;
BEGIN
  FOREACH queue IN ARRAY ARRAY['alert_deliveries', 'alert_heartbeats'] LOOP
    IF NOT EXISTS (SELECT FROM pgmq.meta WHERE queue_name = queue) THEN
      PERFORM pgmq.create(queue);
    END IF;
    IF NOT EXISTS (SELECT FROM pgmq.meta WHERE queue_name = queue || '_dlq') THEN
      PERFORM pgmq.create(queue || '_dlq');
    END IF;
  END LOOP;
END
$$;

-- Down Migration

SELECT pgmq.drop_queue(queue || suffix)
FROM unnest(ARRAY['alert_deliveries', 'alert_heartbeats']) AS queue, unnest(ARRAY['', '_dlq']) AS suffix;
DROP TABLE alert_desk.pulses;
DROP TABLE alert_desk.station_receipts;
DROP TABLE alert_desk.channel_alarms;
DROP TABLE alert_desk.deliveries;
