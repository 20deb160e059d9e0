package train

import "math"

// measure scores the rows of every part as they would have been scored live.
func (s *Samples) measure(d *split, b *boosted) []Part {
	chances := make([][]float64, len(s.chunks))
	parallel(len(s.chunks), func(k int) { chances[k] = b.chances(s.chunks[k]) })
	var measured []Part
	for _, p := range [...]struct {
		part part
		name string
	}{{fitted, PartFitted}, {later, PartLater}, {unseen, PartUnseen}, {unseenLater, PartBoth}} {
		chosen := s.choose(func(cutoff uint16, hash uint64) bool { return d.of(cutoff, hash) == p.part })
		if part, ok := s.measurePart(p.name, chosen, chances); ok {
			measured = append(measured, part)
		}
	}
	return measured
}

func (s *Samples) measurePart(name string, chosen mask, chances [][]float64) (Part, bool) {
	var model, recency []scored
	from, to := int64(math.MaxInt64), int64(0)
	for k, c := range s.chunks {
		for i := range c.length {
			if !chosen[k][i] {
				continue
			}
			model = append(model, scored{chances[k][i], c.lost[i]})
			recency = append(recency, scored{float64(c.age[i]), c.lost[i]})
			at := s.times[c.cutoff[i]]
			from, to = min(from, at), max(to, at)
		}
	}
	p := Part{Name: name}
	ranking := rank(model)
	if math.IsNaN(ranking.AUC) {
		return p, false
	}
	calibrate(model, &p.Test)
	p.Test.AUC, p.Test.Lift = ranking.AUC, ranking.Lift
	p.Test.Users, p.Test.From, p.Test.To = s.usersOf(chosen), moment(from), moment(to)
	p.Recency = rank(recency)
	return p, true
}
