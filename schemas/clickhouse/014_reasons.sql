-- +goose NO TRANSACTION
-- +goose Up
-- No table changes: the comments say what the columns hold since the risk is an additive model's, whose reasons add up to it, and the generic one gives a score.
ALTER TABLE profiles
    COMMENT COLUMN risk 'risk of loss, 0 to 100: the chance in per cent, by a model that was trained; a score that ranks and is no chance, by the generic model without scorer.risk.base_rate; NULL without a model and for users it says nothing about',
    COMMENT COLUMN reasons 'what the risk is made of, by subject, the largest first, and last base, which everybody has alike',
    COMMENT COLUMN points 'what each of them adds, log-odds; above 0 raises the risk, which is 100 / (1 + exp(-arraySum(points)))';
ALTER TABLE triggers
    COMMENT COLUMN risk 'the user''s risk of loss at that border, 0 to 100, a chance or a score as in profiles; NULL if there is none';
