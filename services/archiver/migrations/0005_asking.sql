-- Up Migration

-- What searches read, in the order in which they read it. ON ONLY makes nothing but the parents: that takes a moment however
-- large the archive. Days that are made from now on come with theirs; those of days that are there are built one by one beside
-- the writing (index-completion.ts), which then takes away the two narrower indexes that these replace.
CREATE INDEX events_source_at ON ONLY events (source, at) WHERE source IS NOT NULL;
CREATE INDEX events_target_at ON ONLY events (target, at) WHERE target IS NOT NULL;
CREATE INDEX events_at_order ON ONLY events (at);

-- One row per record of a query: who asked the archive what. Kept for ever, so not partitioned.
CREATE TABLE queries (
  query_id    text NOT NULL,
  phase       text NOT NULL,
  at          timestamptz(3) NOT NULL,
  who         text NOT NULL,
  role        text NOT NULL,
  team        text,
  token_id    text,
  route       text NOT NULL,
  parameters  jsonb NOT NULL,
  outcome     text NOT NULL,
  rows        bigint,
  duration_ms bigint,
  PRIMARY KEY (query_id, phase)
);

CREATE INDEX queries_at ON queries (at);
CREATE INDEX queries_who ON queries (who, at);

-- Down Migration

DROP TABLE queries;
DROP INDEX events_at_order;
DROP INDEX events_target_at;
DROP INDEX events_source_at;
