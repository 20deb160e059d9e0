package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"winback/pipeline/config"
	"winback/pipeline/train"
	"winback/scorer/risk"
)

// history is one argument of train --generic.
type history struct{ preset, file string }

func (h history) name() string {
	name, _, _ := strings.Cut(filepath.Base(h.file), ".")
	return name
}

// genericHistories reads the arguments of train --generic.
func (a *app) genericHistories(c *cobra.Command, args []string) (histories []history, err error) {
	for _, flag := range []string{"metrics", "long", "alive"} {
		if c.Flags().Changed(flag) {
			return nil, usageError{fmt.Errorf("--%s and --generic exclude each other: a generic model is made of activity alone", flag)}
		}
	}
	if a.preset != "" {
		return nil, usageError{errors.New("--preset and --generic exclude each other: every file names its own, PRESET=FILE")}
	}
	for _, text := range args {
		preset, file, found := strings.Cut(text, "=")
		if !found || preset == "" || file == "" {
			return nil, usageError{fmt.Errorf("%q: with --generic every history is PRESET=FILE; the presets are %s", text, strings.Join(config.Presets(), ", "))}
		}
		histories = append(histories, history{preset, file})
	}
	if len(histories) < 2 {
		return nil, usageError{errors.New("--generic: name two histories at least, better more, of different kinds: PRESET=FILE each")}
	}
	return histories, nil
}

// trainGeneric fits one model to several histories.
func (a *app) trainGeneric(c *cobra.Command, f *trainFlags, args []string) error {
	histories, err := a.genericHistories(c, args)
	if err != nil {
		return err
	}
	if !c.Flags().Changed("monotone") {
		f.Monotone = true // what must be so everywhere carries over to what was never seen
	}
	var files []string
	for _, h := range histories {
		files = append(files, h.file)
	}
	if err := errors.Join(f.check(), checkFiles(files, "--out and --dead-letters", f.out, f.deadLetters)); err != nil {
		return err
	}
	out, err := createFile(f.out, a.stdout)
	if err != nil {
		return err
	}
	defer out.discard()
	refused, err := a.newRefusals(f.deadLetters)
	if err != nil {
		return err
	}
	defer refused.file.discard()
	sets, err := a.gatherAll(c.Context(), f, histories, refused)
	if err != nil {
		return err
	}
	if f.name == "" {
		f.name = "generic"
	}
	pooled, err := a.pool(c.Context(), f.name, sets)
	if err != nil {
		return err
	}
	return a.keepModel(f, pooled.Model, out, refused, func(to io.Writer) error { return writePooled(to, f, pooled) })
}

// gatherAll replays every history by its preset.
func (a *app) gatherAll(ctx context.Context, f *trainFlags, histories []history, refused *refusals) (sets []train.Set, err error) {
	for _, h := range histories {
		of := *a
		of.preset = h.preset
		loaded, err := of.load(config.Files | config.Engine)
		if err != nil {
			return nil, err
		}
		g, err := of.gather(ctx, &loaded.Config, f.Config, recipe{features: risk.GenericFeatures()}, []string{h.file}, refused)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", h.file, err)
		}
		g.sorted.Close()
		g.facts.Name = h.name()
		sets = append(sets, train.Set{Samples: g.rows.Samples, Facts: &g.facts})
	}
	return sets, nil
}

func (a *app) pool(ctx context.Context, name string, sets []train.Set) (*train.Pooled, error) {
	bar := a.newProgress("fitting, rounds", false)
	defer bar.end()
	return train.Pool(ctx, name, sets, bar.shared())
}

// writePooled prints what the model is worth on histories that it does not know, and what it looks at.
func writePooled(out io.Writer, f *trainFlags, p *train.Pooled) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Asked every %v: who of those active in %v has no activity in the %v that follow? Each history, judged by a model of the others:\n", f.Every, f.Active, f.Horizon)
	fmt.Fprintf(&b, "%s\n\n%s\n", leftOutTable(p.Sets), "AUC: the chance that a user who is lost ranks above one who is not. Top tenth: its share of the lost, against all.\n"+
		"From 50 on: the share with a score of 50 or more, the share of the lost among them (recall), and their share lost against all (lift).")
	b.WriteString("\nWhat moves the score most, in log-odds on average:\n" + largestTerms(p.Terms))
	if f.out != "-" {
		fmt.Fprintf(&b, "\nWrote %s: model %s of %s and %s, fitted on all histories. Its number is a score, not a chance. It is put to work by scorer.risk.model.\n", f.out, p.Model.Name,
			counted(len(p.Model.Features), "feature"), counted(len(p.Model.Pairs), "pair"))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func leftOutTable(sets []train.LeftOut) string {
	rows := []table.Row{{"", "Rows", "Users", "Lost", "AUC", "Top tenth", "Recency alone: AUC", "From 50 on", "Recall", "Lift"}}
	for _, s := range sets {
		rows = append(rows, table.Row{
			s.Name, grouped(s.Rows), grouped(s.Users), percent(s.Lost), fmt.Sprintf("%.3f", s.Ranking.AUC), fmt.Sprintf("%.2f", s.Ranking.Lift),
			fmt.Sprintf("%.3f", s.Recency.AUC), percent(s.Flagged), fmt.Sprintf("%.2f", s.Recall), fmt.Sprintf("%.2f", s.Lift),
		})
	}
	return numberTable(rows)
}
