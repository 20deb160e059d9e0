package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"winback/pipeline/config"
	"winback/pipeline/direct"
	"winback/pipeline/replay"
	"winback/schemas"
)

func (a *app) replayDirect(ctx context.Context, c *config.Config, f *replayFlags, vocabulary *schemas.Vocabulary, until int64, files []string) error {
	jump, err := schemas.ParseDuration(f.maxJump)
	if err != nil {
		return usageError{fmt.Errorf("--max-jump: %w", err)}
	}
	c.State.MaxJump = jump
	engine, err := direct.New(direct.Config{Scorer: c.Scorer, Model: c.Model, State: c.PartitionState(), Until: until}, vocabulary)
	if err != nil {
		return err
	}
	decisions, err := optionalFile(f.decisions, a.stdout)
	if err != nil {
		return err
	}
	defer decisions.discard()
	scores, err := a.openScores(f, c, engine)
	if err != nil {
		return err
	}
	defer scores.discard()
	refused, err := a.newRefusals(f.deadLetters)
	if err != nil {
		return err
	}
	defer refused.file.discard()
	sorted, err := a.readFiles(ctx, c, replay.Input{Files: files, Until: until}, vocabulary, refused)
	if err != nil {
		return err
	}
	defer sorted.Close()
	if err := checkRead(sorted.Stats(), until); err != nil {
		return errors.Join(err, refused.file.commit())
	}
	flagged := newFlagged()
	result, err := a.simulate(ctx, "replaying", engine, sorted, unwatched, func(ds []schemas.Decision) error {
		flagged.add(ds)
		return writeDecisions(decisions, ds)
	})
	if err != nil {
		return err
	}
	for _, file := range []*newFile{decisions, scores, refused.file} {
		if err := file.commit(); err != nil {
			return err
		}
	}
	return a.showResult(f, sorted.Stats(), result, flagged, len(files))
}

// watch sees the events on their way into the engine.
type watch func(iter.Seq[*schemas.Event]) iter.Seq[*schemas.Event]

func unwatched(events iter.Seq[*schemas.Event]) iter.Seq[*schemas.Event] { return events }

// simulate runs the sorted events through the engine and shows how far what it does is.
func (a *app) simulate(ctx context.Context, what string, engine *direct.Engine, sorted *replay.Sorted, watched watch, emit func([]schemas.Decision) error) (direct.Result, error) {
	bar := a.newProgress(what, false)
	defer bar.end()
	events := plainEvents(sorted, func(done int64) { bar.show(done, sorted.Stats().Events) })
	result, err := engine.Run(ctx, watched(events), emit)
	if err == nil {
		err = sorted.Err()
	}
	return result, err
}

// progressEvery is how many events pass between two looks at the progress.
const progressEvery = 1 << 14

func plainEvents(sorted *replay.Sorted, report func(done int64)) iter.Seq[*schemas.Event] {
	return func(yield func(*schemas.Event) bool) {
		n := int64(0)
		for event := range sorted.Events() {
			if n++; n%progressEvery == 0 {
				report(n)
			}
			if !yield(&event.Event) {
				return
			}
		}
	}
}

// showResult prints the summary and the flagged users. As JSON lines the users have standard output for themselves.
func (a *app) showResult(f *replayFlags, s replay.Stats, r direct.Result, flagged *flagged, files int) error {
	out := a.stdout
	if f.output == outputJSON || f.decisions == "-" || f.deadLetters == "-" || f.scores == "-" {
		out = a.stderr
	}
	if _, err := io.WriteString(out, summary(s, r, flagged, files)); err != nil {
		return err
	}
	if f.output == outputJSON {
		return flagged.writeJSON(a.stdout)
	}
	width, _ := a.size()
	return flagged.writeTable(out, f.top, width)
}

func summary(s replay.Stats, r direct.Result, flagged *flagged, files int) string {
	text := describeRead(files, s) + "\n"
	if r.Events == 0 {
		return text + "No event, so nothing was decided.\n"
	}
	users := counted(r.Users, "user")
	if forgotten := r.Users - r.Kept; forgotten > 0 {
		users += fmt.Sprintf(" (%s forgotten by the end)", grouped(forgotten))
	}
	text += fmt.Sprintf("  %s to %s UTC, %s, judged up to %s\n", moment(s.First), moment(s.Last), users, moment(r.Watermark))
	if r.After > 0 {
		text += fmt.Sprintf("  %s left out, at --until or after\n", counted(r.After, "event"))
	}
	if r.Refused > 0 {
		text += fmt.Sprintf("  %s left out: behind a clock that --max-jump let move late\n", counted(r.Refused, "event"))
	}
	if r.Twice > 0 {
		text += fmt.Sprintf("  %s left out: sent again, with the id of one before (input.dedup)\n", counted(r.Twice, "event"))
	}
	if r.Forgotten > 0 {
		text += fmt.Sprintf("  %s forgotten too early to know all that were sent again: raise input.dedup.max_ids\n", counted(r.Forgotten, "event id"))
	}
	if r.Held > 0 {
		text += fmt.Sprintf("  %s more than --max-jump ahead when read: the clock waited for others to agree (state.jump_witnesses); --until moves it on\n", counted(r.Held, "event"))
	}
	return text + fmt.Sprintf("Decided: %s; %s entered, %s recovered, %s settled, %s lost, %s open\n",
		counted(r.Decisions[schemas.KindLifecycle], "lifecycle change"), grouped(r.Decisions[schemas.KindEntered]),
		grouped(r.Decisions[schemas.KindRecovered]), grouped(r.Decisions[schemas.KindSettled]), grouped(r.Decisions[schemas.KindLost]),
		grouped(flagged.open()))
}

// writeDecisions writes one decision a line to the file of --decisions, which is nil if it was not asked for.
func writeDecisions(file *newFile, ds []schemas.Decision) error {
	if file == nil {
		return nil
	}
	to := json.NewEncoder(file)
	for i := range ds {
		if err := to.Encode(&ds[i]); err != nil {
			return file.explain(err)
		}
	}
	return nil
}
