package load

// zone is where a share of the users live. Offsets are fixed: no daylight saving.
type zone struct {
	country string
	offset  int64 // milliseconds east of UTC
	upTo    float64
}

// zones are ordered; upTo is the cumulated share.
var zones = [...]zone{
	{"DE", 1 * hour, 0.22}, {"FR", 1 * hour, 0.36}, {"GB", 0, 0.52}, {"PL", 1 * hour, 0.60}, {"US", -5 * hour, 0.74},
	{"US", -8 * hour, 0.81}, {"BR", -3 * hour, 0.87}, {"IN", 5*hour + 30*minute, 0.93}, {"JP", 9 * hour, 0.97}, {"AU", 10 * hour, 1},
}

func (h hash) zone() *zone {
	u := h.unit(drawZone)
	i := 0
	for u >= zones[i].upTo {
		i++
	}
	return &zones[i]
}

// How busy the hours of a local working day and of a local Saturday or Sunday are, in proportion.
var (
	workday = [24]float64{3, 2, 1, 1, 1, 2, 4, 7, 9, 8, 8, 9, 11, 10, 8, 8, 9, 11, 13, 15, 16, 14, 10, 6}
	weekend = [24]float64{6, 4, 2, 1, 1, 1, 2, 4, 8, 13, 16, 16, 14, 13, 13, 14, 15, 15, 15, 16, 16, 14, 11, 8}
)

// rhythm holds for each hour of a local week, from Monday 00:00, the part of the busiest hour's rate.
type rhythm struct {
	hours [168]float64
	mean  float64
}

func newRhythm() rhythm {
	var r rhythm
	sum := 0.0
	for h := range r.hours {
		busy := &workday
		if h >= 5*24 {
			busy = &weekend
		}
		r.hours[h] = busy[h%24] / 16
		sum += r.hours[h]
	}
	r.mean = sum / float64(len(r.hours))
	return r
}

// at returns the part of the busiest hour's rate at a local time. The epoch was a Thursday.
func (r *rhythm) at(local int64) float64 {
	return r.hours[floorMod(local/hour+3*24, int64(len(r.hours)))]
}
