package train

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/cespare/xxhash/v2"
	"pgregory.net/rapid"

	"winback/schemas"
	"winback/scorer"
)

// village is a few users, and a rule with windows of days instead of weeks, so that much happens in a short history.
type village struct {
	cfg    Config
	held   HeldOut
	ids    []string
	events [][]int64 // of each user, in order
	seed   uint64
}

const (
	eighth          = dayLength / 8
	villageGrain    = dayLength / 4
	villageWindow   = dayLength
	villageBaseline = 3 * dayLength
	villageChurned  = 6 * dayLength
)

func drawVillage(t *rapid.T) *village {
	o := &village{cfg: Defaults(), seed: rapid.Uint64().Draw(t, "seed")}
	o.cfg.Every, o.cfg.Active, o.cfg.Horizon = 2*schemas.Day, 4*schemas.Day, 3*schemas.Day
	end := 40 * int64(dayLength)
	o.held = HeldOut{Unseen: 0.5, TestFrom: rapid.Int64Range(0, 30).Draw(t, "test from") * dayLength, Complete: end - rapid.Int64Range(0, 5).Draw(t, "incomplete")*dayLength}
	for n := range rapid.IntRange(1, 8).Draw(t, "users") {
		o.ids = append(o.ids, string(rune('a'+n)))
		last := rapid.Int64Range(40, end/eighth-1).Draw(t, "last")
		events := rapid.SliceOfN(rapid.Int64Range(8, last), 0, 60).Draw(t, "events") // many at the very time of a cut-off, and some users busy
		slices.Sort(events)
		for k := range events {
			events[k] *= eighth
		}
		o.events = append(o.events, events)
	}
	return o
}

func (o *village) within(user int, from, to int64) bool {
	return slices.ContainsFunc(o.events[user], func(at int64) bool { return from <= at && at < to })
}

func (o *village) count(user int, from, to int64) (n int) {
	for _, at := range o.events[user] {
		if from <= at && at < to {
			n++
		}
	}
	return n
}

// standing is of a user at a border: who did 30 % less than in the baseline is a candidate, and often is none for a few hours. The risk is anything.
func (o *village) standing(user int, at int64) scorer.Standing {
	cur, base := o.count(user, at-villageWindow, at), o.count(user, at-villageWindow-villageBaseline, at-villageWindow)
	churned := o.within(user, 0, at) && !o.within(user, at-villageChurned, at)
	s := scorer.Standing{Candidate: base > 0 && 10*3*cur <= 7*base && !churned, Used: cur > 0, Churned: churned, Risk: -1}
	if o.within(user, at-5*dayLength, at) {
		text := binary.LittleEndian.AppendUint64([]byte(o.ids[user]), uint64(at)^o.seed)
		s.Risk = float64(xxhash.Sum64(text)%1000) / 10
	}
	return s
}

// replay calls the gatherer as an engine would.
func (o *village) replay() *HeldOutLooks {
	g := NewFlaggingGather(o.cfg, &o.held, FlaggingEngine{
		Activity: func(*schemas.Event) bool { return true }, Grain: villageGrain, Window: villageWindow,
		Baseline: villageBaseline, Churned: villageChurned,
	})
	numbers := map[string]int{}
	for n, id := range o.ids {
		numbers[id] = n
	}
	events := func(yield func(*schemas.Event) bool) {
		for at := int64(villageGrain); at <= 40*dayLength; at += villageGrain {
			for n, id := range o.ids {
				for _, e := range o.events[n] {
					if e >= at-villageGrain && e < at && !yield(&schemas.Event{User: []byte(id), Time: e}) {
						return
					}
				}
			}
		}
	}
	next := int64(villageGrain)
	take := func(until int64) {
		for ; next <= until; next += villageGrain {
			g.Take(next, func(user []byte) (scorer.Standing, bool) {
				n := numbers[string(user)]
				return o.standing(n, next), o.within(n, 0, next)
			})
		}
	}
	for e := range g.Watch(events) {
		take(e.Time)
	}
	take(40 * dayLength)
	return g.Looks()
}

// plain is what a threshold is worth, told border by border and row by row.
func (o *village) plain(enter, exit float64) (t Tried, ok bool) {
	type loss struct {
		user int
		last int64
	}
	var rows, lost, flagged, hits, entries int
	weekLost, weekHits, leads := map[int64]int{}, map[int64]int{}, map[loss]int64{}
	until := o.held.Complete - int64(o.cfg.Horizon)
	until -= until % int64(o.cfg.Every)
	for user, id := range o.ids {
		hash, since, ended := xxhash.Sum64String(id), int64(0), int64(0)
		from := int64(math.MinInt64)
		if float64(hash>>32) < 0.5*(1<<32) {
			from = o.held.TestFrom - int64(o.cfg.Every)
		}
		for at := int64(villageGrain); at <= until; at += villageGrain {
			now, own := o.standing(user, at), at/villageGrain%4 == int64(hash%4)
			became := !o.standing(user, at-villageGrain).Candidate || ended == at-villageGrain
			switch {
			case since != 0 && now.Churned, since != 0 && own && now.Used && now.Risk >= 0 && now.Risk < exit:
				since, ended = 0, at
			case since == 0 && now.Candidate && (own || became) && now.Risk >= enter:
				if since = at; at > from {
					entries++
				}
			}
			if at%int64(o.cfg.Every) != 0 || at <= from || !o.within(user, at-int64(o.cfg.Active), at) {
				continue
			}
			rows++
			if since != 0 {
				flagged++
			}
			if !o.within(user, at, at+int64(o.cfg.Horizon)) {
				lost++
				weekLost[at]++
				if since != 0 {
					hits++
					weekHits[at]++
					before := o.events[user][:slices.IndexFunc(append(slices.Clone(o.events[user]), math.MaxInt64), func(e int64) bool { return e >= at })]
					if l := (loss{user, before[len(before)-1]}); leads[l] == 0 {
						leads[l] = since
					}
				}
			}
		}
	}
	if hits == 0 {
		return t, false
	}
	t.Threshold, t.Flagged, t.Precision, t.Recall = enter, float64(flagged)/float64(rows), float64(hits)/float64(flagged), float64(hits)/float64(lost)
	t.Lift, t.NewFlags = t.Precision/(float64(lost)/float64(rows)), 1000*float64(entries)/float64(rows)*3.5
	var days []float64
	for l, at := range leads {
		days = append(days, float64(l.last-at)/dayLength)
	}
	slices.Sort(days)
	t.DaysToLast = (days[(len(days)-1)/2] + days[len(days)/2]) / 2
	t.DaysToLoss, t.Weekly = t.DaysToLast+3, t.Recall
	var weeks []float64
	for at, n := range weekLost {
		if n >= 5 {
			weeks = append(weeks, float64(weekHits[at])/float64(n))
		}
	}
	if len(weeks) > 0 {
		t.Weekly = 0
		for _, w := range weeks {
			t.Weekly += w / float64(len(weeks))
		}
	}
	return t, true
}

// same allows for sums in another order.
func (t *Tried) same(o *Tried) bool {
	a := []float64{t.Threshold, t.Flagged, t.Precision, t.Recall, t.Lift, t.NewFlags, t.DaysToLast, t.DaysToLoss, t.Weekly}
	b := []float64{o.Threshold, o.Flagged, o.Precision, o.Recall, o.Lift, o.NewFlags, o.DaysToLast, o.DaysToLoss, o.Weekly}
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) <= 1e-9*max(1, math.Abs(x)) })
}

func TestAThresholdIsWorthWhatAPlainReadingTells(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawVillage(t)
		enter := rapid.Float64Range(0, 100).Draw(t, "enter")
		exit := rapid.Float64Range(0, enter).Draw(t, "exit")
		got, ok := o.replay().Try(enter, exit)
		want, told := o.plain(enter, exit)
		if ok != told || ok && !got.same(&want) {
			t.Fatalf("got %+v (%v), want %+v (%v)", got, ok, want, told)
		}
	})
}

func TestAHigherThresholdFlagsNobodyElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tried := drawVillage(t).replay().TryAll()
		for k := 1; k < len(tried); k++ {
			a, b := &tried[k-1], &tried[k]
			if b.Threshold <= a.Threshold || b.Flagged > a.Flagged || b.Recall > a.Recall || b.Weekly > a.Weekly+1e-12 {
				t.Fatalf("from %+v to %+v", a, b)
			}
		}
	})
}
