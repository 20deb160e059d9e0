package demo

import (
	"fmt"
	"strings"
	"time"

	"winback/pipeline"
	"winback/schemas"
	"winback/scorer"
)

// Snapshot is everything the view shows.
type Snapshot struct {
	Day, Days  int
	At         int64   // event time reached, Unix milliseconds
	Sent       int64   // records handed to Kafka
	Rate       float64 // records a second, of late
	Partitions []pipeline.Status
	Triggers   int64 // read back from the topic
	Topic      string
	Latest     []schemas.Trigger
	Tables     Tables // read back from ClickHouse
}

// totals adds the partitions up.
type totals struct {
	events, late, flagged uint64
	users                 int
	lag                   int64
	lifecycle             [scorer.States]uint64
	refused               [schemas.ReasonCount]uint64
}

func (s *Snapshot) totals() (t totals) {
	for i := range s.Partitions {
		p := &s.Partitions[i]
		t.events += p.Counts.Events
		t.late += p.Counts.Late
		t.flagged += p.PreChurn
		t.users += p.Users
		t.lag += max(0, p.Lag)
		for state, n := range p.Lifecycle {
			t.lifecycle[state] += n
		}
		for reason, n := range p.Refused {
			t.refused[reason] += n
		}
	}
	return t
}

// Line says it all in one line, for a log.
func (s *Snapshot) Line() string {
	t := s.totals()
	return fmt.Sprintf("day %d of %d: %s events, %s users, %s flagged now; %s triggers on %s; ClickHouse holds %s events and %s decisions",
		s.Day, s.Days, grouped(t.events), grouped(uint64(t.users)), grouped(t.flagged), grouped(uint64(s.Triggers)), s.Topic,
		grouped(s.Tables.Events), grouped(s.Tables.all()))
}

func (t *Tables) all() (n uint64) {
	for _, one := range t.Decisions {
		n += one
	}
	return n
}

// View says it in full, a line each, no line longer than width (0 is unlimited).
func (s *Snapshot) View(width int) string {
	t := s.totals()
	d := s.Tables.Decisions
	lines := []string{
		fmt.Sprintf("Winback: a clickstream made up, day %d of %d, %s UTC", s.Day, s.Days, moment(s.At)),
		"",
		fmt.Sprintf("  Kafka in      %s events of %s partitions, %s a second, %s waiting",
			grouped(t.events), grouped(uint64(len(s.Partitions))), grouped(uint64(s.Rate)), grouped(uint64(t.lag))),
		fmt.Sprintf("  Users         %s: %s", grouped(uint64(t.users)), lifecycleLine(t.lifecycle)),
		fmt.Sprintf("  Slipping      %s now; %s entered, %s recovered, %s settled, %s lost", grouped(t.flagged),
			grouped(d[schemas.KindEntered]), grouped(d[schemas.KindRecovered]), grouped(d[schemas.KindSettled]), grouped(d[schemas.KindLost])),
		fmt.Sprintf("  Recall        %s triggers, read back from topic %s", grouped(uint64(s.Triggers)), s.Topic),
		fmt.Sprintf("  ClickHouse    %s events, %s decisions, %s triggers, read back", grouped(s.Tables.Events), grouped(s.Tables.all()), grouped(s.Tables.Triggers)),
		"  Dead letters  " + refusedLine(t.refused),
		"",
		"  Latest recalls",
	}
	for _, trigger := range s.Latest {
		at := time.UnixMilli(trigger.At).UTC().Format("01-02 15:04")
		lines = append(lines, fmt.Sprintf("    %s  %s  %s", at, trigger.User, trigger.Reason))
	}
	if len(s.Latest) == 0 {
		lines = append(lines, "    none yet: a user is judged by their own past, which takes weeks")
	}
	for range showLatest - max(1, len(s.Latest)) {
		lines = append(lines, "")
	}
	for i, line := range lines {
		lines[i] = cut(line, width)
	}
	return strings.Join(lines, "\n") + "\n"
}

func lifecycleLine(counts [scorer.States]uint64) string {
	silent := counts[scorer.SilentLight] + counts[scorer.SilentModerate] + counts[scorer.SilentHeavy]
	return fmt.Sprintf("%s new, %s active, %s casual, %s silent, %s churned",
		grouped(counts[scorer.New]), grouped(counts[scorer.Active]), grouped(counts[scorer.Casual]), grouped(silent), grouped(counts[scorer.Churned]))
}

func refusedLine(refused [schemas.ReasonCount]uint64) string {
	var parts []string
	for _, reason := range schemas.Reasons() {
		if n := refused[reason]; n > 0 {
			parts = append(parts, grouped(n)+" "+reason.String())
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

func cut(line string, width int) string {
	if runes := []rune(line); width > 1 && len(runes) >= width {
		return string(runes[:width-2]) + "…"
	}
	return line
}

func moment(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04") }

// grouped writes 1234567 as 1,234,567.
func grouped(n uint64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
