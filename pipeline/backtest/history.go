package backtest

import (
	"math"

	"winback/schemas"
	"winback/scorer"
)

// History is what a replay tells: the rows of every cut-off, and who was flagged when.
type History struct {
	Users    []uint64 // by number: the hash (xxhash) of the id
	Cutoffs  []Cutoff // in order, Config.Cut apart, those without a row included
	Flags    []Flag   // in order of their time
	First    int64    // the first event, Unix milliseconds
	Complete int64    // up to when the data counts as complete, Unix milliseconds

	Scored       bool             // there is a model of risk
	Chance       bool             // and its number is a chance in per cent, not a score that only ranks
	ModelHorizon schemas.Duration // what it was trained for
	Lookback     schemas.Duration // how far the rule of the drop looks back
}

// Cutoff is a time at which users are asked about, Unix milliseconds.
type Cutoff struct {
	At   int64
	Rows []Row
}

// Row is a user at a cut-off, as known from the events before it; Next alone is what came.
type Row struct {
	User  uint32  // a number of History.Users
	Last  int64   // the last activity event before the cut-off, Unix milliseconds
	Next  int64   // the first one from the cut-off on; Never if none came
	Since int64   // when the episode that is open at the cut-off was entered; 0 if none is
	Risk  float64 // 0 to 100; -1 for a user whom the model does not score, and without a model
	Bare  bool    // the bare rule of the drop holds
	State scorer.State
	Tier  scorer.Tier
}

// Never is the time of an event that did not come.
const Never = math.MaxInt64

// Flag is an entry into an episode.
type Flag struct {
	User uint32
	At   int64
}
