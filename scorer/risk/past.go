package risk

// How far back a Past tells.
const (
	MaxWeeks = 26  // of sums
	MaxDays  = 256 // of days

	MaxActiveWeeks = MaxDays / 7 // of weeks with activity
	LeastLongDays  = gapDays     // of the long inputs, which read as far as the activity is kept anyhow
)

const day = 24 * 60 * 60 * 1000

// Past is what a risk is made of: one user's history at a border h, from the events before h alone. A model reads no further back
// than its Needs say; what lies beyond may hold anything.
type Past struct {
	At     int64 // h, Unix milliseconds; for sentences only: no feature depends on the date
	Tenure int64 // h less the start of the user's first active grain, milliseconds
	Age    int64 // h less the end of the user's last active grain before h, milliseconds

	// Days has bit k, Days[k/64]>>(k%64)&1, set where an active grain begins in [h-(k+1) days, h-k days). Days are 24 hours counted back
	// from h, whatever the time of day at h and the user's zone: so a feature looks back equally far everywhere, as it did in training.
	Days [MaxDays / 64]uint64

	// LongDays is how many days back the long inputs read, LeastLongDays at least: as far as the activity is kept anyhow, whatever the model.
	LongDays int

	// Metrics holds the histories of the metrics that the Vector or the Scorer was compiled for, in their order.
	Metrics []History

	// Alive is the probability that the user is still a customer, 0 to 1, by BG/NBD: 1 for one who bought on one day only, since the model lets nobody
	// leave before a repeat purchase; below 0 for one who never did.
	Alive float64
}

// History is what one metric saw.
type History struct {
	// Weeks[k] is what it added over [h-(k+1) weeks, h-k weeks), in the metric's own unit.
	Weeks [MaxWeeks]int64

	// Days has bit k set, as in Past, where a grain with an event of the metric begins on that day. It is read where ReadsDays says so.
	Days [MaxDays / 64]uint64
}

// longDays is how far back the long inputs read.
func (p *Past) longDays() int { return longDaysOf(p.LongDays) }

func longDaysOf(days int) int { return min(max(days, gapDays), MaxDays) }
