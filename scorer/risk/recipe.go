package risk

import "fmt"

// Features is the usual recipe: what `winback train` fits for the given metrics. It looks eight weeks back, beside tenure.
func Features(metrics []string) []string {
	features := []string{"recency", "log(recency)", "up_to(ratio(recency, gap), 10)", "log(ratio(recency, gap))"}
	features = append(features, peaks("tenure", 0, 15, 30, 60, 90, 120, 150, 180, 195, 210, 225, 240, 255, 270, 285, 300, 330, 365, 730)...)
	for w := range 8 {
		days := fmt.Sprintf("days(%dd, %dd)", 7*w, 7*w+7)
		features = append(features, days, "log("+days+")")
	}
	for _, m := range metrics {
		for w := range 8 {
			features = append(features, fmt.Sprintf("log(sum(%s, %dw, %dw))", quoteIfNeeded(m), w, w+1))
		}
	}
	return features
}

// peaks cuts a number into a curve of straight lines with bends at the knots, level outside them. The first piece is left out: all
// of them add up to 1, which the bias is there for.
func peaks(input string, knots ...float64) []string {
	var features []string
	for i := 1; i < len(knots); i++ {
		next := knots[min(i+1, len(knots)-1)]
		features = append(features, fmt.Sprintf("peak(%s, %g, %g, %g)", input, knots[i-1], knots[i], next))
	}
	return features
}
