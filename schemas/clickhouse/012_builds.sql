-- +goose NO TRANSACTION
-- +goose Up
-- A build is the state of one consumer group, from the first record it read on: what a rebuild finds is a build of its own, under another name, and
-- does not mix with what was found before. Rows that were stored before this column came are of the build without a name.
ALTER TABLE activity
    ADD COLUMN IF NOT EXISTS build LowCardinality(String) COMMENT 'consumer group, and behind a slash the name of its rebuild; see the view builds' AFTER partition,
    MODIFY ORDER BY (topic, minute, type, partition, emitted, build);
ALTER TABLE transitions
    ADD COLUMN IF NOT EXISTS build LowCardinality(String) COMMENT 'consumer group, and behind a slash the name of its rebuild; see the view builds' AFTER partition,
    MODIFY ORDER BY (user, at, kind, topic, build);
ALTER TABLE triggers
    ADD COLUMN IF NOT EXISTS build LowCardinality(String) COMMENT 'consumer group, and behind a slash the name of its rebuild; see the view builds' AFTER partition,
    MODIFY ORDER BY (user, journey, episode, stage, build);
ALTER TABLE profiles
    ADD COLUMN IF NOT EXISTS build LowCardinality(String) COMMENT 'consumer group, and behind a slash the name of its rebuild; see the view builds' AFTER partition,
    MODIFY ORDER BY (user, at, topic, build);
ALTER TABLE progress
    ADD COLUMN IF NOT EXISTS build LowCardinality(String) COMMENT 'consumer group, and behind a slash the name of its rebuild; see the view builds' AFTER partition,
    ADD COLUMN IF NOT EXISTS began DateTime64(3, 'UTC') COMMENT 'wall clock at which the build began' AFTER build,
    ADD COLUMN IF NOT EXISTS windows_from DateTime64(3, 'UTC')
        COMMENT 'decisions of earlier borders rest on windows whose beginning the topic no longer held; 1970 if it held everything' AFTER watermark,
    MODIFY ORDER BY (topic, partition, build);
