-- Up Migration

-- An event's place in the log of its task; empty for what was archived before there was one. Without a default: no row is written again.
ALTER TABLE events
  ADD COLUMN log        integer,
  ADD COLUMN leaf_index bigint;

CREATE INDEX events_leaf ON events (log, leaf_index) WHERE leaf_index IS NOT NULL;

-- One Merkle log (RFC 9162) for each task, and -1 for statements: how many leaves, and the right edge of the tree. Moved in the
-- transaction that writes the leaves, by whoever holds the row's lock.
CREATE TABLE logs (
  log      integer PRIMARY KEY,
  size     bigint NOT NULL,
  frontier bytea NOT NULL
);

-- Leaf hashes, 32 bytes each, in runs that never cross a multiple of 256.
CREATE TABLE leaf_runs (
  log         integer NOT NULL,
  first_index bigint NOT NULL,
  hashes      bytea NOT NULL,
  PRIMARY KEY (log, first_index)
);
ALTER TABLE leaf_runs ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- Roots of whole subtrees of 2^8, 2^16, … leaves, so that a proof reads little.
CREATE TABLE subtrees (
  log      integer NOT NULL,
  level    integer NOT NULL,
  position bigint NOT NULL,
  hash     bytea NOT NULL,
  PRIMARY KEY (log, level, position)
);

-- The leaves of log -1, as canonical JSON: what checkpoints sign.
CREATE TABLE statements (
  leaf_index bigint PRIMARY KEY,
  body       text NOT NULL
);

-- Signed notes, by the number of statements that they commit to, and the public key (NAME+ID+BASE64).
CREATE TABLE checkpoints (
  size bigint PRIMARY KEY,
  at   timestamptz(3) NOT NULL,
  note text NOT NULL,
  key  text NOT NULL
);
CREATE INDEX checkpoints_at ON checkpoints (at);

-- Down Migration

DROP TABLE checkpoints;
DROP TABLE statements;
DROP TABLE subtrees;
DROP TABLE leaf_runs;
DROP TABLE logs;
ALTER TABLE events DROP COLUMN log, DROP COLUMN leaf_index;
