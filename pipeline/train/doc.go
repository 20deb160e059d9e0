// Package train fits the model of risk to a replay: a logistic regression over features that are taken at weekly cut-offs from the same
// state that will serve them, and P(alive) by BG/NBD. How well the model does is measured on later times and on other users than it was
// fitted on.
//
// cmd/winback calls it for `winback train`.
package train
