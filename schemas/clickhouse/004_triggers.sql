-- +goose NO TRANSACTION
-- +goose Up
-- The key says the same as the id, which is a hash of user, journey, episode and stage, and keeps a user's triggers together.
CREATE TABLE IF NOT EXISTS triggers
(
    id          FixedString(32)        COMMENT 'hash of user, journey, episode and stage, hexadecimal; as in the trigger topic',
    user        String                 COMMENT 'user id' CODEC(ZSTD(1)),
    journey     LowCardinality(String) COMMENT 'the recall journey it belongs to',
    episode     UInt32                 COMMENT 'the user''s episode, from 1' CODEC(T64, LZ4),
    stage       UInt32                 COMMENT 'the journey''s stage' CODEC(T64, LZ4),
    at          DateTime64(3, 'UTC')   COMMENT 'the border, event time, at which the drop became true' CODEC(Delta, ZSTD(1)),
    lifecycle   LowCardinality(String) COMMENT 'the user''s lifecycle state at that border; empty if none',
    metric      LowCardinality(String) COMMENT 'the core metric with the largest drop',
    cur         Int64                  COMMENT 'its sum over the current window' CODEC(T64, LZ4),
    base        Int64                  COMMENT 'its sum over the baseline' CODEC(T64, LZ4),
    drop        Float64                COMMENT '1 - cur / (base scaled to the current window); 1 is silence' CODEC(ZSTD(1)),
    reason      String                 COMMENT 'one sentence for a person' CODEC(ZSTD(3)),
    topic       LowCardinality(String) COMMENT 'input topic',
    partition   Int32                  COMMENT 'its partition' CODEC(T64, LZ4),
    watermark   DateTime64(3, 'UTC')   COMMENT 'the partition''s watermark when the row was handed over' CODEC(DoubleDelta, LZ4),
    offset_from Int64                  COMMENT 'the row was found between this offset' CODEC(Delta, LZ4),
    offset_to   Int64                  COMMENT 'and this one' CODEC(Delta, LZ4),
    inserted_at DateTime('UTC')        DEFAULT now() COMMENT 'wall clock of the insert' CODEC(DoubleDelta, LZ4),
    INDEX by_id id TYPE bloom_filter GRANULARITY 4
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (user, journey, episode, stage)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Every recall trigger sent to the trigger topic. Read the view triggers_current.';
