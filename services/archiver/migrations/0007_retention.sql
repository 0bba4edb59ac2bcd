-- Up Migration

-- What the hot tier in Redis still lacks: made in the transaction that archives a chunk, taken away once the tier has it.
CREATE TABLE hot_unwritten (
  topic        text NOT NULL,
  partition    integer NOT NULL,
  -- -1: many chunks, while Redis was away.
  chunk_offset bigint NOT NULL,
  from_offset  bigint NOT NULL,
  from_at      timestamptz(3),
  to_at        timestamptz(3),
  version      integer NOT NULL DEFAULT 0,
  made_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (topic, partition, chunk_offset)
);

-- What retention has dropped. A day that an event came for afterwards was made again, and may be here again.
CREATE TABLE dropped_days (
  day        date NOT NULL,
  decided_at timestamptz NOT NULL DEFAULT now(),
  -- Null while it is being detached and dropped, as is what it held.
  dropped_at timestamptz,
  events     bigint,
  first_at   timestamptz(3),
  last_at    timestamptz(3),
  -- Of each ingress partition: topic, partition, events, firstOffset, lastOffset.
  positions  jsonb,
  PRIMARY KEY (day, decided_at)
);

CREATE INDEX changes_holds ON changes (entity, at) WHERE entity LIKE 'hold/%';

-- The one thing that needs an owner's rights every day: a partition for a day near today, and nothing else.
DO $do$
BEGIN
  EXECUTE format($ddl$
    CREATE FUNCTION %1$I.make_day (day date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = %1$I, pg_temp AS $body$
    DECLARE
      partition text := 'events_' || to_char(day, 'YYYYMMDD');
    BEGIN
      IF day < current_date - 402 OR day > current_date + 5 THEN
        RAISE EXCEPTION 'day %% is too far away', day;
      END IF;
      PERFORM pg_advisory_xact_lock(7241301, hashtext(%1$L));
      IF to_regclass(format('%%I.%%I', %1$L, partition)) IS NOT NULL THEN
        RETURN;
      END IF;
      -- Made alone, then attached: that blocks neither readers nor writers of the other days.
      EXECUTE format('CREATE TABLE %%I.%%I (LIKE %%I.events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', %1$L, partition, %1$L);
      EXECUTE format('ALTER TABLE %%I.events ATTACH PARTITION %%I.%%I FOR VALUES FROM (%%L) TO (%%L)',
        %1$L, %1$L, partition, to_char(day, 'YYYY-MM-DD') || 'T00:00:00Z', to_char(day + 1, 'YYYY-MM-DD') || 'T00:00:00Z');
    END
    $body$;
    REVOKE ALL ON FUNCTION %1$I.make_day (date) FROM PUBLIC;
  $ddl$, current_schema());
END
$do$;

-- Two roles without a login, to be granted to those who log in: SCHEMA_writer adds, SCHEMA_reader reads. Nobody but the owner may
-- change or remove an event, and what the owner changes is found out by the evidence.
DO $do$
DECLARE
  owned text := current_schema();
  writer text := owned || '_writer';
  reader text := owned || '_reader';
  one text;
BEGIN
  FOREACH one IN ARRAY ARRAY[writer, reader] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', one);
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL;
      WHEN insufficient_privilege THEN RAISE WARNING 'role % could not be made: % may not make roles. Make it, and grant what migration 0007 grants', one, current_user;
    END;
  END LOOP;
  EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC', owned);
  EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM PUBLIC', owned);
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = reader) THEN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', owned, reader);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO %I', owned, reader);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON TABLES TO %I', owned, reader);
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = writer) THEN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', owned, writer);
    EXECUTE format('GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA %I TO %I', owned, writer);
    EXECUTE format('REVOKE INSERT ON %I.migrations, %I.dropped_days FROM %I', owned, owned, writer);
    -- Days that are made later: what a day holds already is asked for by its own name.
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON TABLES TO %I', owned, writer);
    FOREACH one IN ARRAY ARRAY['progress', 'logs', 'ingress_progress', 'ingress_days', 'ingress_counter'] LOOP
      EXECUTE format('GRANT UPDATE ON %I.%I TO %I', owned, one, writer);
    END LOOP;
    FOREACH one IN ARRAY ARRAY['ingress_missing', 'ingress_counter'] LOOP
      EXECUTE format('GRANT DELETE ON %I.%I TO %I', owned, one, writer);
    END LOOP;
    EXECUTE format('GRANT UPDATE, DELETE ON %I.hot_unwritten TO %I', owned, writer);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %I.make_day (date) TO %I', owned, writer);
  END IF;
END
$do$;

-- Down Migration

DROP FUNCTION make_day (date);
DROP INDEX changes_holds;
DROP TABLE dropped_days;
DROP TABLE hot_unwritten;
