package train

// Why days: episodes remember. One that is open at a cut-off was entered at some earlier day. So what a threshold is worth cannot be read from rows at weekly
// cut-offs; the days between are needed too. HeldOutLooks are those days, of rows that a model was not fitted on, and any threshold can be tried on them.

// HeldOutLooks are what a model says, day by day, of users whom it was not fitted on or of times that it was not fitted on, and what became of them.
type HeldOutLooks struct {
	cfg     Config
	grain   int64
	users   []userLooks
	cutoffs int // how many there were
}

// userLooks is one user's course. Looks and rows are in order of time.
type userLooks struct {
	looks []look
	rows  []flaggingRow
	from  int64 // entries count after this time, Unix milliseconds
}

// look is what the service would decide on at a border.
type look struct {
	score  float64 // 0 to 100
	border uint32  // grains since the epoch
	may    changes
}

// changes are what a look can bring about, if the score is on that side of the threshold.
type changes uint8

const (
	mayEnter  changes = 1 << iota // a candidate who is asked about
	mayReturn                     // likewise, if an episode has ended at the border before
	mayEnd                        // a core metric is used, and the user is asked about
	mustEnd                       // the user has churned
)

// flaggingRow is the user at a cut-off at which they are active.
type flaggingRow struct {
	at     int64 // the cut-off, Unix milliseconds
	cutoff int   // its number
	last   int64 // the last activity before it, Unix milliseconds
	looks  int   // how many of the user's looks come before the cut-off or at it
	lost   bool  // no activity came in the horizon
}

// episode is the one that is open, or the last one.
type episode struct {
	since int64  // when it was entered, Unix milliseconds; 0 while none is open
	ended uint32 // the border at which one has ended
}

// see opens or ends the episode, and reports whether it was opened. At most one of the two happens at a border.
func (e *episode) see(l *look, grain int64, enter, exit float64) (entered bool) {
	asked := l.may&mayEnter != 0 || l.may&mayReturn != 0 && e.ended+1 == l.border
	switch {
	case e.since != 0 && (l.may&mustEnd != 0 || l.may&mayEnd != 0 && l.score < exit):
		e.since, e.ended = 0, l.border
	case e.since == 0 && asked && l.score >= enter:
		e.since = int64(l.border) * grain
		return true
	}
	return false
}
