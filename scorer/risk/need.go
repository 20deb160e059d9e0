package risk

import "slices"

// Need is how far back a model looks. The windows keep that.
type Need struct {
	Days       int            // of activity: bits of Past.Days
	MetricDays map[string]int // of each metric: bits of History.Days
	Weeks      map[string]int // of each metric's sums: elements of History.Weeks
	Metrics    []string       // the metrics used, sorted, those of P(alive) included
	Alive      bool           // whether some feature reads Past.Alive
	LongDays   bool           // whether some feature reads the activity as far back as it is kept
}

func newNeed() Need { return Need{MetricDays: map[string]int{}, Weeks: map[string]int{}} }

// Needs says how far back a valid model looks.
func (m *Model) Needs() Need {
	n := newNeed()
	for _, text := range m.expressions() {
		if e, err := parse(text); err == nil {
			e.need(&n)
		}
	}
	if m.Alive != nil {
		n.metric(m.Alive.Metric, 0)
	}
	return n
}

// expressions are those of the features, then those of the pairs, two each.
func (m *Model) expressions() []string {
	var all []string
	for i := range m.Features {
		all = append(all, m.Features[i].Name)
	}
	for i := range m.Pairs {
		all = append(all, m.Pairs[i].Features[:]...)
	}
	return all
}

// NeedsOf says how far back features look; the error names the first one that cannot be read.
func NeedsOf(features []string) (Need, error) {
	n := newNeed()
	for _, text := range features {
		e, err := parse(text)
		if err != nil {
			return Need{}, err
		}
		e.need(&n)
	}
	return n, nil
}

func (n *Need) metric(name string, weeks int) {
	if !slices.Contains(n.Metrics, name) {
		n.Metrics = append(n.Metrics, name)
		slices.Sort(n.Metrics)
	}
	if weeks > 0 {
		n.Weeks[name] = max(n.Weeks[name], weeks)
	}
}
