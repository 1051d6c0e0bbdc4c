-- Up Migration

CREATE SCHEMA alert_desk;

-- Whoever changes an alert of a patient locks the patient's row first: what is told, said and due of them never interleaves.
CREATE TABLE alert_desk.patients (
  patient_id text COLLATE "C" PRIMARY KEY,
  -- What was told of them of late (shared/alert-desk/grouping.ts).
  grouping jsonb NOT NULL DEFAULT '{"recent": [], "groups": null}'
);

CREATE TABLE alert_desk.alerts (
  alert_id uuid PRIMARY KEY,
  -- In the order in which they were heard of: where a page of them ends.
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  patient_id text COLLATE "C" NOT NULL,
  ward text COLLATE "C" NOT NULL,
  bed text COLLATE "C" NOT NULL,
  rule text COLLATE "C" NOT NULL,
  priority text COLLATE "C" NOT NULL CHECK (priority IN ('high', 'medium', 'low')),
  phase text COLLATE "C" NOT NULL CHECK (phase IN ('active', 'resolved', 'closed')),
  version integer NOT NULL CHECK (version > 0),
  opened_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  -- When staff first said that they have seen it; null: nobody has.
  answered_at timestamptz,
  -- shared/alert-desk/alert-state.ts; the columns above are there to be found by.
  state jsonb NOT NULL,
  -- shared/alert-desk/desk-alert.ts
  facts jsonb NOT NULL
);
CREATE INDEX open_alerts_of_ward ON alert_desk.alerts (ward) WHERE phase <> 'closed';
CREATE INDEX open_alerts_of_patient ON alert_desk.alerts (patient_id) WHERE phase <> 'closed';
CREATE INDEX alerts_of_patient ON alert_desk.alerts (patient_id, number);
CREATE INDEX alerts_opened ON alert_desk.alerts (ward, opened_at);
CREATE INDEX alerts_closed ON alert_desk.alerts (ward, updated_at) WHERE phase = 'closed';

-- Each transition of each alert: who, when, why, and what it was before and after.
CREATE TABLE alert_desk.history (
  alert_id uuid NOT NULL REFERENCES alert_desk.alerts,
  version integer NOT NULL,
  trigger text COLLATE "C" NOT NULL,
  who_id text NOT NULL,
  who_role text COLLATE "C" NOT NULL,
  why text NOT NULL,
  at timestamptz NOT NULL,
  before jsonb NOT NULL,
  after jsonb NOT NULL,
  PRIMARY KEY (alert_id, version)
);

CREATE FUNCTION alert_desk.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what has happened stays: %.% takes no %', TG_TABLE_SCHEMA, TG_TABLE_NAME, lower(TG_OP)
    USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER history_stays BEFORE UPDATE OR DELETE ON alert_desk.history
FOR EACH STATEMENT EXECUTE FUNCTION alert_desk.refuse_change();

-- What has to be told to whom. The id is made of the transition: the same transition tells it under the same id.
CREATE TABLE alert_desk.notifications (
  notification_id uuid PRIMARY KEY,
  alert_id uuid NOT NULL REFERENCES alert_desk.alerts,
  version integer NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('ask', 're-alarm', 'remind', 'retract')),
  -- Who is asked; null: it is for those whom it names, or who were told before.
  role text COLLATE "C",
  -- Of a retraction those who were told and are to hear that it is no longer theirs.
  people text[] NOT NULL,
  via text COLLATE "C" NOT NULL
    CHECK (via IN ('name', 'assignment', 'on-call', 'nobody', 'everyone', 'person', 'all-but')),
  patient_id text COLLATE "C" NOT NULL,
  ward text COLLATE "C" NOT NULL,
  bed text COLLATE "C" NOT NULL,
  priority text COLLATE "C" NOT NULL,
  told text COLLATE "C" NOT NULL CHECK (told IN ('single', 'group')),
  -- Of a group: what the next of its id replaces, how many it stands for, and whether it is to be heard, not only shown.
  group_id uuid,
  group_count integer,
  is_louder boolean NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX notifications_of_alert ON alert_desk.notifications (alert_id, created_at);

-- Of what is shown of a ward the one with the higher revision holds.
CREATE TABLE alert_desk.wards (
  ward text COLLATE "C" PRIMARY KEY,
  revision bigint NOT NULL
);

-- Who is on duty: of a ward, and under `*` of every ward (shared/alert-desk/roster.ts).
CREATE TABLE alert_desk.rosters (
  ward text COLLATE "C" PRIMARY KEY,
  version integer NOT NULL,
  duties jsonb NOT NULL,
  -- All who are in it: who is asked by name is found wherever they are on duty.
  people text[] NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_by text NOT NULL,
  reason text NOT NULL
);
CREATE TABLE alert_desk.roster_changes (
  ward text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  before jsonb,
  after jsonb NOT NULL,
  changed_by text NOT NULL,
  changed_role text COLLATE "C" NOT NULL,
  reason text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (ward, version)
);
CREATE TRIGGER roster_changes_stay BEFORE UPDATE OR DELETE ON alert_desk.roster_changes
FOR EACH STATEMENT EXECUTE FUNCTION alert_desk.refuse_change();

DO $$
DECLARE
  queue text;
BEGIN
  FOREACH queue IN ARRAY ARRAY['alert_notifications', 'alert_wards', 'alert_timers'] LOOP
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
FROM unnest(ARRAY['alert_notifications', 'alert_wards', 'alert_timers']) AS queue, unnest(ARRAY['', '_dlq']) AS suffix;
DROP SCHEMA alert_desk CASCADE;
