// Package backtest says what a configuration would have been worth over a history: who would have been flagged at weekly cut-offs, how many of them
// left and how early they were flagged, beside the bare rule of the drop and a list by last activity. Gather makes rows of a replay through
// the engine of the service; New makes a report of rows, and knows nothing of where they come from. docs/backtest.md defines every figure.
//
// cmd/winback calls it for `winback backtest`.
package backtest
