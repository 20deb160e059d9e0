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
	near := u.has(candidate) || wake[metricDrops] <= h+r.window
	if !near || !u.seen || u.First >= h || r.population.on() {
		return
	}
	calm := r.calmFrom(u, s, h, turn)
	u.entryBase[0] = calm
	wake[metricDrops], wake[candidacyEnds] = max(wake[metricDrops], calm), max(wake[candidacyEnds], calm)
}

// calmFrom is the last of the user's own hours after h, before an event of now leaves the current window, up to which they are calm; 0 if they are not up to
// the first.
func (r *Rules) calmFrom(u *User, s *Scratch, h uint32, turn rhythm) uint32 {
	r.stretchFrom(&s.calm.stretch, u, s, h)
	first := r.nextOwnHour(h, turn.hour)
	calm, tried := uint32(0), (h+r.window-first)/r.day+1 // what is below the one is calm, and nothing from the other on
	if first > h+r.window {
		return 0
	}
	for calm < tried {
		middle := (calm + tried) / 2
		s.calm.stretch.Until = int64(first+middle*r.day) * r.grain
		if r.risk.AtMost(&s.calm.stretch, &s.calm.bounds) < r.enterRisk {
			calm = middle + 1
		} else {
			tried = middle
		}
	}
	if calm == 0 {
		return 0
	}
	return first + (calm-1)*r.day
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
	*t = risk.Stretch{
		From: int64(h) * r.grain, First: int64(u.First) * r.grain, End: int64(u.end) * r.grain, LongDays: int(r.longDays), Spells: t.Spells[:0],
	}
	cells := s.tracks.Cells()
	for i := firstFrom(cells, h) - 1; i >= 0 && cells[i].Grain >= reach; i-- {
		if r.activityLanes>>(cells[i].Lane&63)&1 == 1 {
			t.Note(int64(cells[i].Grain) * r.grain)
		}
	}
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
