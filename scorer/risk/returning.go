package risk

import "math"

// returnDays is how far ahead returns looks.
const returnDays = 30

// What returns takes users' rates, and their leaving, to be spread like: broadly, since it has to do for any product. Found by leaving one
// of several public histories out in turn.
const (
	returnR     = 0.5
	returnAlpha = 10 // days
	returnA     = 0.2
	returnB     = 2.5
)

// returnLogs has the logarithms of returnAlpha + k days: half of what returns costs.
type returnLogs [MaxDays + returnDays + 1]float64

func newReturnLogs() *returnLogs {
	l := &returnLogs{}
	for k := range l {
		l[k] = math.Log(returnAlpha + float64(k))
	}
	return l
}

// chance is BG/NBD (Fader, Hardie and Lee 2005) over the active days of so many days back: the chance to be there still, times that of coming at
// least once if so. Who came on more days would come sooner, and silence tells sooner of them. BG/NBD lets nobody leave before the second
// time; here leaving after the only active day weighs as much as staying.
func (l *returnLogs) chance(p *Past, days int) float64 {
	n := countDays(&p.Days, 0, days)
	if n == 0 {
		return 0
	}
	known := max(wholeDays(p.Tenure, days), 1)
	active := max(known-wholeDays(p.Age, days), 0) // until the last activity
	return comes(n, l[known]-l[known+returnDays]) / (1 + goneOdds(n, l[known]-l[active]))
}

// comes is the chance to come at least once in the days ahead, of who has come on n days and is there still. further is negative: what the logarithm of
// the time known has less than that of the time until those days are over.
func comes(n int, further float64) float64 { return 1 - math.Exp((returnR+float64(n-1))*further) }

// goneOdds are the odds that who has come on n days has left since. silence is what the logarithm grew by.
func goneOdds(n int, silence float64) float64 {
	return leftOdds(n) * math.Exp(min((returnR+float64(n-1))*silence, mostExponent))
}

// leftOdds are those on the last of n days.
func leftOdds(n int) float64 {
	if n == 1 {
		return 1
	}
	return returnA / (returnB + float64(n-1) - 1)
}

// mostExponent is beyond what no chance differs.
const mostExponent = 50

// span is where the chance lies over a stretch. The long inputs and others may ask about as many days: so the last answer is kept.
func (l *returnLogs) span(t *Stretch, days int) span {
	if t.returnsDays != days {
		t.returnsDays, t.returns = days, l.spanOf(t, days)
	}
	return t.returns
}

// spanOf goes by this: more active days make it likelier that the user comes, who is there, and more time known less so; silence makes it likelier that
// they have left, the more so the larger a part of the time known it is.
func (l *returnLogs) spanOf(t *Stretch, days int) span {
	least, most := t.days(0, days)
	if most == 0 {
		return span{}
	}
	from, until := max(wholeDays(t.From-t.First, days), 1), max(wholeDays(t.Until-t.First, days), 1)
	n, silent := max(least, 1), wholeDays(t.Until-t.End, days)
	known := min(max(silent, from), until) // when the silence weighs most
	s := span{
		comes(n, l[until]-l[until+returnDays]) / (1 + mostOdds(n, most, l[known]-l[max(known-silent, 0)])),
		comes(most, l[from]-l[from+returnDays]) / (1 + leftOdds(most)),
	}.widened()
	if least == 0 {
		s.least = 0
	}
	return s
}

// mostOdds are the largest goneOdds of all numbers of days from one to another. From the second day on they first fall and then rise.
func mostOdds(from, to int, silence float64) float64 {
	if (returnR+float64(to-1))*silence > mostExponent {
		return math.Exp(mostExponent)
	}
	most := max(goneOdds(from, silence), goneOdds(to, silence))
	if from == 1 && to > 1 {
		most = max(most, goneOdds(2, silence))
	}
	return most
}

// wholeDays are those that have passed, up to a number.
func wholeDays(milliseconds int64, most int) int {
	return int(min(max(milliseconds, 0)/day, int64(most)))
}
