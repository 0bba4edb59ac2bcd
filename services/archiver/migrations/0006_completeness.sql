-- Up Migration

-- What completeness is counted by: the append time of the ingress record. Rows lie in nearly that order.
CREATE INDEX events_appended_at ON events USING brin (appended_at);

-- How far the committed records of each ingress partition have been counted; moved in the transaction that changes the counts.
CREATE TABLE ingress_progress (
  topic         text NOT NULL,
  partition     integer NOT NULL,
  -- Where counting began: what lay before is not known.
  first_offset  bigint NOT NULL,
  next_offset   bigint NOT NULL,
  -- All records appended before this time are counted.
  counted_until timestamptz(3),
  PRIMARY KEY (topic, partition)
);

-- The committed records of a day (UTC, append time): how many, from where to where, and a digest over their positions.
CREATE TABLE ingress_days (
  day           date NOT NULL,
  topic         text NOT NULL,
  partition     integer NOT NULL,
  first_offset  bigint NOT NULL,
  last_offset   bigint NOT NULL,
  records       bigint NOT NULL,
  gaps          bigint NOT NULL,
  run_from      bigint NOT NULL,
  closed_digest text NOT NULL,
  PRIMARY KEY (day, topic, partition)
);

-- Stretches of a day's offsets without a committed record, [from_offset, to_offset).
CREATE TABLE ingress_gaps (
  day         date NOT NULL,
  topic       text NOT NULL,
  partition   integer NOT NULL,
  from_offset bigint NOT NULL,
  to_offset   bigint NOT NULL,
  PRIMARY KEY (day, topic, partition, from_offset)
);

-- Records whose admission was due in the archive when they were counted, and was not there; taken out when it comes.
CREATE TABLE ingress_missing (
  topic         text NOT NULL,
  partition     integer NOT NULL,
  record_offset bigint NOT NULL,
  appended_at   timestamptz(3) NOT NULL,
  found_out_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (topic, partition, record_offset)
);

-- Which archiver counts. It only saves the others the work: what holds the counts together is next_offset.
CREATE TABLE ingress_counter (
  is_only     boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  held_by     text NOT NULL,
  lease_until timestamptz NOT NULL
);

-- Down Migration

DROP TABLE ingress_counter;
DROP TABLE ingress_missing;
DROP TABLE ingress_gaps;
DROP TABLE ingress_days;
DROP TABLE ingress_progress;
DROP INDEX events_appended_at;
