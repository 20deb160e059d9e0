package risk

import "math"

// returnDays is how far ahead returns looks.
const returnDays = 30

// firstLeave is the weight, against which 1 stands for staying, of having left after the only active day, before the silence counts. BG/NBD itself
// lets nobody leave before the second.
const firstLeave = 0.3

// chanceToReturn is BG/NBD (Fader, Hardie and Lee 2005) over active days, all users having the same parameters r, alpha, a and b: what is left of
// the chance to be there still, times that of coming at least once if so. Users with more active days come sooner, and silence tells sooner of them.
func (s *step) chanceToReturn(p *Past) float64 {
	r, alpha, a, b := s.numbers[0], s.numbers[1], s.numbers[2], s.numbers[3]
	window := float64(s.to)
	again := float64(max(countDays(&p.Days, 0, int(s.to)), 1) - 1)
	known := max(min(float64(p.Tenure)/day, window), 0)
	active := max(known-max(min(float64(p.Age)/day, window), 0), 0) // until the last active day
	left := firstLeave
	if again > 0 {
		left = a / (b + again - 1)
	}
	k := r + again
	gone := left * power((alpha+known)/(alpha+active), k)
	return (1 - power((alpha+known)/(alpha+known+returnDays), k)) / (1 + gone)
}

// power is x to the k, kept between exp(-50) and exp(50), beyond which no chance differs.
func power(x, k float64) float64 { return math.Exp(min(max(k*math.Log(x), -50), 50)) }
