package train

import (
	"math"
	"slices"
	"strings"
	"testing"

	"winback/scorer/risk"
)

func genericSet(t testing.TB, name string, users, days int) Set {
	t.Helper()
	return Set{town(t, users, days), &Facts{
		Name: name, Data: []risk.Source{{Name: name + ".csv", Events: 1}}, First: dayLength, End: int64(days) * dayLength, Features: townFeatures(),
	}}
}

func TestPooledHistoriesAreEachMeasuredByAModelOfTheOthers(t *testing.T) {
	sets := []Set{genericSet(t, "village", 300, 250), genericSet(t, "town", 800, 200)}
	p, err := Pool(t.Context(), "pooled", sets, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m := p.Model; m.Chance || m.Validate() != nil || len(m.Fit.Data) != 2 || len(p.Terms) == 0 || m.Fit.Rows != p.Sets[0].Rows+p.Sets[1].Rows {
		t.Errorf("got %+v", m)
	}
	for k, s := range p.Sets {
		if s.Name != sets[k].Facts.Name || s.Ranking.AUC < 0.6 || s.Lift < 1 || s.Recall < 0.2 || s.Rows == 0 || s.Users == 0 {
			t.Errorf("got %+v", s)
		}
	}
	// A set whose labels are turned is judged by a model that knows nothing of it.
	before := p.Sets[1].Ranking.AUC
	for _, c := range sets[1].chunks {
		for i := range c.length {
			c.lost[i] = !c.lost[i]
		}
	}
	if p, err = Pool(t.Context(), "pooled", sets, nil); err != nil || math.Abs(p.Sets[1].Ranking.AUC-(1-before)) > 1e-9 {
		t.Errorf("%v: AUC %.4f, of the labels turned %.4f", err, before, p.Sets[1].Ranking.AUC)
	}
}

// Weights are added up by set and label.
func TestPooledHistoriesWeighTheSameAndTheirLabelsToo(t *testing.T) {
	sets := []Set{genericSet(t, "village", 300, 250), genericSet(t, "town", 800, 200), genericSet(t, "city", 1000, 150)}
	from, err := completeRows(sets)
	if err != nil {
		t.Fatal(err)
	}
	rows, _ := rowsOf(sets[0].cfg, from, townFeatures())
	weights := balance(from, rows.Labels)
	var sums []float64
	at := 0
	for k := range from {
		of := map[bool]float64{}
		n, _ := from[k].count()
		for ; n > 0; n-- {
			of[rows.Labels[at]] += float64(weights[at])
			at++
		}
		sums = append(sums, of[true], of[false])
	}
	want := float64(len(rows.Labels)) / 6
	if slices.ContainsFunc(sums, func(sum float64) bool { return math.Abs(sum/want-1) > 1e-3 }) || at != len(weights) {
		t.Errorf("got %v, want each %v", sums, want)
	}
}

func TestPoolingNeedsTwoHistoriesThatCanBeFitted(t *testing.T) {
	good := genericSet(t, "town", 300, 250)
	for want, sets := range map[string][]Set{
		"two histories at least": {good},
		"short: no user was active in the 28d before any of the 1 cut-offs": {good, genericSet(t, "short", 300, 30)},
		"few: there are 116 rows of 11 users":                               {good, genericSet(t, "few", 13, 200)},
	} {
		if _, err := Pool(t.Context(), "pooled", sets, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
