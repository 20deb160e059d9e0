// Package risk says how likely a user is to fall silent, and why: a logistic regression over features of the user's own history.
// docs/risk.md is its manual.
//
// A feature is a small expression over a Past, such as "log(sum(visits, 0w, 1w))"; Features lists those of the usual recipe for any
// metrics. A Model is features with their weights, as `winback train` writes it; a Scorer is a model compiled for the metrics of one
// configuration. Training reads features by a Vector, which is the very code that a Scorer scores with.
package risk
