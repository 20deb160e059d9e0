package scorer

// A lively user's drop is always nigh: it would be true as soon as some of what the current window holds has left it, if nothing came
// meanwhile. But something comes, and the look at that border finds nothing. So a user can be lulled: if until the border half as many events
// have come as were to be expected, there is nothing to look at before a later one. Up to two metrics are counted, for most visits feed two.

// lull works out, for a user whom no event brings nearer to anything, whether the look at border first can be put off, for how many
// events, and until when: not beyond limit, at which something else can differ.
func (r *Rules) lull(u *User, v *view, cells []Cell, h, first, limit uint32) {
	until := min(limit, h+r.window) // W later what has come leaves the current window
	var wants [len(v.looms)]want
	for i, l := range v.looms {
		if l.due < until && first < until {
			wants[i] = want{uint8(l.metric), r.expects(l.metric, v.metrics[l.metric].nCur, first-h)}
			until = min(until, r.nextDropOf(l.metric, v, cells, h, uint32(wants[i].events)))
		}
	}
	if until <= first {
		return
	}
	u.lullUntil(first, until, wants)
	for i := firstFrom(cells, h); i < len(cells); i++ {
		u.soothe(r.lanes[cells[i].lane].fed, cells[i].Grain, cells[i].count)
	}
}

// want is how many events must feed a metric.
type want struct{ metric, events uint8 }

// expects is how many events are counted on in so many grains after a window that had n of them: half as many. Of sessions and days an event
// need not make one more.
func (r *Rules) expects(metric int, n int64, grains uint32) uint8 {
	if adds := r.metrics[metric].Adds; adds == Sessions || adds == Days {
		return 0
	}
	return uint8(min(uint64(min(n, mostMissing))*uint64(grains)/(2*uint64(r.window)), mostMissing-1))
}

// In a lulled User stand, beside the first metric and what it wants, in base: the border of the look, by how much it can be put off, and
// the second metric with what it wants.
const (
	putOffShift = 16
	metricShift = 8
	eventsMask  = 1<<metricShift - 1
)

func (u *User) lullUntil(first, until uint32, wants [2]want) {
	u.heeds, u.spare = lulled+heeds(wants[0].metric), wants[0].events
	u.base = [2]uint32{first, min(until-first, 1<<putOffShift-1)<<putOffShift | uint32(wants[1].metric)<<metricShift | uint32(wants[1].events)}
}

// soothe counts events that a lulled user must have, by the metrics that each of them feeds: those before the border at which they are to be
// looked at.
func (u *User) soothe(fed, grain, events uint32) {
	if u.heeds < lulled || grain >= u.base[0] {
		return
	}
	if fed>>(u.heeds-lulled)&1 == 1 {
		u.spare -= uint8(min(events, uint32(u.spare)))
	}
	if fed>>(u.base[1]>>metricShift&(MaxMetrics-1))&1 == 1 {
		u.base[1] -= min(events, u.base[1]&eventsMask)
	}
}

// rouse ends a lull: something else is to be looked at.
func (u *User) rouse() {
	if u.heeds >= lulled {
		u.heeds = noEvents
	}
}

// lulledAt returns until when the look at border h is put off; none if it is not.
func (u *User) lulledAt(h uint32) uint32 {
	if u.heeds < lulled || h != u.base[0] || u.spare > 0 || u.base[1]&eventsMask > 0 {
		return none
	}
	u.heeds = noEvents
	return h + u.base[1]>>putOffShift
}
