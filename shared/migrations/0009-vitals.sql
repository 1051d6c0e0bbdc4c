-- Up Migration

CREATE SCHEMA vitals;

-- For how long a reading is kept. A partition goes when its last reading is older.
CREATE FUNCTION vitals.kept_for() RETURNS interval IMMUTABLE PARALLEL SAFE LANGUAGE sql RETURN interval '24 hours';

-- What monitors have measured. A partition an hour, made and dropped by vitals.keep_partitions: what is old goes without a DELETE.
CREATE TABLE vitals.readings (
  patient_id text COLLATE "C" NOT NULL,
  code text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  -- Of a numeric kind; value_text of a coded one. Neither: the sensor had no value.
  value double precision,
  value_text text COLLATE "C",
  validity text COLLATE "C" NOT NULL CHECK (validity IN ('valid', 'questionable', 'invalid', 'none')),
  simulated boolean NOT NULL,
  ward text COLLATE "C" NOT NULL,
  bed text COLLATE "C" NOT NULL,
  device_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (patient_id, code, at)
) PARTITION BY RANGE (at);

CREATE FUNCTION vitals.partition_of(at timestamptz) RETURNS text STABLE PARALLEL SAFE LANGUAGE sql
RETURN 'readings_' || to_char(at AT TIME ZONE 'UTC', 'YYYYMMDDHH24');

-- Makes the partitions of what is kept and of the next two hours, and drops older ones. For any number of callers at once.
CREATE FUNCTION vitals.keep_partitions(OUT made integer, OUT dropped integer) LANGUAGE plpgsql AS $$
DECLARE
  since CONSTANT timestamptz := date_trunc('hour', clock_timestamp() - vitals.kept_for(), 'UTC');
  hour timestamptz;
  name text;
BEGIN
  made := 0;
  dropped := 0;
  PERFORM pg_advisory_xact_lock(hashtextextended('vitals.readings', 0));
  FOR hour IN SELECT generate_series(since, clock_timestamp() + interval '2 hours', interval '1 hour') LOOP
    name := vitals.partition_of(hour);
    CONTINUE WHEN to_regclass('vitals.' || name) IS NOT NULL;
    -- Made beside the table and then attached: who reads or writes it at the time need not wait, as with PARTITION OF.
    EXECUTE format('CREATE TABLE vitals.%I (LIKE vitals.readings INCLUDING ALL)', name);
    EXECUTE format('ALTER TABLE vitals.readings ATTACH PARTITION vitals.%I FOR VALUES FROM (%L) TO (%L)',
      name, hour, hour + interval '1 hour');
    made := made + 1;
  END LOOP;
  -- Dropping waits for whoever uses the table, and everybody else for the drop. Not for long: it can be done the next time.
  PERFORM set_config('lock_timeout', '500ms', true);
  FOR name IN
    SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'vitals.readings'::regclass AND c.relname::text COLLATE "C" < vitals.partition_of(since)
  LOOP
    BEGIN
      EXECUTE format('DROP TABLE vitals.%I', name);
      dropped := dropped + 1;
    EXCEPTION WHEN lock_not_available THEN
      RAISE WARNING 'vitals.% is in use, and is dropped another time', name;
    END;
  END LOOP;
END
$$;

-- State of a consumer that judges readings in memory, as it was when all before the position was judged.
CREATE TABLE vitals.snapshots (
  consumer text COLLATE "C" PRIMARY KEY,
  position bigint NOT NULL,
  -- Of the state's form.
  version integer NOT NULL,
  state bytea NOT NULL,
  taken_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Beyond what values an alert begins, for everybody, a ward or a patient. The document is shared/vitals/thresholds.ts's.
CREATE TABLE vitals.thresholds (
  scope text COLLATE "C" PRIMARY KEY CHECK (scope ~ '^(default|(ward|patient):[A-Za-z0-9][A-Za-z0-9_:-]{0,63})$'),
  document jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object'),
  -- These are the trigger's, whoever writes.
  version integer NOT NULL DEFAULT 0,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_by text NOT NULL DEFAULT '',
  reason text NOT NULL DEFAULT ''
);

-- Who changed what and why; `after` is null of a scope that was removed. A scope's versions go on when it comes back.
CREATE TABLE vitals.threshold_changes (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  scope text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  before jsonb,
  after jsonb,
  changed_by text NOT NULL,
  reason text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (scope, version)
);

-- One change at a time, before any row of it is locked: versions and sequence are in the order of the commits.
CREATE FUNCTION vitals.one_threshold_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('vitals.thresholds', 0));
  RETURN NULL;
END
$$;

-- Who writes and why, as put_thresholds and remove_thresholds say it; of a statement by hand it is the database's user.
CREATE FUNCTION vitals.changed_by() RETURNS text STABLE LANGUAGE sql
RETURN coalesce(nullif(current_setting('vitals.changed_by', true), ''), current_user);
CREATE FUNCTION vitals.change_reason() RETURNS text STABLE LANGUAGE sql
RETURN coalesce(nullif(current_setting('vitals.change_reason', true), ''), 'changed in the database by hand');

CREATE FUNCTION vitals.number_thresholds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.scope <> NEW.scope THEN
    RAISE EXCEPTION 'the scope of thresholds stays: insert another row' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  NEW.version := 1 + coalesce(greatest(OLD.version,
    (SELECT max(version) FROM vitals.threshold_changes WHERE scope = NEW.scope)), 0);
  NEW.updated_at := clock_timestamp();
  NEW.updated_by := vitals.changed_by();
  NEW.reason := vitals.change_reason();
  RETURN NEW;
END
$$;

CREATE FUNCTION vitals.audit_thresholds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO vitals.threshold_changes (scope, version, before, after, changed_by, reason)
  VALUES (coalesce(NEW.scope, OLD.scope), coalesce(NEW.version, OLD.version + 1), OLD.document, NEW.document,
    vitals.changed_by(), vitals.change_reason());
  PERFORM pg_notify('vitals_thresholds', coalesce(NEW.scope, OLD.scope));
  RETURN NULL;
END
$$;

-- A stage that is reset: every scope may have changed.
CREATE FUNCTION vitals.tell_of_truncation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('vitals_thresholds', '*');
  RETURN NULL;
END
$$;

CREATE TRIGGER one_at_a_time BEFORE INSERT OR UPDATE OR DELETE ON vitals.thresholds
  FOR EACH STATEMENT EXECUTE FUNCTION vitals.one_threshold_change();
CREATE TRIGGER number BEFORE INSERT OR UPDATE ON vitals.thresholds
  FOR EACH ROW EXECUTE FUNCTION vitals.number_thresholds();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON vitals.thresholds
  FOR EACH ROW EXECUTE FUNCTION vitals.audit_thresholds();
CREATE TRIGGER truncation AFTER TRUNCATE ON vitals.thresholds
  FOR EACH STATEMENT EXECUTE FUNCTION vitals.tell_of_truncation();

-- Writes a scope; no row where the scope is not as the caller expects it. Null versions: whatever they are.
CREATE FUNCTION vitals.put_thresholds(
  the_scope text, the_document jsonb, author text, the_reason text, must_exist boolean, versions integer[]
) RETURNS SETOF vitals.thresholds LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('vitals.thresholds', 0));
  IF must_exist AND NOT EXISTS (
    SELECT FROM vitals.thresholds AS t WHERE t.scope = the_scope AND (versions IS NULL OR t.version = ANY (versions))
  ) THEN
    RETURN;
  END IF;
  PERFORM set_config('vitals.changed_by', author, true), set_config('vitals.change_reason', the_reason, true);
  RETURN QUERY
    INSERT INTO vitals.thresholds AS t (scope, document) VALUES (the_scope, the_document)
    ON CONFLICT (scope) DO UPDATE SET document = EXCLUDED.document
    RETURNING t.*;
  PERFORM set_config('vitals.changed_by', '', true), set_config('vitals.change_reason', '', true);
END
$$;

-- Removes a scope, if it is as the caller expects it. `version`: of the removal, or the one that was not expected.
CREATE FUNCTION vitals.remove_thresholds(
  the_scope text, author text, the_reason text, versions integer[], OUT outcome text, OUT version integer
) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('vitals.thresholds', 0));
  version := (SELECT t.version FROM vitals.thresholds AS t WHERE t.scope = the_scope);
  outcome := CASE WHEN version IS NULL THEN 'absent' WHEN version <> ALL (versions) THEN 'other' ELSE 'removed' END;
  IF outcome = 'removed' THEN
    PERFORM set_config('vitals.changed_by', author, true), set_config('vitals.change_reason', the_reason, true);
    DELETE FROM vitals.thresholds AS t WHERE t.scope = the_scope;
    PERFORM set_config('vitals.changed_by', '', true), set_config('vitals.change_reason', '', true);
    version := version + 1;
  END IF;
END
$$;

-- Down Migration

DROP SCHEMA vitals CASCADE;
