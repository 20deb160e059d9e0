package scorer

import (
	"testing"

	"winback/scorer/tags"
)

// An event's amount must be readable where a metric or a tag adds it, and nowhere else; durations alike.
func TestTheVocabularyKnowsWhatMetricsAndTagsAdd(t *testing.T) {
	for _, test := range []struct {
		metric             Metric
		rule               string
		amounts, durations string // the types' first letters; _ is the other type
	}{
		{Metric{}, "", "o", "s"},
		{Metric{Name: "m", Types: []string{"visit", "wish"}, Adds: Amount}, "", "ovw", "s"},
		{Metric{Name: "m", Types: []string{"*"}, Adds: Duration}, "", "o", "_osvw"},
		{Metric{}, "amount(visit|wish, 30d) > 5", "ovw", "s"},
		{Metric{}, "amount(any, 30d) > 5", "_osvw", "s"},
		{Metric{}, "average(visit, 30d) > 5s", "o", "sv"},
		{Metric{}, "count(any, 30d) > 5 and days(visit, 30d) > 1", "o", "s"},
	} {
		c := Defaults()
		if test.metric.Name != "" {
			c.Metrics = append(c.Metrics, test.metric)
		}
		if test.rule != "" {
			c.Tags = []tags.Tag{{Name: "t", When: test.rule}}
		}
		c.Metrics = append(c.Metrics, Metric{Name: "wishes", Types: []string{"wish"}, Adds: Count})
		v, err := c.Vocabulary()
		if err != nil {
			t.Fatal(err)
		}
		amounts, durations := "", ""
		for _, name := range []string{"_", "order", "session_end", "visit", "wish"} {
			id := v.Lookup([]byte(name))
			if v.SumsAmounts(id) {
				amounts += name[:1]
			}
			if v.SumsDurations(id) {
				durations += name[:1]
			}
		}
		if amounts != test.amounts || durations != test.durations {
			t.Errorf("%+v %q: amounts of %s, durations of %s; want %s, %s", test.metric, test.rule, amounts, durations, test.amounts, test.durations)
		}
	}
}
