// Package train fits the model of risk to a replay: a logistic regression over the features that serve it, taken at weekly cut-offs by
// the state that serves them, and P(alive) by BG/NBD. What it says of the model's worth is measured on later times and on other users
// than it was fitted on.
//
// cmd/winback calls it for `winback train`.
package train
