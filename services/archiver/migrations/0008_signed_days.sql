-- Up Migration

-- Which statement tells the positions of a day: no other kind begins so (their texts are canonical JSON).
CREATE INDEX statements_ingress_day ON statements (left(body, 20)) WHERE body LIKE '{"day":%';

-- Down Migration

DROP INDEX statements_ingress_day;
