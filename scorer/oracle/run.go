package oracle

import (
	"cmp"
	"slices"

	"winback/schemas"
)

// Outcome is what follows from some events, by border, then user. A user's lifecycle comes before their episodes. Texts that only
// explain are left empty.
type Outcome struct {
	Decisions  []schemas.Decision
	Profiles   []schemas.Profile
	Refused    []Event            // as they arrived
	Watermarks []int64            // JudgeArrivals: after each arrival
	Known      map[string][]Event // by user, in order of time: what was not refused and not forgotten at the end
}

// Judge returns what follows from the events at every border up to and including until, which is a border. Their order does not
// matter.
func Judge(cfg Config, events []Event, until int64) Outcome {
	j := newJudge(cfg)
	var out Outcome
	all := j.allUsers(events)
	for _, p := range all {
		for border := j.cfg.grainEnd(p.times[0]); border <= until; border += j.cfg.Grain {
			out.add(j.at(p, border))
		}
	}
	out.finish(all)
	return out
}

// allUsers sorts the events before it adds them, only because adding at the end is cheap.
func (j *judge) allUsers(events []Event) map[string]*userState {
	inOrder := slices.Clone(events)
	slices.SortStableFunc(inOrder, func(a, b Event) int { return cmp.Compare(a.Time, b.Time) })
	all := map[string]*userState{}
	for _, e := range inOrder {
		j.accept(all, e)
	}
	return all
}

func (j *judge) accept(all map[string]*userState, e Event) *userState {
	p := all[e.User]
	if p == nil {
		p = &userState{history: newHistory(j.cfg), name: e.User}
		all[e.User] = p
	}
	p.add(e)
	j.population.add(e)
	return p
}

// JudgeArrivals returns what follows when the events arrive in the order given, in one partition whose watermark moves as the clock says.
// A border is judged once, when the watermark reaches it, on what has arrived by then. An event behind the watermark tells from the next
// border on; one beyond its type's reach is refused. At the end the watermark moves to until. No border after until is judged.
func JudgeArrivals(cfg Config, arrivals []Event, clock Clock, until int64) Outcome {
	var out Outcome
	if len(arrivals) == 0 {
		return out
	}
	j := newJudge(cfg)
	all := map[string]*userState{}
	watermark := newWatermark(clock)
	next := j.cfg.grainEnd(arrivals[0].Time - clock.Lateness) // borders up to the first watermark have passed without a user
	advance := func(to int64) {
		for ; next <= min(to, until); next += j.cfg.Grain {
			for _, p := range all {
				out.add(j.at(p, next))
			}
		}
	}
	for _, e := range arrivals {
		if j.seen(e, next) {
			p := j.accept(all, e)
			p.lateOrder = p.lateOrder || e.Time < next-j.cfg.Grain && j.cfg.isOrder(e.Type)
			watermark.see(e)
			advance(watermark.at())
		} else {
			out.Refused = append(out.Refused, e)
		}
		out.Watermarks = append(out.Watermarks, watermark.at())
	}
	advance(until)
	out.finish(all)
	return out
}

func (o *Outcome) add(decisions []schemas.Decision, row *schemas.Profile) {
	o.Decisions = append(o.Decisions, decisions...)
	if row != nil {
		o.Profiles = append(o.Profiles, *row)
	}
}

// finish relies on a stable sort to keep one user's decisions at one border in the order they were made in.
func (o *Outcome) finish(all map[string]*userState) {
	slices.SortStableFunc(o.Decisions, func(a, b schemas.Decision) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.User, b.User))
	})
	slices.SortStableFunc(o.Profiles, func(a, b schemas.Profile) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.User, b.User))
	})
	o.Known = map[string][]Event{}
	for name, p := range all {
		o.Known[name] = p.events
	}
}

// Decide returns Judge's decisions alone.
func Decide(cfg Config, events []Event, until int64) []schemas.Decision {
	return Judge(cfg, events, until).Decisions
}
