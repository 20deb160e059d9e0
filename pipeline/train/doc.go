// Package train fits the model of risk to a replay: an additive boosted model (package additive) over features that are taken at weekly
// cut-offs from the same state that will serve them, P(alive) by BG/NBD, and the threshold from which on users are flagged. Pool fits one generic model to
// several histories. How well the model does is measured on later times and on other users than it was
// fitted on.
//
// cmd/winback calls it for `winback train`.
package train
