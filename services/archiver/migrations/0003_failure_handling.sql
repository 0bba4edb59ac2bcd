-- Up Migration

-- What circuits, retries and idempotency keys add to an event. Without a default: no row is written again.
ALTER TABLE events
  ADD COLUMN handler_ms       bigint,
  ADD COLUMN circuit_state    text,
  ADD COLUMN circuit_episode  text,
  ADD COLUMN circuit_since    timestamptz(3),
  ADD COLUMN circuit_is_probe boolean,
  ADD COLUMN fallback_for     text,
  ADD COLUMN idempotency_key  text,
  ADD COLUMN idle_timeout_ms  bigint,
  ADD COLUMN follows          text;

-- One row per alert: what an operator was told. Kept for ever, so not partitioned.
CREATE TABLE alerts (
  alert_id text PRIMARY KEY,
  at       timestamptz(3) NOT NULL,
  kind     text NOT NULL,
  agent    text NOT NULL,
  version  text,
  message  text NOT NULL
);

CREATE INDEX alerts_agent ON alerts (agent, kind, at);
CREATE INDEX alerts_at ON alerts (at);

-- Down Migration

DROP TABLE alerts;
ALTER TABLE events DROP COLUMN handler_ms, DROP COLUMN circuit_state, DROP COLUMN circuit_episode, DROP COLUMN circuit_since, DROP COLUMN circuit_is_probe,
  DROP COLUMN fallback_for, DROP COLUMN idempotency_key, DROP COLUMN idle_timeout_ms, DROP COLUMN follows;
