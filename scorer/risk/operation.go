package risk

import (
	"math"
	"math/bits"
)

// operation is one kind of step in a feature.
type operation uint8

const (
	tenure      operation = iota // days since the first active grain began
	recency                      // days since the last active grain ended
	gap                          // the user's usual days between active days
	activeDays                   // active days of a range of days
	activeWeeks                  // weeks with activity of a range of weeks
	longest                      // the longest silence between two active days
	returns                      // the chance of coming back, by the active days
	longGap                      // the usual days between active days, as far back as they are kept
	longReturns                  // the chance of coming back, likewise
	metricDays                   // days of a range of days on which a metric had an event
	sum                          // a metric's sum over a range of weeks
	alive                        // P(alive)
	logarithm                    // of the size, with its sign
	between                      // what lies between a and b
	upTo                         // no more than a
	ratio                        // x / y
	product                      // x * y
	plus                         // x + y
	smaller                      // the smaller of x and y
)

// step computes one value from the past or from the values of earlier steps.
type step struct {
	op       operation
	metric   int16      // sum, metricDays: the index in Past.Metrics
	from, to int16      // sum, activeWeeks: weeks; activeDays, metricDays, returns: days
	x, y     int16      // earlier steps
	numbers  [2]float64 // arguments
}

// gapDays is how far back the usual gap looks.
const gapDays = 56

// input is what an input is, but for those that Vector.run reads by itself.
func (s *step) input(p *Past, returning *returnLogs) float64 {
	switch s.op {
	case tenure:
		return float64(p.Tenure) / day
	case recency:
		return float64(p.Age) / day
	case gap:
		return usualGap(p, gapDays)
	case activeDays:
		return float64(countDays(&p.Days, int(s.from), int(s.to)))
	case activeWeeks:
		return float64(countWeeks(&p.Days, int(s.from), int(s.to)))
	case longest:
		return longestSilence(p)
	case returns:
		return returning.chance(p, int(s.to))
	case longGap:
		return usualGap(p, p.longDays())
	case longReturns:
		return returning.chance(p, p.longDays())
	case metricDays:
		return float64(countDays(&p.Metrics[s.metric].Days, int(s.from), int(s.to)))
	default:
		if p.Alive > 0 { // neither where there is none, nor what is no number
			return bounded(p.Alive)
		}
		return 0
	}
}

func (s *step) derive(v *[maxSteps]float64, logs *logTable) float64 {
	x := v[s.x&(maxSteps-1)]
	switch s.op {
	case logarithm:
		return logs.of(x)
	case between:
		return s.part(x)
	case upTo:
		return min(x, s.numbers[0])
	case ratio:
		return bounded(quotient(x, v[s.y]))
	case plus:
		return bounded(x + v[s.y])
	case smaller:
		return min(x, v[s.y])
	default:
		return bounded(x * v[s.y])
	}
}

// part is what of a value lies between the two numbers of a step.
func (s *step) part(x float64) float64 {
	switch {
	case x <= s.numbers[0]:
		return 0
	case x >= s.numbers[1]:
		return s.numbers[1] - s.numbers[0]
	}
	return x - s.numbers[0]
}

// logTable has the logarithms of 1 + x for small whole x, which days and counts mostly are.
type logTable [64]float64

func newLogTable() *logTable {
	t := &logTable{}
	for i := range t {
		t[i] = math.Log1p(float64(i))
	}
	return t
}

func (t *logTable) of(x float64) float64 {
	if x >= 0 && x < float64(len(t)) {
		if i := int(x); float64(i) == x {
			return t[i]
		}
	}
	if x < 0 {
		return -log1p(-x)
	}
	return log1p(x)
}

// log1p is the logarithm of 1 + x. math.Log1p is used only where it is more exact than math.Log, which takes half the time.
func log1p(x float64) float64 {
	if x < 1 {
		return math.Log1p(x)
	}
	return math.Log(1 + x)
}

// bounded makes infinity the largest finite number, so that no later step comes to what is not a number. Two comparisons that are never true
// cost less than min and max, which look for what is not a number.
func bounded(x float64) float64 {
	switch {
	case x > math.MaxFloat64:
		return math.MaxFloat64
	case x < -math.MaxFloat64:
		return -math.MaxFloat64
	}
	return x
}

// quotient is 0 where there is nothing to divide by, as for a user whose past sum is 0.
func quotient(x, y float64) float64 {
	if y <= 0 {
		return 0
	}
	return x / y
}

// usualGap is the time known of so many days back over the active days in it.
func usualGap(p *Past, days int) float64 {
	return knownDays(p, days) / float64(max(countDays(&p.Days, 0, days), 1))
}

// knownDays is for how much of so many days back the user has been known, at least a day.
func knownDays(p *Past, days int) float64 { return knownOf(p.Tenure, days) }

func knownOf(tenure int64, days int) float64 { return max(min(float64(tenure)/day, float64(days)), 1) }

// longestSilence is the most days from one active day to the next in the last gapDays. With fewer than two active days there is no such
// silence: the time known is taken, as for the usual gap.
func longestSilence(p *Past) float64 {
	active := p.Days[0] & (1<<gapDays - 1)
	if active&(active-1) == 0 {
		return knownDays(p, gapDays)
	}
	active >>= bits.TrailingZeros64(active)
	silent := ^active & (1<<bits.Len64(active) - 1)
	days := 1.0
	for ; silent != 0; silent &= silent >> 1 { // every run of silent days loses its last
		days++
	}
	return days
}

func sumWeeks(h *History, from, to int) (total float64) {
	for _, w := range h.Weeks[from:to] {
		total += float64(w)
	}
	return total
}

// countWeeks counts the weeks with an active day from weeks from (inclusive) to to (exclusive) back.
func countWeeks(days *[MaxDays / 64]uint64, from, to int) int {
	const most = 9 // in a word
	n := 0
	for ; from < to; from += most {
		word, shift := 7*from/64, 7*from%64
		active := days[word] >> shift
		if shift > 0 && word+1 < len(days) {
			active |= days[word+1] << (64 - shift)
		}
		active |= active >> 1
		active |= active >> 2
		active |= active >> 3 // bit k now is set where one of bits k to k+6 was
		n += bits.OnesCount64(active & (weekBits & (1<<(7*min(to-from, most)) - 1)))
	}
	return n
}

// weekBits are the first days of the nine weeks in a word.
const weekBits = 1 | 1<<7 | 1<<14 | 1<<21 | 1<<28 | 1<<35 | 1<<42 | 1<<49 | 1<<56

// countDays counts the days with a bit from days from (inclusive) to to (exclusive) back.
func countDays(days *[MaxDays / 64]uint64, from, to int) int {
	n := 0
	for w := from / 64; w*64 < to; w++ {
		word := days[w]
		if low := from - w*64; low > 0 {
			word &^= 1<<low - 1
		}
		if high := to - w*64; high < 64 {
			word &= 1<<high - 1
		}
		n += bits.OnesCount64(word)
	}
	return n
}
