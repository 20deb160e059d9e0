-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE triggers
    ADD COLUMN IF NOT EXISTS risk Nullable(Float64) COMMENT 'the user''s risk of loss at that border, 0 to 100; NULL if there is none' CODEC(ZSTD(1)) AFTER reason,
    ADD COLUMN IF NOT EXISTS rfm LowCardinality(String) COMMENT 'the user''s worth at that border: high, potential, low or standard; empty while RFM is off' AFTER risk;
