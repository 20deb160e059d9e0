package scorer

import (
	"winback/scorer/risk"
	"winback/scorer/track"
)

// A user is calm until the last border up to which the model cannot agree that they enter, whatever comes: those who are often there are calm for some days.
// As long as one is calm it does not matter whether some metric is down. So looks for that wait until the calm ends, and there it is found out. Only a late
// event can end it sooner, since it changes what the calm was told from.

// putOff notes in the user until when they are calm, and puts off the looks for what is down.
func (r *Rules) putOff(u *User, s *Scratch, h uint32, turn rhythm, wake *wakeUps) {
	u.entryBase[0] = 0
	needed := wake[metricDrops] // a calm that ends before puts nothing off
	if u.has(candidate) {
		needed = 0
	}
	if needed > h+r.window || !u.seen || u.First >= h || r.population.on() {
		return
	}
	calm := r.calmFrom(u, s, h, turn, needed)
	u.entryBase[0] = calm
	wake[metricDrops], wake[candidacyEnds] = max(wake[metricDrops], calm), max(wake[candidacyEnds], calm)
}

// calmDays are how many days later than the next own hour a calm is tried to end.
func calmDays() [4]uint32 { return [...]uint32{4, 2, 1, 0} }

// calmFrom is an own hour after h up to which the user is calm, one of a few that are tried: from a border on, and before an event of now leaves the
// current window; 0 if it is none of them.
func (r *Rules) calmFrom(u *User, s *Scratch, h uint32, turn rhythm, from uint32) uint32 {
	days, next := calmDays(), r.nextOwnHour(h, turn.hour)
	if next+days[0]*r.day < from {
		return 0
	}
	t := &s.calm.stretch
	r.stretchFrom(t, u, s, h)
	for _, n := range days {
		until := next + n*r.day
		if until < from || until > h+r.window {
			continue
		}
		t.Until = int64(until) * r.grain
		if r.risk.AtMost(t, &s.calm.bounds) < r.enterRisk {
			return until
		}
	}
	return 0
}

// calmness is the memory in which it is found out.
type calmness struct {
	stretch risk.Stretch
	bounds  risk.Bounds
}

// stretchFrom fills in what is known of a user at border h.
func (r *Rules) stretchFrom(t *risk.Stretch, u *User, s *Scratch, h uint32) {
	reach := track.GrainsBefore(h, r.riskReach)
	s.tracks.Read(reach)
	t.From, t.First, t.End = int64(h)*r.grain, int64(u.First)*r.grain, int64(u.end)*r.grain
	t.LongDays, t.Spells = int(r.longDays), t.Spells[:0]
	cells := s.tracks.Cells()
	for left := cells[:firstFrom(cells, h)]; ; {
		var newest, oldest uint32
		if newest, oldest, left = r.lastSpell(left); newest < reach || newest == 0 {
			return
		}
		t.Add(int64(newest)*r.grain, int64(oldest)*r.grain)
	}
}

// lastSpell are the newest and the oldest grain of the last activity within a day, 0 if there is none, and the cells before it.
func (r *Rules) lastSpell(cells []track.Cell) (newest, oldest uint32, before []track.Cell) {
	i := len(cells) - 1
	for ; i >= 0 && cells[i].Grain+r.day > newest; i-- {
		if r.activityLanes>>(cells[i].Lane&63)&1 == 0 {
			continue
		}
		if oldest = cells[i].Grain; newest == 0 {
			newest = oldest
		}
	}
	return newest, oldest, cells[:i+1]
}

// endCalm is called before a late event is added that can tell: it finds out whether the user is a candidate at border h, the last that has been judged.
func (r *Rules) endCalm(u *User, encoded []byte, h uint32, s *Scratch) {
	if h >= r.calmUntil(u) {
		return
	}
	s.setFactors(len(r.metrics), nil)
	s.tracks.Open(u.head(), encoded, r.judged, h)
	s.tracks.Read(track.GrainsBefore(h, r.near))
	r.addUp(&s.windows, s.tracks.Cells(), h)
	u.set(candidate, r.candidacy(u, &s.view) >= 0)
	u.entryBase = [2]uint32{}
}
