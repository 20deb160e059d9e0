package oracle

import "slices"

// history is every event that is known of one user, in order of time, with running totals so that a window is a difference of two.
type history struct {
	cfg    *Config
	events []Event
	times  []int64   // of the events
	n, sum [][]int64 // per metric: what the first i events counted and added
	active []int64   // times of the activity events, in order
}

func newHistory(cfg *Config) *history {
	h := &history{cfg: cfg, n: make([][]int64, len(cfg.Metrics)), sum: make([][]int64, len(cfg.Metrics))}
	for m := range cfg.Metrics {
		h.n[m], h.sum[m] = []int64{0}, []int64{0}
	}
	return h
}

// add puts the event where its time says. Totals are made anew from there on.
func (h *history) add(e Event) {
	at, _ := slices.BinarySearch(h.times, e.Time+1)
	h.events = slices.Insert(h.events, at, e)
	h.times = slices.Insert(h.times, at, e.Time)
	for m := range h.cfg.Metrics {
		h.n[m], h.sum[m] = h.n[m][:at+1], h.sum[m][:at+1]
		for i := at; i < len(h.events); i++ {
			n, sum := h.contribution(m, i)
			h.n[m] = append(h.n[m], h.n[m][i]+n)
			h.sum[m] = append(h.sum[m], h.sum[m][i]+sum)
		}
	}
	if h.cfg.isActivity(e.Type) {
		at, _ := slices.BinarySearch(h.active, e.Time)
		h.active = slices.Insert(h.active, at, e.Time)
	}
}

// contribution is what the i-th event counts and adds in metric m. Of a days metric it only says that the metric reads the event.
func (h *history) contribution(m, i int) (n, sum int64) {
	metric, e := h.cfg.Metrics[m], h.events[i]
	switch {
	case !metric.reads(e.Type):
		return 0, 0
	case metric.Adds == Count || metric.Adds == Days:
		return 1, 1
	case metric.Adds == Amount:
		return 1, e.Amount
	case metric.Adds == Duration:
		return 1, e.Duration
	case metric.Adds == Sessions && h.startsSession(metric, i):
		return 1, 1
	}
	return 0, 0
}

// startsSession reports whether no earlier event of the metric's types lies within the gap before the i-th event. Of events at the
// same millisecond the first starts the session.
func (h *history) startsSession(metric Metric, i int) bool {
	for j := i - 1; j >= 0 && h.times[i]-h.times[j] <= h.cfg.SessionGap; j-- {
		if metric.reads(h.events[j].Type) {
			return false
		}
	}
	return true
}

// before is the number of events with a time before t.
func (h *history) before(t int64) int {
	i, _ := slices.BinarySearch(h.times, t)
	return i
}

// count is what metric m counted in the events [i, j), total what it added.
func (h *history) count(m, i, j int) int64 {
	if h.cfg.Metrics[m].Adds == Days {
		return h.days(m, i, j)
	}
	return h.n[m][j] - h.n[m][i]
}

func (h *history) total(m, i, j int) int64 {
	if h.cfg.Metrics[m].Adds == Days {
		return h.days(m, i, j)
	}
	return h.sum[m][j] - h.sum[m][i]
}

// days counts the own days of the events [i, j) that metric m reads, each once, also where the user lived one twice. A day that the window cuts
// counts on either side of the cut.
func (h *history) days(m, i, j int) int64 {
	seen := map[int64]bool{}
	for ; i < j; i++ {
		if h.n[m][i+1] > h.n[m][i] {
			seen[h.events[i].ownDay()] = true
		}
	}
	return int64(len(seen))
}
