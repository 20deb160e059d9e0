-- +goose NO TRANSACTION
-- +goose Up
-- The scorer decides what a return is (scorer.Returned) and writes it with every change of lifecycle. Rows that were stored before this column came do not
-- say it: for them, and for them alone, the expression gives the rule of that time.
ALTER TABLE transitions
    ADD COLUMN IF NOT EXISTS returned UInt8
        DEFAULT kind = 'lifecycle' AND from_state IN ('silent_light', 'silent_moderate', 'silent_heavy', 'churned') AND to_state IN ('new', 'active', 'casual')
        COMMENT 'lifecycle: 1 if the user came back, out of silence or churn' CODEC(T64, LZ4) AFTER to_state;
