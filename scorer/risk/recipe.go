package risk

import "fmt"

// Features is the usual recipe: what `winback train` fits for the given metrics. It looks eight weeks back, tenure aside.
//
// Inputs stand as they are: a model cuts them into bins, so a logarithm would change nothing. Ratios to the user's own past are what a sum of curves
// cannot make by itself. Every feature costs time at every score, so there are few.
func Features(metrics []string) []string {
	features := []string{"recency", "gap", "ratio(recency, gap)", "tenure"}
	for _, w := range [][2]int{{0, 1}, {1, 2}, {2, 4}, {4, shortWeeks}, {0, 4}, {0, shortWeeks}} {
		features = append(features, daysBack(7*w[0], 7*w[1]))
	}
	for _, m := range metrics {
		features = append(features, sumBack(m, 0, 1), sumBack(m, 0, 4), sumBack(m, 4, shortWeeks), ratioOf(sumBack(m, 0, 1), sumBack(m, 1, 5)))
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

// GenericFeatures are free of scale and read activity alone, whatever the metrics: what a model is made of that is to suit products it has never seen.
func GenericFeatures() []string {
	return []string{
		"ratio(recency, gap)", "ratio(recency, longest)", "ratio(recency, tenure)", "ratio(tenure, gap)",
		"ratio(days(0d, 7d), up_to(tenure, 7))", "ratio(days(0d, 28d), up_to(tenure, 28))", "ratio(days(0d, 56d), up_to(tenure, 56))",
		"ratio(days(0d, 7d), days(7d, 35d))", "ratio(days(0d, 28d), days(28d, 56d))", "weeks(0w, 8w)",
	}
}

// shortWeeks is how far back Features looks.
const shortWeeks = 8

// Direction says which way the risk may go as a feature rises, if more silence is never to be less risk: 1 up, -1 down, 0 either.
func Direction(feature string) int {
	switch e, err := parse(feature); {
	case err != nil:
	case e.word.op == recency, e.word.name == "ratio" && e.parts[0].word.op == recency:
		return 1
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
