package oracle

import (
	"cmp"
	"slices"

	"winback/schemas"
)

// Decide returns what follows from the events at every border up to and including until, which is a border. Their order does not
// matter. Decisions come by border, then user; a user's lifecycle comes before the rest. Reason is left empty.
func Decide(cfg Config, events []Event, until int64) []schemas.Decision {
	j := newJudge(cfg)
	var all []schemas.Decision
	for _, p := range persons(j.cfg, events) {
		for border := j.cfg.grainEnd(p.times[0]); border <= until; border += j.cfg.Grain {
			all = append(all, j.at(p, border)...)
		}
	}
	sortDecisions(all)
	return all
}

// persons sorts the events before it adds them, only because adding at the end is cheap.
func persons(cfg *Config, events []Event) map[string]*person {
	inOrder := slices.Clone(events)
	slices.SortStableFunc(inOrder, func(a, b Event) int { return cmp.Compare(a.Time, b.Time) })
	all := map[string]*person{}
	for _, e := range inOrder {
		person := personOf(all, cfg, e.User)
		person.add(e)
	}
	return all
}

func personOf(all map[string]*person, cfg *Config, name string) *person {
	if all[name] == nil {
		all[name] = &person{history: newHistory(cfg), name: name}
	}
	return all[name]
}

// DecideArrivals returns what follows when the events arrive in the order given, in one partition whose watermark trails the
// largest time seen by lateness. A border is judged once, when the watermark reaches it, on what has arrived by then. An event
// behind the watermark tells from the next border on; one beyond Config.Reach is refused and listed in the second result. At the
// end the watermark moves to until. No border after until is judged.
func DecideArrivals(cfg Config, arrivals []Event, lateness, until int64) (decisions []schemas.Decision, refused []Event) {
	if len(arrivals) == 0 {
		return nil, nil
	}
	j := newJudge(cfg)
	all := map[string]*person{}
	watermark := arrivals[0].Time - lateness
	next := j.cfg.grainEnd(watermark) // borders up to the first watermark have passed without a user
	advance := func() {
		for ; next <= min(watermark, until); next += j.cfg.Grain {
			for _, p := range all {
				decisions = append(decisions, j.at(p, next)...)
			}
		}
	}
	for _, e := range arrivals {
		if j.cfg.grainEnd(e.Time) <= next-j.cfg.Reach {
			refused = append(refused, e)
			continue
		}
		personOf(all, j.cfg, e.User).add(e)
		watermark = max(watermark, e.Time-lateness)
		advance()
	}
	watermark = until
	advance()
	sortDecisions(decisions)
	return decisions, refused
}

// sortDecisions relies on a stable sort to keep one user's decisions at one border in the order they were made in.
func sortDecisions(all []schemas.Decision) {
	slices.SortStableFunc(all, func(a, b schemas.Decision) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.User, b.User))
	})
}

// countBefore is how many of the sorted times lie before t.
func countBefore(times []int64, t int64) int {
	n, _ := slices.BinarySearch(times, t)
	return n
}
