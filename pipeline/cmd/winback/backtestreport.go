package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"winback/pipeline/backtest"
)

// showBacktest prints the report. As JSON lines it has standard output for itself, and what was read goes to standard error.
func (a *app) showBacktest(f *backtestFlags, l *lookedBack, r *backtest.Report) error {
	read := fmt.Sprintf("%s, %s to %s UTC\n", describeRead(l.files, l.stats), moment(l.stats.First), moment(l.stats.Last))
	if f.output == outputJSON {
		if _, err := io.WriteString(a.stderr, read); err != nil {
			return err
		}
		to := json.NewEncoder(a.stdout)
		for _, line := range r.Lines() {
			if err := to.Encode(line); err != nil {
				return err
			}
		}
		return nil
	}
	out := a.stdout
	if f.deadLetters == "-" {
		out = a.stderr
	}
	_, err := io.WriteString(out, read+backtestText(l, r))
	return err
}

func backtestText(l *lookedBack, r *backtest.Report) string {
	var b strings.Builder
	writeAsked(&b, r)
	b.WriteString(rulesTable(r))
	b.WriteString("\nPrecision: of the flagged, the share lost. Recall: of the lost, the share flagged. Lift: precision over the share lost.\n" +
		"New flags: a thousand active users and week. Days, medians: from the flag to the last event before the loss (below 0:\n" +
		"the flag came after it), and to the date of loss, when the silence had lasted " + r.Config.Horizon.String() + ".\n")
	for _, note := range r.Notes {
		b.WriteString("\n" + note + "\n")
	}
	if len(r.Thresholds) > 0 {
		fmt.Fprintf(&b, "\nThe risk (model %s): flagged from a threshold on, at the cut-offs alone\n%s\n", printable(l.model), thresholdsTable(r))
		b.WriteString(reliabilityText(r))
	}
	b.WriteString("\nRanking of the rows\n" + rankingsTable(r) + "\n")
	b.WriteString("\nBy lifecycle at the cut-off\n" + groupsTable("State", r.States, groupName) + "\n")
	if len(r.Tiers) > 0 {
		b.WriteString("\nBy value tier at the cut-off\n" + groupsTable("Tier", r.Tiers, groupName) + "\n")
	}
	b.WriteString("\nBy cut-off\n" + groupsTable("Cut-off (UTC)", r.Weeks, func(g *backtest.Group) string { return day(g.At) }) + "\n")
	return b.String()
}

func writeAsked(b *strings.Builder, r *backtest.Report) {
	c := &r.Config
	whose := ""
	if c.Users != backtest.AllUsers {
		whose = fmt.Sprintf(" of the %s users", c.Users)
	}
	fmt.Fprintf(b, "Asked every %v, %s to %s UTC: who%s, of those active in %v, has no activity in the %v that follow?\n", c.Cut, day(r.From), day(r.To), whose, c.Active, c.Horizon)
	fmt.Fprintf(b, "%s of %s at %s: %s lost (%s), by %s\n", counted(r.Rows, "row"), counted(r.Users, "user"), counted(r.Cutoffs, "cut-off"),
		grouped(r.Lost), percent(float64(r.Lost)/float64(r.Rows)), losses(r.Losses))
}

func losses(n int) string {
	if n == 1 {
		return "1 silence"
	}
	return grouped(n) + " silences"
}

func rulesTable(r *backtest.Report) string {
	rows := []table.Row{{"", "Flagged", "Precision", "Recall", "Lift", "New flags", "Silences flagged", "Days to last event", "Days to loss"}}
	for i := range r.Rules {
		rule := &r.Rules[i]
		rows = append(rows, table.Row{
			ruleTitle(rule.Name), share(rule.ShareFlagged), share(rule.Precision), share(rule.Recall), number(rule.Lift, 2), number(rule.NewPerWeek, 1),
			share(silencesFlagged(rule)), number(rule.DaysToLast, 1), number(rule.DaysToLoss, 1),
		})
	}
	return numberTable(rows)
}

func ruleTitle(name string) string {
	switch name {
	case backtest.RuleFlags:
		return "This configuration"
	case backtest.RuleBare:
		return "Bare rule, at the cut-off"
	case backtest.RuleRecency:
		return "As many, longest silent"
	}
	return "By the risk"
}

func silencesFlagged(r *backtest.Rule) backtest.Figure {
	return backtest.Figure(float64(r.Caught) / float64(r.Losses)) // not known where nobody was lost
}

// showThresholds is how far the thresholds shown lie apart.
const showThresholds = 10

func thresholdsTable(r *backtest.Report) string {
	rows := []table.Row{{"Risk from", "Flagged", "Precision", "Recall", "Lift", "New flags", "Days to last event", "Days to loss"}}
	for i := range r.Thresholds {
		if t := &r.Thresholds[i]; math.Mod(t.Threshold, showThresholds) == 0 {
			rows = append(rows, table.Row{
				fmt.Sprintf("%.0f", t.Threshold), share(t.ShareFlagged), share(t.Precision), share(t.Recall), number(t.Lift, 2), number(t.NewPerWeek, 1),
				number(t.DaysToLast, 1), number(t.DaysToLoss, 1),
			})
		}
	}
	return numberTable(rows)
}

// reliabilityText compares a chance with the share lost. A score is no promise of a share: it is shown as the number that it is.
func reliabilityText(r *backtest.Report) string {
	if r.Chance {
		return "\nChances given and what came\n" + binsTable(r.Reliability, "Chance", " %", share) + "\n"
	}
	score := func(given backtest.Figure) string { return number(100*given, 1) }
	return "\nScores given and the share that came\n" + binsTable(r.Reliability, "Score", "", score) + "\n"
}

func binsTable(bins []backtest.Bin, head, unit string, given func(backtest.Figure) string) string {
	rows := []table.Row{{head, "Rows", "Given", "Came"}}
	for _, bin := range bins {
		rows = append(rows, table.Row{fmt.Sprintf("%.0f-%.0f%s", bin.From, bin.To, unit), grouped(bin.Rows), given(bin.Given), share(bin.Came)})
	}
	return numberTable(rows)
}

func rankingsTable(r *backtest.Report) string {
	rows := []table.Row{{"By", "AUC", "Lift of the top tenth"}}
	for _, ranking := range r.Rankings {
		rows = append(rows, table.Row{ranking.Name, number(ranking.AUC, 3), number(ranking.Lift, 2)})
	}
	return numberTable(rows)
}

// groupsTable has the rules side by side: precision, recall and lift of the first, lift of the others.
func groupsTable(head string, groups []backtest.Group, name func(*backtest.Group) string) string {
	rows := []table.Row{{head, "Rows", "Lost", "Flagged", "Precision", "Recall", "Lift", "Bare rule: recall", "Lift", "Longest silent: recall", "Lift"}}
	for i := range groups {
		g := &groups[i]
		flags := &g.Rules[0]
		row := table.Row{name(g), grouped(flags.Rows), share(flags.ShareLost), share(flags.ShareFlagged), share(flags.Precision), share(flags.Recall), number(flags.Lift, 2)}
		for _, other := range g.Rules[1:] {
			row = append(row, share(other.Recall), number(other.Lift, 2))
		}
		rows = append(rows, row)
	}
	return numberTable(rows)
}

func groupName(g *backtest.Group) string {
	if g.Name == "" {
		return "none yet"
	}
	return g.Name
}

// share writes a share that may not be known.
func share(f backtest.Figure) string {
	if !f.Known() {
		return "-"
	}
	return percent(float64(f))
}

func number(f backtest.Figure, decimals int) string {
	if !f.Known() {
		return "-"
	}
	return fmt.Sprintf("%.*f", decimals, float64(f))
}

// day writes the date of a time, in UTC.
func day(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.DateOnly) }
