package chart

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"

	"winback/pipeline/backtest"
)

// elements counts what an SVG is made of; it fails on what is no XML.
func elements(t *testing.T, svg []byte) map[string]int {
	t.Helper()
	counts, decoder := map[string]int{}, xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return counts
		}
		if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
		if start, is := token.(xml.StartElement); is {
			counts[start.Name.Local]++
		}
	}
}

func report(model bool) *backtest.Report {
	r := &backtest.Report{Config: backtest.Defaults(), Losses: 2, Rules: []backtest.Rule{
		{Name: backtest.RuleFlags, Losses: 2, DaysFlagged: []int{-3, 0}}, {Name: backtest.RuleBare, Losses: 2}, {Name: backtest.RuleRecency},
	}}
	if model {
		known := backtest.Figures{Precision: 0.5, Recall: 0.25, ShareFlagged: 0.125}
		unknown := backtest.Rule{}.Figures
		unknown.Precision = backtest.Figure(nan())
		r.Thresholds = []backtest.Threshold{{Threshold: 20, Rule: backtest.Rule{Figures: known}}, {Threshold: 80, Rule: backtest.Rule{Figures: unknown}}}
		r.Chance = true
		r.Reliability = []backtest.Bin{{Given: 0.25, Came: 0.5, Rows: 1}, {Given: backtest.Figure(nan()), Came: backtest.Figure(nan())}}
	}
	return r
}

func nan() float64 { zero := 0.0; return zero / zero }

func TestChartsAreWholeSVGWithoutWhatIsNotKnown(t *testing.T) {
	var names []string
	for _, file := range Of(report(true)) {
		names = append(names, file.Name)
		if strings.Contains(string(file.SVG), "NaN") || elements(t, file.SVG)["polyline"] < 2 {
			t.Errorf("%s: got %s", file.Name, file.SVG)
		}
	}
	if !slices.Equal(names, Names()) {
		t.Errorf("got %v, want %v", names, Names())
	}
	if files := Of(report(false)); len(files) != 1 || files[0].Name != LeadTime {
		t.Errorf("without a model: got %d files", len(files))
	}
}

// A score is no promise of a share, so nothing is drawn for it to lie on.
func TestTheChartOfReliabilityNamesAScoreAScore(t *testing.T) {
	for _, c := range []struct {
		chance bool
		lines  int
		words  []string
	}{{true, 2, []string{"The chances given", ">chance given<", ">as given<", ">50 %<"}}, {false, 1, []string{"The scores given", ">score given<", ">50<"}}} {
		r := report(true)
		r.Chance = c.chance
		d := reliability(r)
		svg := string(d.SVG())
		for _, words := range c.words {
			if !strings.Contains(svg, words) {
				t.Errorf("chance %v: %q is missing from %s", c.chance, words, svg)
			}
		}
		if n := elements(t, []byte(svg))["polyline"]; n != c.lines {
			t.Errorf("chance %v: %d lines", c.chance, n)
		}
	}
}

func TestPointsLieWhereTheAxesSay(t *testing.T) {
	d := Drawing{From: -10, To: 10, Step: 10, Title: `a < b & "c"`, Lines: []Line{{Name: "<x>", Dots: true, Points: []Point{{-10, 0}, {0, 0.5}, {10, 1}}}}}
	svg := string(d.SVG())
	for _, part := range []string{`points="60.0,316.0 340.0,178.0 620.0,40.0"`, `a &lt; b &amp;`, ">&lt;x&gt;<", `>-10</text>`, `>100 %</text>`} {
		if !strings.Contains(svg, part) {
			t.Errorf("%q is missing from %s", part, svg)
		}
	}
	if got := elements(t, []byte(svg)); got["circle"] != 3 || got["title"] != 1 {
		t.Errorf("got %v", got)
	}
}

// A loss counts from the day of its flag on, and one that was never flagged not at all.
func TestTheChartOfLeadTimesRisesWhereLossesWereFlagged(t *testing.T) {
	d := leadTime(report(false))
	line := d.Lines[0].Points
	at := func(day int) float64 { return line[day+earliest].Y }
	if at(-4) != 0 || at(-3) != 0.5 || at(-1) != 0.5 || at(0) != 1 || at(30) != 1 {
		t.Errorf("got %v", line)
	}
	if len(d.Lines[2].Points) != 0 || d.Lines[1].Points[58].Y != 0 {
		t.Errorf("got %v", d.Lines)
	}
}
