package scorer

import (
	"winback/scorer/risk"
	"winback/scorer/track"
)

// fillPast fills the past that a risk is made of; false for a user without activity in the days that the model asks for. end is one past
// the last active grain before h.
func (r *Rules) fillPast(p *risk.Past, u *User, end uint32, cells []track.Cell, h uint32) bool {
	if !u.seen || u.First >= h || end+r.active <= h {
		return false
	}
	r.clearPast(p)
	p.LongDays = int(r.longDays)
	p.At, p.Tenure, p.Age = int64(h)*r.grain, int64(h-u.First)*r.grain, int64(h-end)*r.grain
	var counted [MaxMetrics]weekDays
	for i := len(cells) - 1; i >= 0; i-- {
		c := &cells[i]
		active, read := r.activityLanes>>(c.Lane&63)&1, r.riskLanes>>(c.Lane&63)&1
		if active|read == 0 || c.Grain >= h {
			continue
		}
		day := r.perDay.quotient(h - 1 - c.Grain)
		if day >= risk.MaxDays {
			break
		}
		if p.Days[day/64] |= active << (day % 64); read == 1 {
			r.addToPast(p, c, day, &counted)
		}
	}
	return true
}

// addToPast adds a cell, so many days old, to the histories it counts for.
func (r *Rules) addToPast(p *risk.Past, c *track.Cell, day uint32, counted *[MaxMetrics]weekDays) {
	readsDays, week := r.risk.ReadsDays(), day/7
	for _, rd := range r.lanes[c.Lane].recalls {
		m := &p.Metrics[rd.metric]
		if readsDays[rd.metric] {
			m.Days[day/64] |= 1 << (day % 64)
		}
		if week >= risk.MaxWeeks {
			continue
		}
		switch total := &m.Weeks[week]; rd.take {
		case sum:
			*total = track.AddSaturated(*total, c.Sum)
		case days:
			if r.addToWeek(&counted[rd.metric], c, week) {
				*total++
			}
		default:
			*total += int64(c.Count)
		}
	}
}

// clearPast empties what fillPast fills of a past.
func (r *Rules) clearPast(p *risk.Past) {
	if p.Metrics == nil {
		p.Metrics = make([]risk.History, len(r.metrics))
	}
	for _, i := range r.riskMetrics {
		p.Metrics[i] = risk.History{}
	}
	p.Days = [len(p.Days)]uint64{}
}

// weekDays are the own days counted in the last week, counted back from a border: a day that the week's edge cuts counts on either side.
type weekDays struct {
	week uint32
	DaySet
}

// addToWeek reports whether a cell's own day is a new one of its week.
func (r *Rules) addToWeek(d *weekDays, c *track.Cell, week uint32) bool {
	if d.week != week {
		*d = weekDays{week: week}
	}
	return r.addCell(&d.DaySet, c)
}
