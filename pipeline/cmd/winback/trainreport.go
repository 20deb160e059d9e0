package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"winback/pipeline/train"
	"winback/scorer/risk"
)

// writeTraining prints what was asked, what the model is worth, and what it looks at.
func writeTraining(out io.Writer, g *gathered, r *train.Result, chosen *train.Chosen, file string) error {
	var b strings.Builder
	fit := r.Model.Fit
	fmt.Fprintf(&b, "%s, %s to %s UTC\n", describeRead(g.files, g.stats), moment(g.stats.First), moment(g.stats.Last))
	if r.Complete < g.facts.End {
		fmt.Fprintf(&b, "Complete up to %s UTC: less than one event in a thousand is later\n", moment(r.Complete))
	}
	fmt.Fprintf(&b, "Asked every %v: who of those active in %v has no activity in the %v that follow? %s of %s, %.1f %% lost\n", g.cfg.Every, g.cfg.Active, g.cfg.Horizon,
		counted(fit.Rows, "row"), counted(fit.Users, "user"), 100*fit.Lost)
	fmt.Fprintf(&b, "%s\n\n%s\n", partsTable(r.Parts), "AUC: the chance that a user who is lost ranks above one who is not. Lift: the lost in the top tenth, against all.\n"+
		"Brier: the mean squared error of the chance; beside it, that of giving everybody the share lost.")
	for i := range r.Parts {
		if p := &r.Parts[i]; p.Name == train.PartLater {
			fmt.Fprintf(&b, "\nChances given and what came, %s:\n%s\n", p.Name, reliabilityTable(p.Test.Reliability))
		}
	}
	writeFlagging(&b, chosen)
	b.WriteString("\nWhat moves the risk most, in log-odds on average:\n" + largestTerms(r.Terms))
	switch a := r.Model.Alive; {
	case r.AliveErr != nil:
		fmt.Fprintf(&b, "\nNo P(alive) of %s: %v\n", g.facts.Alive, r.AliveErr)
	case a != nil:
		fmt.Fprintf(&b, "\nP(alive) of %s, by BG/NBD in weeks: r %.4g, alpha %.4g, a %.4g, b %.4g; log-likelihood %.1f of %s\n",
			a.Metric, a.R, a.Alpha, a.A, a.B, r.Likelihood, counted(r.Customers, "customer"))
	}
	if file != "-" {
		fmt.Fprintf(&b, "\nWrote %s: model %s of %s and %s, fitted on %s. It is put to work by scorer.risk.model.\n", file, r.Model.Name,
			counted(len(r.Model.Features), "feature"), counted(len(r.Model.Pairs), "pair"), fittedOn(g.cfg))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func fittedOn(cfg train.Config) string {
	if cfg.Users == train.SeenUsers {
		return fmt.Sprintf("%.0f %% of the users", 100*(1-cfg.Unseen))
	}
	return "all rows"
}

func partsTable(parts []train.Part) string {
	rows := []table.Row{{"", "Rows", "Users", "Lost", "AUC", "Lift", "Brier", "of share", "Recency alone: AUC", "Lift"}}
	for i := range parts {
		p, t := &parts[i], &parts[i].Test
		rows = append(rows, table.Row{
			p.Name, grouped(t.Rows), grouped(t.Users), percent(t.Lost), fmt.Sprintf("%.3f", t.AUC), fmt.Sprintf("%.2f", t.Lift), fmt.Sprintf("%.4f", t.Brier),
			fmt.Sprintf("%.4f", t.Lost*(1-t.Lost)), fmt.Sprintf("%.3f", p.Recency.AUC), fmt.Sprintf("%.2f", p.Recency.Lift),
		})
	}
	return numberTable(rows)
}

func reliabilityTable(bins []risk.Bin) string {
	rows := []table.Row{{"Chance", "Rows", "Given", "Came"}}
	for _, bin := range bins {
		row := table.Row{fmt.Sprintf("%.0f-%.0f %%", 100*bin.From, 100*bin.To), grouped(bin.Rows), "", ""}
		if bin.Rows > 0 {
			row[2], row[3] = percent(bin.Predicted), percent(bin.Observed)
		}
		rows = append(rows, row)
	}
	return numberTable(rows)
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// numberTable aligns all columns but the first to the right; the first row is the head.
func numberTable(rows []table.Row) string {
	w := table.NewWriter()
	w.SetStyle(table.StyleLight)
	w.Style().Format.Header = text.FormatDefault
	var columns []table.ColumnConfig
	for i := 2; i <= len(rows[0]); i++ {
		columns = append(columns, table.ColumnConfig{Number: i, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	w.SetColumnConfigs(columns)
	w.AppendHeader(rows[0])
	w.AppendRows(rows[1:])
	return w.Render()
}

// showTerms is how many terms are shown.
const showTerms = 12

func largestTerms(terms []train.Term) string {
	var b strings.Builder
	for _, t := range terms[:min(showTerms, len(terms))] {
		fmt.Fprintf(&b, "  %.3f  %s\n", t.Importance, strings.Join(t.Features, " with "))
	}
	return b.String()
}
