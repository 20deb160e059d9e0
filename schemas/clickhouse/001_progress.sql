-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS progress
(
    topic       LowCardinality(String) COMMENT 'input topic',
    partition   Int32                  COMMENT 'its partition',
    watermark   DateTime64(3, 'UTC')   COMMENT 'every row that follows from event times before this is in the other tables',
    offset_from Int64                  COMMENT 'first record of the last insert',
    offset_to   Int64                  COMMENT 'the record after the last one of the last insert',
    inserted_at DateTime('UTC')        DEFAULT now() COMMENT 'wall clock of the insert'
)
ENGINE = ReplacingMergeTree(watermark)
ORDER BY (topic, partition)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'How far each partition has come; written after the rows themselves. Read the view complete_until.';
