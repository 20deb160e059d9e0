package risk

import "fmt"

// Features is the usual recipe: what `winback train` fits for the given metrics. It looks eight weeks back, at each metric five, tenure aside: no further than
// the windows of the drop, a week and the four before it, with the usual baseline.
//
// Inputs stand as they are: a model cuts them into bins, so a logarithm would change nothing. Ratios to the user's own past are what a sum of curves
// cannot make by itself. Every feature costs time at every score, so there are few.
func Features(metrics []string) []string {
	features := []string{"recency", "gap", "ratio(recency, gap)", "tenure"}
	for _, w := range [][2]int{{0, 1}, {1, 2}, {2, 4}, {4, shortWeeks}, {0, 4}, {0, shortWeeks}} {
		features = append(features, daysBack(7*w[0], 7*w[1]))
	}
	for _, m := range metrics {
		features = append(features, sumBack(m, 0, 1), sumBack(m, 0, 4), ratioOf(sumBack(m, 0, 1), sumBack(m, 1, 5)))
	}
	return features
}

// LongFeatures looks half a year back. They are worth their memory where people come less than weekly: in a shop, the year rather than the
// month tells whether three weeks of silence are unusual.
//
// Days are those of the metrics in apart, no two of which should see the same events. Active days would have every visit kept for half a year.
func LongFeatures(metrics, apart []string) []string {
	var features []string
	for _, m := range apart {
		days := metricDaysBack(m, 182)
		features = append(features, metricDaysBack(m, 91), days, ratioOf(days, "tenure"))
	}
	for _, m := range metrics {
		features = append(features, sumBack(m, 0, 13), sumBack(m, 0, MaxWeeks))
	}
	return features
}

// shortWeeks is how far back Features looks.
const shortWeeks = 8

// Direction says which way the risk may go as a feature rises, if more silence is never to be less risk: 1 up, -1 down, 0 either.
func Direction(feature string) int {
	e, err := parse(feature)
	if err != nil {
		return 0
	}
	switch e.word.op {
	case recency:
		return 1
	case returns, longReturns, alive, activeWeeks:
		return -1
	case ratio:
		return Direction(e.parts[0].text()) // divided by what is never below 0
	}
	return 0
}

func daysBack(from, to int) string { return fmt.Sprintf("days(%dd, %dd)", from, to) }

func metricDaysBack(metric string, to int) string {
	return fmt.Sprintf("days(%s, 0d, %dd)", quoteIfNeeded(metric), to)
}

func sumBack(metric string, from, to int) string {
	return fmt.Sprintf("sum(%s, %dw, %dw)", quoteIfNeeded(metric), from, to)
}

func ratioOf(x, y string) string { return "ratio(" + x + ", " + y + ")" }
