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
	again, left := float64(n-1), 1.0
	if n > 1 {
		left = returnA / (returnB + again - 1)
	}
	k := returnR + again
	const most = 50 // beyond which no chance differs
	odds := left * math.Exp(min(k*(l[known]-l[active]), most))
	return (1 - math.Exp(k*(l[known]-l[known+returnDays]))) / (1 + odds)
}

// wholeDays are those that have passed, up to a number.
func wholeDays(milliseconds int64, most int) int {
	return int(min(max(milliseconds, 0)/day, int64(most)))
}
