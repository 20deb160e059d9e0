package chart

import (
	"fmt"
	"math"
	"slices"

	"winback/pipeline/backtest"
	"winback/schemas"
)

// File is a chart and the name that it is kept under.
type File struct {
	Name string
	SVG  []byte
}

// The files' names.
const (
	PrecisionRecall = "precision_recall.svg"
	Reliability     = "reliability.svg"
	LeadTime        = "lead_time.svg"
)

// Names lists the files that there can be.
func Names() []string { return []string{PrecisionRecall, Reliability, LeadTime} }

// Of draws a report: what the risk tells, if there is a model, and how early the rules flag.
func Of(r *backtest.Report) (files []File) {
	if len(r.Thresholds) > 0 {
		precision, reliability := precisionRecall(r), reliability(r)
		files = append(files, File{PrecisionRecall, precision.SVG()}, File{Reliability, reliability.SVG()})
	}
	lead := leadTime(r)
	return append(files, File{LeadTime, lead.SVG()})
}

func precisionRecall(r *backtest.Report) *Drawing {
	d := &Drawing{Title: "Flagged from a risk on: precision and recall", X: "threshold of the risk", Y: "share", From: 0, To: 100, Step: 10}
	precision, recall, flagged := Line{Name: "precision"}, Line{Name: "recall"}, Line{Name: "share flagged", Dashed: true}
	for i := range r.Thresholds {
		t := &r.Thresholds[i]
		precision.add(t.Threshold, t.Precision)
		recall.add(t.Threshold, t.Recall)
		flagged.add(t.Threshold, t.ShareFlagged)
	}
	d.Lines = []Line{precision, recall, flagged}
	return d
}

func reliability(r *backtest.Report) *Drawing {
	came := Line{Name: "what came", Dots: true}
	for _, bin := range r.Reliability {
		if bin.Given.Known() {
			came.add(100*float64(bin.Given), bin.Came)
		}
	}
	if !r.Chance { // a score need not be what comes: there is no line to lie on
		return &Drawing{Title: "The scores given and the share that came", X: "score given", Y: "share lost", From: 0, To: 100, Step: 10, Lines: []Line{came}}
	}
	return &Drawing{Title: "The chances given and what came", X: "chance given", Y: "share lost", From: 0, To: 100, Step: 10, Percent: true,
		Lines: []Line{came, {Name: "as given", Dashed: true, Points: []Point{{0, 0}, {100, 1}}}}}
}

// ruleName is how a legend calls a rule.
func ruleName(rule string) string {
	switch rule {
	case backtest.RuleFlags:
		return "this configuration"
	case backtest.RuleBare:
		return "bare rule of the drop"
	}
	return "longest silent"
}

// earliest is how many days before the last event the chart of lead times begins.
const earliest = 28

func leadTime(r *backtest.Report) *Drawing {
	horizon := int(r.Config.Horizon / schemas.Day)
	d := &Drawing{Title: fmt.Sprintf("How early: of %d losses, the share flagged by a day", r.Losses), X: "days after the last event (below 0: before it)", Y: "share of the losses",
		From: -earliest, To: float64(horizon), Step: 7}
	for i := range r.Rules {
		rule := &r.Rules[i]
		line := Line{Name: ruleName(rule.Name)}
		for day := -earliest; day <= horizon; day++ {
			by, _ := slices.BinarySearch(rule.DaysFlagged, day+1)
			if rule.Losses > 0 {
				line.add(float64(day), backtest.Figure(float64(by)/float64(rule.Losses)))
			}
		}
		d.Lines = append(d.Lines, line)
	}
	d.Step = max(7, 7*math.Ceil((d.To-d.From)/70))
	return d
}

// add leaves out what cannot be told.
func (l *Line) add(x float64, y backtest.Figure) {
	if y.Known() {
		l.Points = append(l.Points, Point{x, float64(y)})
	}
}
