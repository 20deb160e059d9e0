-- +goose NO TRANSACTION
-- +goose Up
CREATE OR REPLACE VIEW complete_until AS
SELECT topic, min(partition_until) AS complete_until, max(partition_until) AS ahead_until, count() AS partitions
FROM (SELECT topic, partition, max(watermark) AS partition_until FROM progress GROUP BY topic, partition)
GROUP BY topic
COMMENT 'Event time up to which all partitions of a topic have delivered their rows.';

-- The other views carry complete_until in a map: a join would keep filters on time from reaching the tables.
CREATE OR REPLACE VIEW activity_by_minute AS
WITH (SELECT CAST((groupArray(topic), groupArray(complete_until)), 'Map(String, DateTime64(3, ''UTC''))') FROM complete_until) AS until
SELECT topic, minute, type, sum(events) AS events, sum(amount) AS amount, sum(duration_ms) AS duration_ms,
       until[topic] AS complete_until, minute + INTERVAL 1 MINUTE <= complete_until AS complete
FROM activity FINAL
GROUP BY topic, minute, type
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Events, amounts and durations by minute and type, all partitions together. Once complete, only late events add to a minute.';

CREATE OR REPLACE VIEW transitions_current AS
WITH (SELECT CAST((groupArray(topic), groupArray(complete_until)), 'Map(String, DateTime64(3, ''UTC''))') FROM complete_until) AS until
SELECT topic, user, at, kind, from_state, to_state, episode, metric, cur, base, drop, reason, partition, watermark,
       until[topic] AS complete_until
FROM transitions FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Every decision once.';

CREATE OR REPLACE VIEW triggers_current AS
WITH (SELECT CAST((groupArray(topic), groupArray(complete_until)), 'Map(String, DateTime64(3, ''UTC''))') FROM complete_until) AS until
SELECT topic, id, user, journey, episode, stage, at, lifecycle, metric, cur, base, drop, reason, partition, watermark,
       until[topic] AS complete_until
FROM triggers FINAL
COMMENT 'Every trigger once.';

CREATE OR REPLACE VIEW episodes AS
WITH (SELECT CAST((groupArray(topic), groupArray(complete_until)), 'Map(String, DateTime64(3, ''UTC''))') FROM complete_until) AS until
SELECT topic, user, episode,
       minIf(at, kind = 'entered') AS entered_at,
       if(countIf(kind != 'entered') = 0, NULL, maxIf(at, kind != 'entered')) AS ended_at,
       if(ended_at IS NULL, 'open', argMaxIf(kind, at, kind != 'entered')) AS outcome,
       argMaxIf(metric, at, kind = 'entered') AS metric,
       argMaxIf(cur, at, kind = 'entered') AS cur,
       argMaxIf(base, at, kind = 'entered') AS base,
       argMaxIf(drop, at, kind = 'entered') AS drop,
       argMaxIf(reason, at, kind = 'entered') AS reason,
       until[topic] AS complete_until
FROM transitions
WHERE kind IN ('entered', 'recovered', 'settled', 'lost')
GROUP BY topic, user, episode
COMMENT 'Pre-churn episodes with their outcome: open, recovered, settled or lost.';

CREATE OR REPLACE VIEW lifecycle_current AS
WITH (SELECT CAST((groupArray(topic), groupArray(complete_until)), 'Map(String, DateTime64(3, ''UTC''))') FROM complete_until) AS until
SELECT topic, user, argMax(to_state, at) AS state, max(at) AS since, until[topic] AS complete_until
FROM transitions
WHERE kind = 'lifecycle'
GROUP BY topic, user
COMMENT 'Every user''s lifecycle state and since when.';

CREATE OR REPLACE VIEW lifecycle_flows AS
WITH (SELECT CAST((groupArray(topic), groupArray(complete_until)), 'Map(String, DateTime64(3, ''UTC''))') FROM complete_until) AS until
SELECT topic, toDate(at) AS day, from_state, to_state, uniqExact(user, at) AS changes,
       until[topic] AS complete_until, day < toDate(complete_until) AS complete
FROM transitions
WHERE kind = 'lifecycle'
GROUP BY topic, day, from_state, to_state
COMMENT 'Changes of lifecycle state by day (UTC), from which state to which. From is empty for users seen for the first time.';

-- The third part of the union makes a row of every day, whether anybody changed or not.
CREATE OR REPLACE VIEW lifecycle_daily AS
WITH (SELECT CAST((groupArray(topic), groupArray(complete_until)), 'Map(String, DateTime64(3, ''UTC''))') FROM complete_until) AS until
SELECT topic, day, state, sum(came) AS entered, sum(went) AS exited,
       sum(sum(came) - sum(went)) OVER (PARTITION BY topic, state ORDER BY day ASC) AS users,
       until[topic] AS complete_until, day < toDate(complete_until) AS complete
FROM
(
    SELECT topic, day, to_state AS state, toInt64(changes) AS came, toInt64(0) AS went FROM lifecycle_flows
    UNION ALL
    SELECT topic, day, from_state AS state, toInt64(0) AS came, toInt64(changes) AS went FROM lifecycle_flows WHERE from_state != ''
    UNION ALL
    SELECT topic, toDate(arrayJoin(range(toUInt32(first), toUInt32(last) + 1))) AS day, state, toInt64(0) AS came, toInt64(0) AS went
    FROM (SELECT topic, to_state AS state, min(day) AS first, any(toDate(complete_until)) AS last FROM lifecycle_flows GROUP BY topic, state)
)
GROUP BY topic, day, state
COMMENT 'Users by lifecycle state at the end of each day (UTC), and how many entered and left the state on it.';
