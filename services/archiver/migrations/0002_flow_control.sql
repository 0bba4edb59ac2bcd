-- Up Migration

-- What quotas, deferral and pressure add to an event. Without a default: no row is written again.
ALTER TABLE events
  ADD COLUMN claimed_priority integer,
  ADD COLUMN due_at           timestamptz(3),
  ADD COLUMN quota            jsonb,
  ADD COLUMN expected_wait_ms bigint;

-- One row per change of control state: who changed what, from what to what. Kept for ever, so not partitioned.
CREATE TABLE changes (
  change_id text PRIMARY KEY,
  at        timestamptz(3) NOT NULL,
  who       text NOT NULL,
  why       text,
  entity    text NOT NULL,
  before    jsonb,
  after     jsonb
);

CREATE INDEX changes_entity ON changes (entity, at);
CREATE INDEX changes_at ON changes (at);

-- Down Migration

DROP TABLE changes;
ALTER TABLE events DROP COLUMN claimed_priority, DROP COLUMN due_at, DROP COLUMN quota, DROP COLUMN expected_wait_ms;
