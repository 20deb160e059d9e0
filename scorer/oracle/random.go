package oracle

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Random makes the events of some users over some days from Origin on, in order of time, built to be hard: steady users who slow
// down, stop and come back, some of them after they were forgotten; bursts within a millisecond and around the session gap; times on
// borders and one millisecond beside them; refunds, zero amounts, spending just as much as a tier asks for; types no metric reads;
// habits by the local clock, in zones of all kinds, at home and on the road; monthly orders; the categories shoes, coffee and books;
// glances of seconds; and events exactly a window, a week or a threshold after another. The same generator state gives the same
// events.
func Random(rng *rand.Rand, cfg Config, users, days int) []Event {
	g := &generator{rng: rng, cfg: cfg, end: Origin + int64(days)*day, echoes: echoes(cfg), types: typesOf(cfg)}
	for u := range users {
		g.user = fmt.Sprintf("u%04d", u)
		g.life()
	}
	slices.SortStableFunc(g.out, func(a, b Event) int { return cmp.Compare(a.Time, b.Time) })
	return g.out
}

// Disorder returns the events as they arrive when each is delayed by up to delay milliseconds: with a lateness of at least delay,
// none is late.
func Disorder(rng *rand.Rand, events []Event, delay int64) []Event {
	type arrival struct {
		Event
		at int64
	}
	all := make([]arrival, len(events))
	for i, e := range events {
		all[i] = arrival{e, e.Time + rng.Int64N(delay+1)}
	}
	slices.SortStableFunc(all, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	out := make([]Event, len(all))
	for i, a := range all {
		out[i] = a.Event
	}
	return out
}

// generator makes one user after another.
type generator struct {
	rng    *rand.Rand
	cfg    Config
	end    int64
	echoes []int64
	types  []string

	user  string
	kinds []string // the types this user's events have
	likes []string // the categories
	home  zone
	here  zone // where the user is now
	first int  // index of this user's first event in out
	out   []Event
}

// life is a user's: phases of one rhythm each, from a random start, and echoes of what they did.
func (g *generator) life() {
	g.first = len(g.out)
	g.kinds = g.types
	if g.rng.IntN(3) > 0 { // most users do one or two things only
		g.kinds = []string{g.oneOf(g.types), g.oneOf(g.types)}
	}
	g.likes = [][]string{{""}, {"coffee"}, {"", "shoes"}, {"shoes", "coffee", "books", ""}}[g.rng.IntN(4)]
	g.home = g.somewhere()
	t := Origin + g.rng.Int64N(g.end-Origin)/2
	for t < g.end && len(g.out)-g.first < 2000 {
		g.here = g.home
		if g.rng.IntN(6) == 0 {
			g.here = g.somewhere()
		}
		t = g.phase(t)
	}
	for range g.rng.IntN(10) {
		g.echo()
	}
}

// phase makes the events of one phase and returns its end.
func (g *generator) phase(t int64) int64 {
	end := t + day + g.rng.Int64N(45*day)
	switch g.rng.IntN(10) {
	case 0: // silence, sometimes long enough for any threshold
		if g.rng.IntN(3) == 0 {
			return t + g.cfg.forgotten() + g.rng.Int64N(3*day)
		}
		return t + g.rng.Int64N(120*day)
	case 1: // a burst
		for range 1 + g.rng.IntN(40) {
			g.add(t)
			t += []int64{0, 0, 1, g.cfg.SessionGap, g.cfg.SessionGap + 1, minute}[g.rng.IntN(6)]
		}
		return t
	case 2: // one weekday only
		for ; t < end; t += week {
			g.add(t)
		}
	case 3: // on borders only
		for t = g.cfg.grainEnd(t); t < end; t += g.cfg.Grain * (1 + g.rng.Int64N(1+3*day/g.cfg.Grain)) {
			g.add(t)
		}
	case 4: // slower and slower
		for gap := hour; t < end; gap += gap / 8 {
			g.add(t)
			t += gap
		}
	case 5: // a habit by the clock on the wall
		return g.habit(t, end)
	case 6: // once a month, the last time perhaps a month too late
		return g.monthly(t)
	default: // a rhythm of its own, with noise
		rhythm := 6*hour + g.rng.Int64N(5*day)
		for ; t < end; t += 1 + rhythm/2 + g.rng.Int64N(rhythm) {
			g.add(t)
		}
	}
	return end
}

// habit is one event a day, or one on every day of the weekend, at about the same local hour.
func (g *generator) habit(t, end int64) int64 {
	at, weekends := g.rng.Int64N(24)*hour, g.rng.IntN(2) == 0
	for midnight := dayOf(t) * day; midnight < end; midnight += day {
		now := midnight + at - int64(g.here.at(midnight))*minute + []int64{-1, 0, 1, g.rng.Int64N(hour)}[g.rng.IntN(4)]
		weekend := (dayOf(midnight)+3)%7 >= 5 // 1970 began on a Thursday
		if now >= t && (weekend || !weekends) {
			g.add(now)
		}
	}
	return end
}

// monthly repeats one kind of event for some months.
func (g *generator) monthly(t int64) int64 {
	kinds, likes := g.kinds, g.likes
	g.kinds, g.likes = []string{g.oneOf(kinds)}, []string{g.oneOf(likes)}
	for range 2 + g.rng.IntN(5) {
		g.add(t)
		t += (28 + g.rng.Int64N(4)) * day
	}
	t += g.rng.Int64N(62 * day)
	g.add(t)
	g.kinds, g.likes = kinds, likes
	return t
}

// echo repeats one of the user's events at a distance a rule names, or beside it.
func (g *generator) echo() {
	if len(g.out) == g.first {
		return
	}
	e := g.out[g.first+g.rng.IntN(len(g.out)-g.first)]
	e.Time += g.echoes[g.rng.IntN(len(g.echoes))] + g.rng.Int64N(3) - 1
	if e.Time < g.end {
		g.out = append(g.out, e)
	}
}

// add makes one event; now and then it lies on a border or just beside one, or gives the user's last amount back.
func (g *generator) add(t int64) {
	if g.rng.IntN(10) == 0 {
		t = g.cfg.grainEnd(t) + g.rng.Int64N(3) - 1
	}
	if t >= g.end {
		return
	}
	e := Event{User: g.user, Type: g.oneOf(g.kinds), Category: g.oneOf(g.likes), Time: t, Offset: g.here.at(t)}
	switch g.rng.IntN(10) {
	case 0: // adds nothing
	case 1:
		if len(g.out) > g.first {
			e.Amount = -g.out[len(g.out)-1].Amount
		}
	case 2:
		e.Amount, e.Duration = g.rng.Int64N(1_000_000), g.rng.Int64N(6*hour)
	case 3: // as a tier asks for, or one more or less
		asked := []int64{g.cfg.RFM.PotentialSpend, g.cfg.RFM.HighSpend, g.cfg.RFM.HighSpend - g.cfg.RFM.PotentialSpend}
		e.Amount = asked[g.rng.IntN(3)] + g.rng.Int64N(3) - 1
	case 4: // a glance
		e.Duration = g.rng.Int64N(20 * second)
	default:
		e.Amount, e.Duration = 100*(1+g.rng.Int64N(20)), minute*(1+g.rng.Int64N(20))
	}
	g.out = append(g.out, e)
}

func (g *generator) oneOf(names []string) string { return names[g.rng.IntN(len(names))] }

func (g *generator) somewhere() zone {
	all := zones()
	return all[g.rng.IntN(len(all))]
}

// typesOf lists the types that metrics read and tags name, and one that nobody does.
func typesOf(cfg Config) []string {
	types := []string{"unread"}
	for _, m := range cfg.Metrics {
		types = append(types, m.Types...)
	}
	for _, tag := range cfg.Tags {
		for _, look := range tag.Looks {
			types = append(types, look.Types...)
		}
	}
	slices.Sort(types)
	return slices.Compact(types)
}

// echoes are the distances at which a rule changes its mind.
func echoes(cfg Config) []int64 {
	ages := []int64{cfg.SilentLight, cfg.SilentModerate, cfg.SilentHeavy, cfg.Churned, cfg.forgotten(), cfg.RFM.Recent, cfg.RFM.Lapsed}
	all := []int64{
		0, cfg.Grain, cfg.Window, cfg.Window + cfg.Baseline, cfg.SessionGap, cfg.NewUnder, cfg.ActiveWindow,
		cfg.RFM.Window, cfg.Assess,
	}
	for _, age := range ages {
		all = append(all, age, age+cfg.Grain)
	}
	for d := week; d < cfg.Baseline; d += week {
		all = append(all, d, cfg.Window+d)
	}
	for _, tag := range cfg.Tags {
		for _, look := range tag.Looks {
			all = append(all, look.Back)
		}
	}
	return all
}
