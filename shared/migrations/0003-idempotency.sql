-- Up Migration

CREATE SCHEMA idempotency;

-- Powertools' records (PostgresPersistenceLayer). The names are those of its DynamoDB layer.
CREATE TABLE idempotency.keys (
  id text COLLATE "C" PRIMARY KEY,
  status text NOT NULL CHECK (status IN ('INPROGRESS', 'COMPLETED', 'EXPIRED')),
  -- Both on the database's clock.
  expiration timestamptz NOT NULL,
  in_progress_expiration timestamptz,
  -- json, not jsonb: kept as written, \u0000 and the order of names included.
  data json,
  validation text
);
CREATE INDEX keys_by_expiration ON idempotency.keys (expiration);

-- Keys of effects in this database (once, onceBatch): a committed row is a done effect, an uncommitted one is in progress.
CREATE TABLE idempotency.once (
  key text COLLATE "C" PRIMARY KEY,
  -- SHA-256 of the payload's canonical form; null where the caller gave no payload.
  payload_hash bytea CHECK (octet_length(payload_hash) = 32),
  response json,
  -- null: never.
  expiration timestamptz
);
CREATE INDEX once_by_expiration ON idempotency.once (expiration) WHERE expiration IS NOT NULL;

-- Who may commit for a partition (the newest epoch), and up to where all of it is done.
CREATE TABLE idempotency.consumers (
  consumer text COLLATE "C" PRIMARY KEY,
  epoch bigint NOT NULL DEFAULT 0 CHECK (epoch >= 0),
  position bigint
);

-- Down Migration

DROP SCHEMA idempotency CASCADE;
