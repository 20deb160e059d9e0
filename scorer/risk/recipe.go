package risk

import "fmt"

// Features is the usual recipe: what `winback train` fits for the given metrics. It looks eight weeks back, at each metric four,
// tenure aside.
//
// Habits show in logarithms, for the step from one visit to two says more than that from forty to forty-one; silence tells by itself, against the
// user's own gaps, and the more the busier the user was. The risk over tenure is a curve of its own: courses end, trials run out. Every feature costs
// time at every score, so there are few: with each of the eight weeks of every metric there were twice as many, for an AUC of 0.001 more.
func Features(metrics []string) []string {
	const silence = "log(recency)"
	features := []string{silence, "up_to(ratio(recency, gap), 10)"}
	features = append(features, curve("tenure", tenureBends)...)
	features = append(features, daysBack(0, 7))
	for _, w := range [][2]int{{0, 1}, {1, 2}, {2, 4}, {4, shortWeeks}} {
		features = append(features, logOf(daysBack(7*w[0], 7*w[1])))
	}
	for _, days := range []string{logOf(daysBack(0, 28)), logOf(daysBack(0, 56))} {
		features = append(features, days, times(silence, days))
	}
	for _, m := range metrics {
		month := logOf(sumBack(m, 0, 4))
		features = append(features, logOf(sumBack(m, 0, 1)), month, times(silence, month))
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
		features = append(features, logOf(metricDaysBack(m, 91)), logOf(metricDaysBack(m, 182)))
	}
	for _, m := range metrics {
		features = append(features, logOf(sumBack(m, 0, MaxWeeks)), logOf(sumBack(m, shortWeeks, MaxWeeks)))
	}
	return features
}

// shortWeeks is how far back Features looks.
const shortWeeks = 8

// tenureBends lie close in the first month, where trials end, and after half a year, where terms and courses do.
var tenureBends = []int{0, 7, 15, 30, 60, 90, 120, 150, 180, 195, 210, 225, 240, 255, 270, 300, 365, 545, 730}

// curve makes straight lines from bend to bend. A stretch that training never saw gets no weight, so the curve stays level there.
func curve(input string, bends []int) []string {
	var features []string
	for i := 1; i < len(bends); i++ {
		features = append(features, fmt.Sprintf("between(%s, %d, %d)", input, bends[i-1], bends[i]))
	}
	return features
}

func daysBack(from, to int) string { return fmt.Sprintf("days(%dd, %dd)", from, to) }

func metricDaysBack(metric string, to int) string {
	return fmt.Sprintf("days(%s, 0d, %dd)", quoteIfNeeded(metric), to)
}

func sumBack(metric string, from, to int) string {
	return fmt.Sprintf("sum(%s, %dw, %dw)", quoteIfNeeded(metric), from, to)
}

func logOf(x string) string { return "log(" + x + ")" }

func times(x, y string) string { return "times(" + x + ", " + y + ")" }
