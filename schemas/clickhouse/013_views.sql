-- +goose NO TRANSACTION
-- +goose Up
-- This file holds every view, each once. Views hold no data, so they are replaced whole: whoever changes one gives this file the next free number,
-- and `winback migrate` runs it again.
-- Of each topic one build is the current one, and the other views show its rows alone: of the builds that have caught up the one begun last. A build has
-- caught up if it is not more than an hour behind the farthest; one that has not yet written of as many partitions as another does not count. So a
-- rebuild under way is not shown, and of two groups that read the same topic the one begun last is.
CREATE OR REPLACE VIEW builds AS
SELECT topic, build, began, partitions, complete_until, ahead_until, windows_from,
       caught_up AND (began, build) = max(if(caught_up, (began, build), (toDateTime64(0, 3, 'UTC'), ''))) OVER (PARTITION BY topic) AS current
FROM
(
    SELECT *, widest AND complete_until >= maxIf(complete_until, widest) OVER (PARTITION BY topic) - INTERVAL 1 HOUR AS caught_up
    FROM
    (
        SELECT *, partitions = max(partitions) OVER (PARTITION BY topic) AS widest
        FROM
        (
            SELECT topic, build, max(partition_began) AS began, count() AS partitions,
                   min(partition_until) AS complete_until, max(partition_until) AS ahead_until, max(partition_windows_from) AS windows_from
            FROM
            (
                SELECT topic, partition, toString(build) AS build, max(watermark) AS partition_until, argMax(progress.began, watermark) AS partition_began,
                       argMax(progress.windows_from, watermark) AS partition_windows_from
                FROM progress
                GROUP BY topic, partition, build
            )
            GROUP BY topic, build
        )
    )
)
COMMENT 'What each consumer group and each rebuild has found, how far it has come, and which of them the other views show.';

CREATE OR REPLACE VIEW complete_until AS
SELECT topic, complete_until, ahead_until, partitions, build, windows_from
FROM builds
WHERE current
COMMENT 'Event time up to which all partitions of a topic have delivered their rows, of the build that the views show.';

-- The other views carry complete_until and the current build in maps: a join would keep filters on time from reaching the tables.
CREATE OR REPLACE VIEW activity_by_minute AS
WITH (SELECT CAST((groupArray(topic), groupArray(complete_until)), 'Map(String, DateTime64(3, ''UTC''))') FROM complete_until) AS until,
     (SELECT CAST((groupArray(topic), groupArray(build)), 'Map(String, String)') FROM complete_until) AS current
SELECT topic, minute, type, sum(events) AS events, sum(amount) AS amount, sum(duration_ms) AS duration_ms,
       until[topic] AS complete_until, minute + INTERVAL 1 MINUTE <= complete_until AS complete
FROM activity FINAL
WHERE build = current[topic]
GROUP BY topic, minute, type
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Events, amounts and durations by minute and type, all partitions together. Once complete, only late events add to a minute.';

CREATE OR REPLACE VIEW transitions_current AS
WITH (SELECT CAST((groupArray(topic), groupArray(complete_until)), 'Map(String, DateTime64(3, ''UTC''))') FROM complete_until) AS until,
     (SELECT CAST((groupArray(topic), groupArray(build)), 'Map(String, String)') FROM complete_until) AS current
SELECT topic, user, at, kind, from_state, to_state, episode, metric, cur, base, drop, reason, partition, watermark,
       until[topic] AS complete_until, returned
FROM transitions FINAL
WHERE build = current[topic]
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Every decision once.';

CREATE OR REPLACE VIEW triggers_current AS
WITH (SELECT CAST((groupArray(topic), groupArray(complete_until)), 'Map(String, DateTime64(3, ''UTC''))') FROM complete_until) AS until,
     (SELECT CAST((groupArray(topic), groupArray(build)), 'Map(String, String)') FROM complete_until) AS current
SELECT topic, id, user, journey, episode, stage, at, lifecycle, metric, cur, base, drop, reason, partition, watermark,
       until[topic] AS complete_until, risk, rfm
FROM triggers FINAL
WHERE build = current[topic]
COMMENT 'Every trigger once.';

CREATE OR REPLACE VIEW episodes AS
WITH (SELECT CAST((groupArray(topic), groupArray(complete_until)), 'Map(String, DateTime64(3, ''UTC''))') FROM complete_until) AS until,
     (SELECT CAST((groupArray(topic), groupArray(build)), 'Map(String, String)') FROM complete_until) AS current
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
WHERE kind IN ('entered', 'recovered', 'settled', 'lost') AND build = current[topic]
GROUP BY topic, user, episode
COMMENT 'Pre-churn episodes with their outcome: open, recovered, settled or lost.';

-- Of a forgotten user Winback knows no more; if they come back, it is as somebody new.
CREATE OR REPLACE VIEW lifecycle_current AS
WITH (SELECT CAST((groupArray(topic), groupArray(complete_until)), 'Map(String, DateTime64(3, ''UTC''))') FROM complete_until) AS until,
     (SELECT CAST((groupArray(topic), groupArray(build)), 'Map(String, String)') FROM complete_until) AS current
SELECT topic, user, argMax(to_state, at) AS state, max(at) AS since, until[topic] AS complete_until
FROM transitions
WHERE kind = 'lifecycle' AND build = current[topic]
GROUP BY topic, user
HAVING state != 'forgotten'
COMMENT 'Every user''s lifecycle state and since when. Forgotten users are not there.';

CREATE OR REPLACE VIEW lifecycle_flows AS
WITH (SELECT CAST((groupArray(topic), groupArray(complete_until)), 'Map(String, DateTime64(3, ''UTC''))') FROM complete_until) AS until,
     (SELECT CAST((groupArray(topic), groupArray(build)), 'Map(String, String)') FROM complete_until) AS current
SELECT topic, toDate(at) AS day, from_state, to_state, uniqExact(user, at) AS changes,
       until[topic] AS complete_until, day < toDate(complete_until) AS complete, returned
FROM transitions
WHERE kind = 'lifecycle' AND build = current[topic]
GROUP BY topic, day, from_state, to_state, returned
COMMENT 'Changes of lifecycle state by day (UTC), from which state to which. From is empty for users seen for the first time, to is forgotten for those forgotten.';

-- Forgotten is a way out and no state to be counted: who comes back from it comes as if for the first time.
-- The third part of the union makes a row of every day, whether anybody changed or not.
CREATE OR REPLACE VIEW lifecycle_daily AS
WITH (SELECT CAST((groupArray(topic), groupArray(complete_until)), 'Map(String, DateTime64(3, ''UTC''))') FROM complete_until) AS until,
     sum(sum(came) - sum(went)) OVER (PARTITION BY topic, state ORDER BY day ASC) AS balance
SELECT topic, day, state, sum(came) AS entered, sum(went) AS exited,
       greatest(balance, 0) AS users,
       until[topic] AS complete_until, day < toDate(complete_until) AS complete,
       greatest(-balance, 0) AS missing
FROM
(
    SELECT topic, day, to_state AS state, toInt64(changes) AS came, toInt64(0) AS went FROM lifecycle_flows WHERE to_state != 'forgotten'
    UNION ALL
    SELECT topic, day, from_state AS state, toInt64(0) AS came, toInt64(changes) AS went FROM lifecycle_flows WHERE from_state != ''
    UNION ALL
    SELECT topic, toDate(arrayJoin(range(toUInt32(first), toUInt32(last) + 1))) AS day, state, toInt64(0) AS came, toInt64(0) AS went
    FROM (SELECT topic, to_state AS state, min(day) AS first, any(toDate(complete_until)) AS last FROM lifecycle_flows WHERE to_state != 'forgotten' GROUP BY topic, state)
)
GROUP BY topic, day, state
COMMENT 'Users by lifecycle state at the end of each day (UTC), and how many entered and left the state on it. More than 0 missing: so many entered the state by rows that are not there.';

-- A profile's row says the lifecycle state of its own border; the transitions say today's, and who has been forgotten since. Which row is the
-- latest is found first, from plain columns: argMax over whole rows would take many times as long.
CREATE OR REPLACE VIEW profiles_current AS
WITH (SELECT CAST((groupArray(topic), groupArray(complete_until)), 'Map(String, DateTime64(3, ''UTC''))') FROM complete_until) AS until,
     (SELECT CAST((groupArray(topic), groupArray(build)), 'Map(String, String)') FROM complete_until) AS current
SELECT topic, user, at, if(state = '', profiles.lifecycle, state) AS lifecycle, rfm, tags, risk, high, alive, reasons, points, partition, watermark,
       until[topic] AS complete_until
FROM profiles FINAL
INNER JOIN
(
    SELECT topic, user, max(assessed) AS latest, argMax(to_state, changed) AS state
    FROM
    (
        SELECT topic, user, at AS assessed, toDateTime64(0, 3, 'UTC') AS changed, '' AS to_state FROM profiles WHERE build = current[topic]
        UNION ALL
        SELECT topic, user, toDateTime64(0, 3, 'UTC'), at, to_state FROM transitions WHERE kind = 'lifecycle' AND build = current[topic]
    )
    GROUP BY topic, user
    HAVING latest > maxIf(changed, to_state = 'forgotten')
) AS last USING (topic, user)
WHERE at = latest AND build = current[topic]
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Every user''s latest profile, with the lifecycle state of today. Forgotten users are not there.';

CREATE OR REPLACE VIEW tags_current AS
SELECT topic, arrayJoin(tags) AS tag, count() AS users, any(complete_until) AS complete_until
FROM profiles_current
GROUP BY topic, tag
COMMENT 'How many users have each tag.';

CREATE OR REPLACE VIEW high_risk_current AS
SELECT topic, user, at, lifecycle, rfm, tags, risk, alive, reasons, points, complete_until
FROM profiles_current
WHERE high
COMMENT 'The users whose risk of loss is high, and why.';

CREATE OR REPLACE VIEW rfm_flows AS
WITH (SELECT CAST((groupArray(topic), groupArray(complete_until)), 'Map(String, DateTime64(3, ''UTC''))') FROM complete_until) AS until,
     (SELECT CAST((groupArray(topic), groupArray(build)), 'Map(String, String)') FROM complete_until) AS current
SELECT topic, toDate(at) AS day, from_tier, to_tier, count() AS changes, until[topic] AS complete_until, day < toDate(complete_until) AS complete
FROM
(
    SELECT topic, at, rfm AS to_tier,
           lagInFrame(rfm) OVER (PARTITION BY topic, user ORDER BY at ASC, forgotten ASC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS from_tier
    FROM
    (
        SELECT topic, user, at, rfm, false AS forgotten FROM profiles WHERE build = current[topic]
        UNION ALL
        SELECT topic, user, at, '', true FROM transitions WHERE kind = 'lifecycle' AND to_state = 'forgotten' AND build = current[topic]
    )
)
WHERE from_tier != to_tier
GROUP BY topic, day, from_tier, to_tier
COMMENT 'Changes of RFM tier by day (UTC), from which tier to which. From is empty for users assessed for the first time, to is empty for those forgotten.';

CREATE OR REPLACE VIEW rfm_daily AS
WITH (SELECT CAST((groupArray(topic), groupArray(complete_until)), 'Map(String, DateTime64(3, ''UTC''))') FROM complete_until) AS until
SELECT topic, day, tier, sum(came) AS entered, sum(went) AS exited,
       sum(sum(came) - sum(went)) OVER (PARTITION BY topic, tier ORDER BY day ASC) AS users,
       until[topic] AS complete_until, day < toDate(complete_until) AS complete
FROM
(
    SELECT topic, day, tier, toInt64(entering * changes) AS came, toInt64((1 - entering) * changes) AS went
    FROM rfm_flows
    ARRAY JOIN [to_tier, from_tier] AS tier, [1, 0] AS entering
    UNION ALL
    SELECT topic, toDate(arrayJoin(range(toUInt32(first), toUInt32(last) + 1))) AS day, tier, toInt64(0) AS came, toInt64(0) AS went
    FROM (SELECT topic, to_tier AS tier, min(day) AS first, any(toDate(complete_until)) AS last FROM rfm_flows GROUP BY topic, tier)
)
WHERE tier != ''
GROUP BY topic, day, tier
COMMENT 'Users by RFM tier at the end of each day (UTC), and how many entered and left the tier on it.';
