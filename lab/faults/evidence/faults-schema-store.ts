import type { Pool } from 'pg';

// No unique constraint: an effect that took place twice has to show. One sequence numbers effects and changes of owner, so
// that they can be put in order: a new owner waits for what the old one is just committing (FOR SHARE of the fence), so that
// a fenced effect has its number before the change, or is rolled back.
const CREATE = `
  DROP SCHEMA IF EXISTS faults CASCADE;
  CREATE SCHEMA faults;
  CREATE SEQUENCE faults.commits;
  CREATE TABLE faults.effects (
    commit bigint NOT NULL DEFAULT nextval('faults.commits'),
    id text NOT NULL, key text NOT NULL, sequence bigint NOT NULL, amount bigint NOT NULL,
    consumer text NOT NULL, epoch bigint NOT NULL, worker int NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
  );
  CREATE INDEX effects_by_commit ON faults.effects (commit);
  CREATE TABLE faults.sums (key text PRIMARY KEY, count bigint NOT NULL, total bigint NOT NULL);
  CREATE TABLE faults.take_overs (
    commit bigint NOT NULL DEFAULT nextval('faults.commits'), consumer text NOT NULL, epoch bigint NOT NULL
  );
  CREATE TABLE faults.pauses (name text PRIMARY KEY);
  CREATE FUNCTION faults.note_owner() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO faults.take_overs (consumer, epoch) VALUES (NEW.consumer, NEW.epoch);
    RETURN NULL;
  END $$;
  CREATE TRIGGER faults_new_owner AFTER INSERT ON idempotency.consumers
    FOR EACH ROW EXECUTE FUNCTION faults.note_owner();
  CREATE TRIGGER faults_next_owner AFTER UPDATE ON idempotency.consumers
    FOR EACH ROW WHEN (OLD.epoch IS DISTINCT FROM NEW.epoch) EXECUTE FUNCTION faults.note_owner();`;

// Its triggers go with the function.
const DROP = 'DROP SCHEMA IF EXISTS faults CASCADE';

/**
 * Makes the checker's own tables, in schema `faults`, in a database that has the idempotency tables
 * (shared/migrations/0003-idempotency.sql). What an earlier run left is removed.
 */
export const createFaultsSchema = async (pool: Pool): Promise<void> => void (await pool.query(CREATE));
export const dropFaultsSchema = async (pool: Pool): Promise<void> => void (await pool.query(DROP));
