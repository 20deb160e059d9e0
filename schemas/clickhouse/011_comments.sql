-- +goose NO TRANSACTION
-- +goose Up
-- No table changes: the comments say what the columns hold since P(alive) is told only of who came back, and days are those of the user's own calendar.
ALTER TABLE profiles
    COMMENT COLUMN alive 'probability, 0 to 1, that the user is still a customer, by BG/NBD; NULL without a model, and for users who bought on fewer than two days of their own calendar: of those who never came back it knows nothing',
    COMMENT COLUMN tags 'the names of the tags that hold, in the order of the configuration; days() counts days of the user''s own calendar, months() months in UTC';
ALTER TABLE transitions
    COMMENT COLUMN cur 'entered: the metric''s sum over the current window: a count, minor units, milliseconds, or days of the user''s own calendar',
    COMMENT COLUMN base 'entered: the metric''s sum over the baseline, likewise';
ALTER TABLE triggers
    COMMENT COLUMN cur 'its sum over the current window: a count, minor units, milliseconds, or days of the user''s own calendar',
    COMMENT COLUMN base 'its sum over the baseline, likewise';
