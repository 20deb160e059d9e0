-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS transitions
(
    user        String                 COMMENT 'user id' CODEC(ZSTD(1)),
    at          DateTime64(3, 'UTC')   COMMENT 'the border, event time, at which it became true' CODEC(Delta, ZSTD(1)),
    kind        LowCardinality(String) COMMENT 'lifecycle, entered, recovered, settled or lost',
    from_state  LowCardinality(String) COMMENT 'lifecycle: the state left; empty at first',
    to_state    LowCardinality(String) COMMENT 'lifecycle: the state entered',
    episode     UInt32                 COMMENT 'entered, recovered, settled, lost: the user''s episode, from 1' CODEC(T64, LZ4),
    metric      LowCardinality(String) COMMENT 'entered: the core metric with the largest drop',
    cur         Int64                  COMMENT 'entered: its sum over the current window' CODEC(T64, LZ4),
    base        Int64                  COMMENT 'entered: its sum over the baseline' CODEC(T64, LZ4),
    drop        Float64                COMMENT 'entered: 1 - cur / (base scaled to the current window); 1 is silence' CODEC(ZSTD(1)),
    reason      String                 COMMENT 'entered: one sentence for a person' CODEC(ZSTD(3)),
    topic       LowCardinality(String) COMMENT 'input topic',
    partition   Int32                  COMMENT 'its partition' CODEC(T64, LZ4),
    watermark   DateTime64(3, 'UTC')   COMMENT 'the partition''s watermark when the row was handed over' CODEC(DoubleDelta, LZ4),
    offset_from Int64                  COMMENT 'the row was found between this offset' CODEC(Delta, LZ4),
    offset_to   Int64                  COMMENT 'and this one' CODEC(Delta, LZ4),
    inserted_at DateTime('UTC')        DEFAULT now() COMMENT 'wall clock of the insert' CODEC(DoubleDelta, LZ4)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (user, at, kind, topic)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Every decision about a user: changes of lifecycle state, pre-churn episodes begun and ended. Read the view transitions_current.';
