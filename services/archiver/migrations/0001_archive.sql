-- Up Migration

-- One row per audit event. The key holds `at` because a partitioned table's unique key must hold what it is partitioned by;
-- an event's time is part of the event, so the same id always comes with the same time.
CREATE TABLE events (
  event_id            text NOT NULL,
  at                  timestamptz(3) NOT NULL,
  decision            text NOT NULL,
  outcome             text,
  reason              text,
  dispatch_id         text,
  workflow_id         text,
  parent_id           text,
  in_reply_to         text,
  hop                 integer NOT NULL,
  attempt             integer NOT NULL,
  type                text,
  source              text,
  source_version      text,
  source_instance     text,
  target              text,
  target_version      text,
  capability          text,
  priority            integer,
  payload_hash        text,
  payload_hash_key_id text NOT NULL,
  payload_bytes       integer NOT NULL,
  appended_at         timestamptz(3) NOT NULL,
  issued_at           timestamptz(3),
  deadline_at         timestamptz(3),
  reply_partition     integer,
  latency_ms          bigint NOT NULL,
  agent_ms            bigint,
  usage               jsonb,
  ingress_topic       text NOT NULL,
  ingress_partition   integer NOT NULL,
  ingress_offset      bigint NOT NULL,
  delivered_to        text,
  control_offset      bigint NOT NULL,
  task                integer NOT NULL,
  decided_by          text NOT NULL,
  PRIMARY KEY (event_id, at)
) PARTITION BY RANGE (at);

CREATE INDEX events_at ON events USING brin (at);
CREATE INDEX events_dispatch_id ON events (dispatch_id) WHERE dispatch_id IS NOT NULL;
CREATE INDEX events_workflow_id ON events (workflow_id) WHERE workflow_id IS NOT NULL;
CREATE INDEX events_source ON events (source) WHERE source IS NOT NULL;
CREATE INDEX events_target ON events (target) WHERE target IS NOT NULL;

-- How far each partition has been archived; moved in the transaction that writes its rows, by whoever holds the row's lock.
CREATE TABLE progress (
  topic             text NOT NULL,
  partition         integer NOT NULL,
  next_offset       bigint NOT NULL,
  archived_events   bigint NOT NULL DEFAULT 0,
  restated_events   bigint NOT NULL DEFAULT 0,
  rejected_records  bigint NOT NULL DEFAULT 0,
  updated_at        timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (topic, partition)
);

-- Records that could not be archived, by position, so that none is missing without a trace.
CREATE TABLE rejected (
  topic         text NOT NULL,
  partition     integer NOT NULL,
  record_offset bigint NOT NULL,
  reason        text NOT NULL,
  detail        text NOT NULL,
  rejected_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (topic, partition, record_offset)
);

-- Down Migration

DROP TABLE rejected;
DROP TABLE progress;
DROP TABLE events;
