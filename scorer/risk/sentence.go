package risk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Wording is what Words needs to know of the configuration.
type Wording struct {
	Activity string                                 // what the users' active days are days of, in the plural: "visits"
	Quantity func(metric int, total float64) string // how a metric's sum is written, by its place in Compile's metrics; nil: as a plain number
}

// Words says for a person what raises the risk of the last Score most: "silent 12 days, usually 2 between visits". It is the leading
// subject, and the next if it weighs half as much at least; empty where nothing raises the risk. How long somebody has been known is no reason by itself:
// the silence is told before it. p is the Past that was scored.
func (s *Scorer) Words(p *Past, scratch *Scratch, wording Wording) string {
	var said []string
	for _, subject := range s.leading(scratch) {
		said = append(said, s.sentence(subject, p, wording))
	}
	return strings.Join(said, ", ")
}

// leading are the subjects to tell of, two at most.
func (s *Scorer) leading(scratch *Scratch) (subjects []string) {
	most := 0.0
	for _, term := range s.Reasons(scratch, nil) {
		if term.Feature == Base || term.Points <= 0 || term.Points < most/2 {
			continue
		}
		most = max(most, term.Points)
		subjects = append(subjects, term.Feature)
	}
	silence := subjectOf(recency)
	if len(subjects) > 0 && subjects[0] == subjectOf(tenure) {
		subjects = slices.DeleteFunc(subjects, func(subject string) bool { return subject == silence })
		subjects = slices.Insert(subjects, 0, silence)
	}
	return subjects[:min(len(subjects), 2)]
}

func (s *Scorer) sentence(subject string, p *Past, wording Wording) string {
	switch subject {
	case subjectOf(recency):
		return "silent " + inDays(p.Age) + s.usually(p, wording.Activity)
	case subjectOf(tenure):
		return "known for " + inDays(p.Tenure)
	case subjectOf(activeDays):
		days := min(28, max(s.need.Days, 1))
		return fmt.Sprintf("active on %d of the last %d days", countDays(&p.Days, 0, days), days)
	case subjectOf(alive):
		return fmt.Sprintf("P(alive) %.0f %%", 100*p.Alive)
	}
	return s.ofMetric(subject, p, wording)
}

func subjectOf(op operation) string { return wordOf(op).subject }

// usually compares with the user's own habit, if there is one and the model looks as far back as that takes.
func (s *Scorer) usually(p *Past, activity string) string {
	if s.need.Days < gapDays {
		return ""
	}
	days := gapDays
	if s.need.LongDays {
		days = p.longDays()
	}
	if countDays(&p.Days, 0, days) < 2 {
		return ""
	}
	return fmt.Sprintf(", usually %.0f between %s", max(usualGap(p, days), 1), activity)
}

// ofMetric tells a metric's last four weeks, or its days if the model reads these alone.
func (s *Scorer) ofMetric(name string, p *Past, wording Wording) string {
	metric := slices.Index(s.metrics, name)
	if s.need.Weeks[name] == 0 {
		days := min(28, s.need.MetricDays[name])
		return fmt.Sprintf("%s: on %d of %d days", name, countDays(&p.Metrics[metric].Days, 0, days), days)
	}
	weeks, total := min(4, s.need.Weeks[name]), 0.0
	for _, w := range p.Metrics[metric].Weeks[:weeks] {
		total += float64(w)
	}
	quantity := strconv.FormatFloat(total, 'f', -1, 64)
	if wording.Quantity != nil {
		quantity = wording.Quantity(metric, total)
	}
	return fmt.Sprintf("%s: %s in %s", name, quantity, counted(weeks, "week"))
}

// inDays writes a time in whole days, or in hours if it is less than one.
func inDays(milliseconds int64) string {
	if milliseconds < day {
		return counted(int(milliseconds/(day/24)), "hour")
	}
	return counted(int(milliseconds/day), "day")
}

func counted(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
