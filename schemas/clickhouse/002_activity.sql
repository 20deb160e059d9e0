-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS activity
(
    topic       LowCardinality(String) COMMENT 'input topic',
    partition   Int32                  COMMENT 'its partition',
    minute      DateTime('UTC')        COMMENT 'start of the minute, event time' CODEC(DoubleDelta, LZ4),
    type        LowCardinality(String) COMMENT 'event type; other for every type no metric names',
    emitted     DateTime('UTC')        COMMENT 'watermark, whole minutes, at which the row was closed; late events make a further row' CODEC(DoubleDelta, LZ4),
    events      UInt64                 COMMENT 'number of events' CODEC(T64, LZ4),
    amount      Int64                  COMMENT 'sum of amounts, minor units of the currency; refunds are negative' CODEC(T64, LZ4),
    duration_ms Int64                  COMMENT 'sum of durations, milliseconds' CODEC(T64, LZ4)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (topic, minute, type, partition, emitted)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What each event type did in each minute of each partition. Read the view activity_by_minute.';
