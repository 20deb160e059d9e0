-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS profiles
(
    user        String                 COMMENT 'user id' CODEC(ZSTD(1)),
    at          DateTime64(3, 'UTC')   COMMENT 'the border, event time, at which it became true' CODEC(Delta, ZSTD(1)),
    lifecycle   LowCardinality(String) COMMENT 'the user''s lifecycle state at that border',
    rfm         LowCardinality(String) COMMENT 'worth: high, potential, low or standard; empty while RFM is off',
    tags        Array(LowCardinality(String)) COMMENT 'the names of the tags that hold, in the order of the configuration',
    risk        Nullable(Float64)      COMMENT 'risk of loss, 0 to 100; NULL without a model and for users it says nothing about' CODEC(ZSTD(1)),
    high        UInt8                  COMMENT '1: the risk has reached risk.high' CODEC(T64, LZ4),
    alive       Nullable(Float64)      COMMENT 'probability, 0 to 1, that the user is still a customer; NULL as with risk' CODEC(ZSTD(1)),
    reasons     Array(LowCardinality(String)) COMMENT 'the features with the largest terms of the risk, the largest first',
    points      Array(Float64)         COMMENT 'what each of them adds to the risk, log-odds; above 0 raises it' CODEC(ZSTD(1)),
    topic       LowCardinality(String) COMMENT 'input topic',
    partition   Int32                  COMMENT 'its partition' CODEC(T64, LZ4),
    watermark   DateTime64(3, 'UTC')   COMMENT 'the partition''s watermark when the row was handed over' CODEC(DoubleDelta, LZ4),
    offset_from Int64                  COMMENT 'the row was found between this offset' CODEC(Delta, LZ4),
    offset_to   Int64                  COMMENT 'and this one' CODEC(Delta, LZ4),
    inserted_at DateTime('UTC')        DEFAULT now() COMMENT 'wall clock of the insert' CODEC(DoubleDelta, LZ4)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (user, at, topic)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Worth, tags and risk of every user, whenever they changed and when an episode began. Read the view profiles_current.';
