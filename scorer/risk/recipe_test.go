package risk_test

import (
	"slices"
	"testing"

	"winback/scorer/risk"
)

func TestRecipesCompileAndNameNoFeatureTwice(t *testing.T) {
	metrics := []string{"orders", "2nd floor"}
	for name, features := range map[string][]string{
		"usual": risk.Features(metrics), "long": append(risk.Features(metrics), risk.LongFeatures(metrics, metrics[:1])...), "generic": risk.GenericFeatures(),
	} {
		if _, err := risk.CompileFeatures(features, metrics); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if distinct := slices.Compact(slices.Sorted(slices.Values(features))); len(distinct) != len(features) {
			t.Errorf("%s names a feature twice: %q", name, features)
		}
	}
	if need, err := risk.NeedsOf(risk.GenericFeatures()); err != nil || len(need.Metrics) > 0 || need.Alive {
		t.Errorf("%v: generic features read %+v", err, need)
	}
}

func TestMoreSilenceHasADirection(t *testing.T) {
	for feature, want := range map[string]int{
		"recency": 1, "ratio(recency, gap)": 1, "ratio(ratio(recency, gap), tenure)": 1, "returns(56d)": -1, "weeks(0w, 8w)": -1, "alive": -1,
		"tenure": 0, "days(0d, 7d)": 0, "ratio(tenure, recency)": 0, "times(recency, gap)": 0, "no feature": 0,
	} {
		if got := risk.Direction(feature); got != want {
			t.Errorf("%s: got %d, want %d", feature, got, want)
		}
	}
}
