package risk_test

import (
	"bytes"
	"flag"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"winback/schemas"
	"winback/scorer/risk"
)

var update = flag.Bool("update", false, "write the golden files anew")

// complete has every field of a model file set.
func complete() *risk.Model {
	m := small()
	m.Alive = &risk.Alive{Metric: "orders", UnitDays: 7, R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426}
	m.Features = append(m.Features, risk.Feature{Name: "alive", Cuts: []float64{0.25}, Points: []float64{0.5, -0.25}, Monotone: risk.Falling})
	m.Threshold = &risk.Threshold{Enter: 20.5, Exit: 18.25, Why: "recall 0.6"}
	m.Table = []risk.Flagging{
		{Threshold: 20.5, Flagged: 0.2, Precision: 0.5, Recall: 0.6, Lift: 3.1, NewFlags: 42.5, DaysToLast: 2.5, DaysToLoss: 32.5},
		{Threshold: 90, Flagged: 0.01, Precision: 0.75, Recall: 0.04, Lift: 4.7, NewFlags: 3, DaysToLast: -1.5, DaysToLoss: 28.5},
	}
	test := &risk.Test{
		Rows: 100, Users: 10, From: "2013-05-01T00:00:00Z", To: "2013-06-01T00:00:00Z", Lost: 0.25, AUC: 0.75, Brier: 0.125, Lift: 2.5,
		Reliability: []risk.Bin{{From: 0, To: 0.1, Rows: 60, Predicted: 0.05, Observed: 0.0625}},
	}
	m.Fit = &risk.Fit{
		Data: []risk.Source{{Name: "shop.csv", Events: 1000}}, Users: 50, From: "2013-01-01T00:00:00Z", To: "2013-07-01T00:00:00Z", EveryDays: 7, Rows: 500,
		Lost: 0.25, Split: "by time and user", Method: "boosted", Later: test, Unseen: test,
	}
	return m
}

func TestTheFileOfAModel(t *testing.T) {
	const path = "testdata/complete.json"
	got, err := complete().Encode()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	back, err := risk.Decode(want)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, complete()) {
		t.Errorf("read back: %+v", back)
	}
}

func TestValidateReportsEveryFault(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for want, spoil := range map[string]func(m *risk.Model){
		"format":                  func(m *risk.Model) { m.Format = 3 },
		"name":                    func(m *risk.Model) { m.Name = "" },
		"bias":                    func(m *risk.Model) { m.Bias = nan },
		"horizon_days":            func(m *risk.Model) { m.HorizonDays = 0 },
		"active_days":             func(m *risk.Model) { m.ActiveDays = 500 },
		"metrics":                 func(m *risk.Model) { m.Metrics = []string{"visits"} },
		"alive":                   func(m *risk.Model) { m.Alive = nil },
		"alive.metric metrics":    func(m *risk.Model) { m.Alive.Metric = "" },
		"alive.r":                 func(m *risk.Model) { m.Alive.R = -1 },
		"alive.b":                 func(m *risk.Model) { m.Alive.B = inf },
		"features ":               func(m *risk.Model) { m.Features, m.Pairs, m.Metrics, m.Alive = nil, nil, nil, nil },
		"features":                func(m *risk.Model) { m.Features = many(m.Features, risk.MaxFeatures+1) },
		"features[0].cuts[1]":     func(m *risk.Model) { m.Features[0].Cuts[1] = m.Features[0].Cuts[0] },
		"features[0].cuts[0]":     func(m *risk.Model) { m.Features[0].Cuts[0] = nan },
		"features[0].points":      func(m *risk.Model) { m.Features[0].Points = m.Features[0].Points[1:] },
		"features[0].points[2]":   func(m *risk.Model) { m.Features[0].Points[2] = 1001 },
		"features[1].points[0]":   func(m *risk.Model) { m.Features[1].Points[0] = math.Inf(-1) },
		"features[1].name":        func(m *risk.Model) { m.Features[1].Name = "log(recency" },
		"features[1].cuts":        func(m *risk.Model) { m.Features[1] = wide("log(recency)", risk.MaxCuts+1) },
		"features[1].monotone":    func(m *risk.Model) { m.Features[1].Monotone = "up" },
		"features[2].name":        func(m *risk.Model) { m.Features[2].Name = " log( recency )" },
		"pairs":                   func(m *risk.Model) { m.Pairs = many(m.Pairs, risk.MaxPairs+1) },
		"pairs[0].features":       func(m *risk.Model) { m.Pairs[0].Features = [2]string{"tenure", " tenure"} },
		"pairs[0].features[1]":    func(m *risk.Model) { m.Pairs[0].Features[1] = "tenuer" },
		"pairs[1].features":       func(m *risk.Model) { m.Pairs = append(m.Pairs, turned(m.Pairs[0])) },
		"pairs[0].cuts[0][0]":     func(m *risk.Model) { m.Pairs[0].Cuts[0][0] = inf },
		"pairs[0].cuts[1][1]":     func(m *risk.Model) { m.Pairs[0].Cuts[1][1] = -601 },
		"pairs[0].points":         func(m *risk.Model) { m.Pairs[0].Points = m.Pairs[0].Points[:1] },
		"pairs[0].points[1]":      func(m *risk.Model) { m.Pairs[0].Points[1] = nil },
		"pairs[0].points[1][2]":   func(m *risk.Model) { m.Pairs[0].Points[1][2] = nan },
		"threshold.enter":         func(m *risk.Model) { m.Threshold.Enter = 100.5 },
		"threshold.enter ":        func(m *risk.Model) { m.Threshold.Enter, m.Threshold.Exit = 0, 0 },
		"threshold.exit":          func(m *risk.Model) { m.Threshold.Exit = 20.75 },
		"table[0].precision":      func(m *risk.Model) { m.Table[0].Precision = 1.5 },
		"table[1].lift":           func(m *risk.Model) { m.Table[1].Lift = inf },
		"table[1].days_to_last":   func(m *risk.Model) { m.Table[1].DaysToLast = nan },
		"table[0].threshold name": func(m *risk.Model) { m.Name, m.Table[0].Threshold = "", -1 },
	} {
		m := complete()
		spoil(m)
		var got []string
		for _, f := range schemas.FaultsOf(m.Validate()) {
			if f.Problem == "" {
				t.Errorf("%s has no text", f.Field)
			}
			got = append(got, f.Field)
		}
		for _, field := range strings.Fields(want) {
			if !slices.Contains(got, field) {
				t.Errorf("faults at %q, want %q", got, want)
			}
		}
		if want != "features" && want != "pairs" && len(got) != len(strings.Fields(want)) {
			t.Errorf("faults at %q, want %q alone", got, want)
		}
		if _, err := m.Encode(); err == nil {
			t.Errorf("%s: what is at fault was written", want)
		}
		if _, err := risk.Compile(m, []string{"orders", "spend"}, 0); err == nil {
			t.Errorf("%s: what is at fault was compiled", want)
		}
	}
}

// many repeats what is there up to a number.
func many[T any](all []T, n int) []T {
	for len(all) < n {
		all = append(all, all[0])
	}
	return all
}

func wide(name string, cuts int) risk.Feature {
	f := risk.Feature{Name: name, Points: []float64{0}}
	for i := range cuts {
		f.Cuts, f.Points = append(f.Cuts, float64(i)), append(f.Points, 0)
	}
	return f
}

// turned is a pair with its sides exchanged.
func turned(p risk.Pair) risk.Pair {
	turned := risk.Pair{Features: [2]string{p.Features[1], p.Features[0]}, Cuts: [2][]float64{p.Cuts[1], p.Cuts[0]}}
	for j := range p.Points[0] {
		var row []float64
		for i := range p.Points {
			row = append(row, p.Points[i][j])
		}
		turned.Points = append(turned.Points, row)
	}
	return turned
}

func TestWhatIsNoModelFileIsRefused(t *testing.T) {
	good, err := complete().Encode()
	if err != nil {
		t.Fatal(err)
	}
	text := string(good)
	for name, bad := range map[string]string{
		"empty":            "",
		"an unknown field": strings.Replace(text, `"bias"`, `"intercept"`, 1),
		"text after it":    text + "{}",
		"another type":     strings.Replace(text, `"name": "complete"`, `"name": 5`, 1) + "x",
		"no features":      `{"format": 2, "name": "x", "horizon_days": 30, "active_days": 28, "features": []}`,
	} {
		if _, err := risk.Decode([]byte(bad)); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}

func TestNumbersThatAreNotThereAreRefusedWithTheirPlace(t *testing.T) {
	const head, tail = `{"format":2,"name":"x","horizon_days":30,"active_days":28,"metrics":null,`, `}`
	for rest, want := range map[string]string{
		`"features":[{"name":"gap","cuts":[1],"points":[0,1]}]`:                                                                    "bias",
		`"bias":null,"features":[{"name":"gap","cuts":[1],"points":[0,1]}]`:                                                        "bias",
		`"bias":1,"features":[{"name":"gap","cuts":[null,2],"points":[0,1,2]}]`:                                                    "features[0].cuts[0]",
		`"bias":1,"features":[{"name":"gap","cuts":[1],"points":[0,null]}]`:                                                        "features[0].points[1]",
		`"bias":1,"features":[],"pairs":[{"features":["gap","tenure"],"cuts":[[],[null]],"points":[[1,2]]}]`:                       "pairs[0].cuts[1][0]",
		`"bias":1,"features":[],"pairs":[{"features":["gap","tenure"],"cuts":[[],[2]],"points":[[1,null]]}]`:                       "pairs[0].points[0][1]",
		`"bias":1,"features":[],"pairs":[{"features":["gap","tenure","recency"],"cuts":[[],[]],"points":[[1]]}]`:                   "pairs[0].features",
		`"bias":1,"features":[],"pairs":[{"features":["gap","tenure"],"cuts":[[],[],[1]],"points":[[1]]}]`:                         "pairs[0].cuts",
		`"bias":1,"features":[{"name":"` + strings.Repeat("log(", 1000) + `","points":[1]}]`:                                       "features[0].name",
		`"bias":1,"features":[{"name":"gap","points":[1]},{"name":"` + strings.Repeat("1", 100_000) + `","cuts":[],"points":[1]}]`: "features[1].name",
	} {
		_, err := risk.Decode([]byte(head + rest + tail))
		if err == nil || !strings.HasPrefix(err.Error(), want+":") || len(err.Error()) > 500 {
			t.Errorf("%.150s: got %v, want a short fault at %s", rest, err, want)
		}
	}
}

func TestAFileOfAnEarlierVersionIsRefusedWithTheRemedy(t *testing.T) {
	const old = `{"name":"x","features":[{"name":"gap","weight":-2,"mean":3,"scale":1,"low":1,"high":9}],"bias":1,"horizon_days":30,"active_days":28,"metrics":null}`
	if _, err := risk.Decode([]byte(old)); err == nil || err.Error() != "a model of an earlier version (a logistic regression): fit it anew with `winback train`" {
		t.Errorf("got %v", err)
	}
}

func TestAModelForOtherMetricsIsRefused(t *testing.T) {
	_, err := risk.Compile(small(), []string{"orders"}, 0)
	faults := schemas.FaultsOf(err)
	if len(faults) != 2 || faults[0].Field != "features[4]" || faults[1].Field != "pairs[0].features[1]" || !strings.Contains(faults[0].Problem, `"spend" is not a metric here`) {
		t.Errorf("faults %v", faults)
	}
}

func TestNeeds(t *testing.T) {
	m := complete()
	m.Features = append(m.Features, risk.Feature{Name: "log(ratio(days(0d, 91d), days(91d, 182d)))"}, risk.Feature{Name: "sum(spend, 3w, 8w)"},
		risk.Feature{Name: "days(carts, 0d, 30d)"})
	m.Pairs = append(m.Pairs, risk.Pair{Features: [2]string{"longest", `log(days("carts", 60d, 90d))`}})
	want := risk.Need{
		Days: 182, MetricDays: map[string]int{"carts": 90}, Weeks: map[string]int{"orders": 2, "spend": 8}, Metrics: []string{"carts", "orders", "spend"}, Alive: true,
	}
	if got := m.Needs(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, err := risk.NeedsOf([]string{"gap"}); err != nil || got.Days != 56 {
		t.Errorf("the gap needs %+v (%v)", got, err)
	}
	if got, err := risk.NeedsOf([]string{"weeks(2w, 9w)"}); err != nil || got.Days != 63 {
		t.Errorf("nine weeks need %+v (%v)", got, err)
	}
	if got, err := risk.NeedsOf([]string{"returns(91d)"}); err != nil || got.Days != 91 {
		t.Errorf("the chance to return needs %+v (%v)", got, err)
	}
	if got, err := risk.NeedsOf([]string{"longest"}); err != nil || got.Days != 56 {
		t.Errorf("the longest silence needs %+v (%v)", got, err)
	}
	if _, err := risk.NeedsOf([]string{"gap", "gaps"}); err == nil {
		t.Error("gaps are known")
	}
}

func TestFeaturesThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"":                              `column 1: "" is no feature: use one of tenure; recency;`,
		"log(tenuer)":                   `column 5: "tenuer" is no feature`,
		"log tenure":                    `column 5: "(" is missing: write log(X)`,
		"log(tenure":                    `column 11: ")" is missing`,
		"tenure recency":                `column 8: "recency" follows a finished feature`,
		"times(tenure)":                 `column 13: "," is missing: write times(X, Y)`,
		"days(0d, 257d)":                `column 10: "257d": write how far back in whole d, 0d to 256d`,
		"days(0w, 2w)":                  `column 6: "0w"`,
		"weeks(0w, 37w)":                `column 11: "37w": write how far back in whole w, 0w to 36w`,
		"returns(0d)":                   "0d back is no time: write a length, such as returns(56d)",
		"returns(257d)":                 `column 9: "257d"`,
		"returns(0d, 7d)":               "0d back is no time",
		"days(7d, 7d)":                  "from 7 to 7 back is no time",
		"days(":                         `column 6: "": write how far back in whole d`,
		"days(orders, 0d, 257d)":        `column 18: "257d": write how far back in whole d, 0d to 256d, as in days(METRIC, 0d, 28d)`,
		"days(orders 0d, 7d)":           `column 13: "," is missing: write days(METRIC, 0d, 28d)`,
		"days(orders, 0d, 7d":           `column 20: ")" is missing: write days(METRIC, 0d, 28d)`,
		"days(visits, 0d, 7d)":          `"visits" is not a metric here`,
		"days(7days, 0d, 7d)":           `column 6: "7days": write how far back`,
		`days("orders, 0d, 7d)`:         "column 6: a quote does not end",
		"sum(orders, 0w, 27w)":          `column 17: "27w"`,
		"sum(orders, 1w)":               `"," is missing: write sum(METRIC, 0w, 4w)`,
		"sum(, 0w, 1w)":                 "column 5: the name of a metric is missing",
		`sum("orders, 0w, 1w)`:          "column 5: a quote does not end",
		`sum("", 0w, 1w)`:               `"" is no name of a metric`,
		"sum(visits, 0w, 1w)":           `"visits" is not a metric here: the metrics are ["orders" "time online"]`,
		"up_to(tenure, x)":              `column 15: "x" is not a number`,
		"up_to(tenure, NaN)":            `"NaN" is not a number`,
		"between(tenure, 3, 2)":         "from 3 to 2 is no stretch: write the smaller number first, such as between(X, 30, 60)",
		"between(tenure, 2, 2)":         "from 2 to 2 is no stretch",
		"between(alive, -9e307, 9e307)": "is no stretch",
		strings.Repeat("log(", 9):       "nested too deep: at most 8",
		`log(sum("a\qb", 0w, 1w))`:      "a quote does not end",
		"up_to(sum(orders, 0w, 1w), 1":  `column 29: ")" is missing: write up_to(X, 10)`,
	} {
		_, err := risk.CompileFeatures([]string{"tenure", text}, []string{"orders", "time online"})
		faults := schemas.FaultsOf(err)
		if len(faults) != 1 || faults[0].Field != "[1]" || !strings.Contains(faults[0].Problem, want) {
			t.Errorf("%q: faults %v, want %q", text, faults, want)
		}
	}
}

func TestTooManyFeaturesAreRefused(t *testing.T) {
	if _, err := risk.CompileFeatures(make([]string, risk.MaxFeatures+1), nil); err == nil {
		t.Error("no fault")
	}
}

func FuzzDecode(f *testing.F) {
	const head = `{"format":2,"name":"x","horizon_days":30,"active_days":28,`
	for _, rest := range []string{
		`"features":[{"name":"gap","cuts":[1,2.5],"points":[-1,0,1000],"monotone":"rising"}],"bias":1,"metrics":null}`,
		`"features":[{"name":"log(sum(\"a b\", 0w, 9w))","points":[1e3]}],"bias":-2,"metrics":["a b"],"table":[{}],"fit":{"later":{"reliability":[{}]}}}`,
		`"bias":0,"pairs":[{"features":["times(tenure, recency)","alive"],"cuts":[[-3,0],[0.5]],"points":[[1,2],[3,4],[5,6]]}],"metrics":["a"],"chance":true,
		  "alive":{"metric":"a","unit_days":7,"r":1,"alpha":1,"a":1,"b":1},"threshold":{"enter":99,"exit":0}}`,
	} {
		f.Add([]byte(head + rest))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := risk.Decode(data)
		if err != nil {
			return
		}
		text, err := m.Encode()
		if err != nil {
			t.Fatalf("read, but cannot be written: %v", err)
		}
		again, err := risk.Decode(text)
		if err != nil {
			t.Fatalf("written, but cannot be read: %v\n%s", err, text)
		}
		if !reflect.DeepEqual(again.Needs(), m.Needs()) {
			t.Errorf("needs %+v, then %+v", m.Needs(), again.Needs())
		}
		s, err := risk.Compile(m, m.Needs().Metrics, 0)
		if err != nil {
			return // a step too many
		}
		p, scratch := shopper(), new(risk.Scratch)
		p.Metrics = make([]risk.History, len(m.Metrics))
		if risk := s.Score(p, scratch); !(risk >= 0 && risk <= 100) || !addUp(s.Reasons(scratch, nil), scratch.LogOdds()) {
			t.Errorf("risk %v of %v, reasons %v", risk, scratch.LogOdds(), s.Reasons(scratch, nil))
		}
	})
}

func FuzzFeature(f *testing.F) {
	for _, text := range append(append(risk.Features([]string{"a", "b c"}), risk.LongFeatures([]string{"a"}, []string{"b c"})...), `times(ratio(days(0d,7d),gap),up_to(alive,.5))`, `days("7d",0d,9d)`, `log(returns(256d))`, `up_to(log(sum("\"",0w,1w)),-0)`) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		need, err := risk.NeedsOf([]string{text})
		if err != nil {
			return
		}
		v, err := risk.CompileFeatures([]string{text}, need.Metrics)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		for i, name := range need.Metrics {
			if v.ReadsDays()[i] != (need.MetricDays[name] > 0) {
				t.Errorf("%q needs %v, and reads %v", text, need.MetricDays, v.ReadsDays())
			}
		}
		p := shopper()
		p.Metrics = make([]risk.History, len(need.Metrics))
		x := make([]float64, 1)
		if v.Values(p, x); math.IsNaN(x[0]) {
			t.Errorf("%q is NaN", text)
		}
	})
}
