package scorer

// rhythm is when a user's turns come, by the hash of the id, so that a partition's work is spread evenly.
type rhythm struct {
	phase uint32 // of the assessments, in grains
	hour  uint32 // of the day in which the model is asked about candidates and episodes, in grains
}

func (r *Rules) rhythmOf(hash uint64) rhythm { return rhythm{r.PhaseOf(hash), r.ownHourOf(hash)} }

// PhaseOf is a user's place in the rhythm of assessments by the hash of the id.
func (r *Rules) PhaseOf(hash uint64) uint32 { return uint32(hash % uint64(r.assess)) }

// inPhase reports whether a border is one of a user's rhythm.
func (r *Rules) inPhase(h, phase uint32) bool { return (h-phase)%r.assess == 0 }

// nextPhase is the first border after h in the user's rhythm.
func (r *Rules) nextPhase(h, phase uint32) uint32 { return h + r.assess - (h-phase)%r.assess }

// ownHourOf is a user's own place in the day: where the rhythm of assessments is whole days, these fall on it.
func (r *Rules) ownHourOf(hash uint64) uint32 { return uint32(hash % uint64(r.day)) }

// inOwnHour reports whether a border is the user's own of a day.
func (r *Rules) inOwnHour(h uint32, turn rhythm) bool { return h-r.dayOf(h)*r.day == turn.hour }

// nextOwnHour is the user's own border after h.
func (r *Rules) nextOwnHour(h, hour uint32) uint32 {
	next := r.dayOf(h)*r.day + hour
	if next <= h {
		next += r.day
	}
	return next
}
