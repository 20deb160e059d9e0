package scorer

import (
	"winback/schemas"
	"winback/scorer/risk"
	"winback/scorer/track"
)

// Scratch is memory that calls reuse, and the dictionary by which tracks are written: each partition has its own. What Judge found stands
// in it until the next call. It is not safe for concurrent use.
type Scratch struct {
	tracks  *track.Codec
	addends []track.Cell // of an event with several lanes
	windows
	assessment
	ahead outlook
	calm  calmness
}

// assessment is what the last call of Judge that assessed found, and the memory it was found in.
type assessment struct {
	assessed bool // the last call of Judge has assessed the user
	scored   bool // or asked the model about them, before that
	ended    bool // and an episode of theirs ended
	score    Score
	tags     tagSums // of the last border that the tags were asked for
	past     risk.Past
	scorer   risk.Scratch
	terms    []schemas.Term
}

// Score is how likely a user is to leave.
type Score struct {
	Risk    float64        // that no activity comes within the model's horizon, 0 to 100; -1 if there is nothing to say
	Alive   float64        // P(alive) by BG/NBD, 0 to 1; -1 if there is nothing to say, as of a user who has not come back
	Reasons []schemas.Term // the terms of the risk by subject, signed, in log-odds, the largest first; valid until the next call
}

// NewScratch returns memory for calls of these Rules.
func (r *Rules) NewScratch() *Scratch {
	return &Scratch{
		tracks: r.schema.NewCodec(), windows: r.newWindows(),
		assessment: assessment{tags: r.newTagSums(), terms: make([]schemas.Term, 0, r.risk.MaxReasons())},
	}
}

// Shapes lists the shapes by which the tracks of this scratch's users are written. Whoever keeps the tracks keeps them too.
func (s *Scratch) Shapes() []track.ObservedShape { return s.tracks.Shapes() }

// LoadShapes takes over the Shapes of another scratch of the same rules, so that tracks written by it can be read. Those that this one has
// written cannot be read any more.
func (s *Scratch) LoadShapes(shapes []track.ObservedShape) error { return s.tracks.Load(shapes) }
