package memory_test

import (
	"context"
	"errors"
	"testing"

	"winback/schemas"
	"winback/sinks/memory"
)

func TestKeepsCopiesByPartition(t *testing.T) {
	var kept memory.Triggers
	batch := []schemas.Trigger{{User: "a"}, {User: "b"}}
	for _, partition := range []int32{2, 0} {
		if err := kept.Deliver(t.Context(), partition, batch); err != nil {
			t.Fatal(err)
		}
	}
	batch[0].User = "changed"
	if all := kept.All(); len(all) != 4 || all[0].User != "a" || all[2].User != "a" {
		t.Errorf("all: %v", all)
	}
	if got := kept.Partition(2); len(got) != 2 || got[1].User != "b" || kept.Partition(1) != nil {
		t.Errorf("partition 2: %v", got)
	}
}

func TestRowsAreCopied(t *testing.T) {
	var kept memory.Rows
	rows := schemas.Rows{
		Partition: 1, Activity: []schemas.Activity{{Type: "visit"}},
		Profiles: []schemas.Profile{{User: "a", Tags: []string{"sharer"}, Reasons: []schemas.Term{{Feature: "gap"}}}},
	}
	if err := kept.Insert(t.Context(), &rows); err != nil {
		t.Fatal(err)
	}
	rows.Activity[0].Type = "changed"
	rows.Profiles[0].User, rows.Profiles[0].Tags[0], rows.Profiles[0].Reasons[0].Feature = "changed", "changed", "changed"
	all := kept.All()
	if len(all) != 1 || all[0].Partition != 1 || all[0].Activity[0].Type != "visit" {
		t.Fatalf("all: %v", all)
	}
	if p := all[0].Profiles[0]; p.User != "a" || p.Tags[0] != "sharer" || p.Reasons[0].Feature != "gap" {
		t.Errorf("profile: %v", p)
	}
}

func TestNothingIsKeptAfterTheContextHasEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var kept memory.DeadLetters
	if err := kept.Deliver(ctx, 0, []schemas.DeadLetter{{}}); !errors.Is(err, context.Canceled) || len(kept.All()) != 0 {
		t.Errorf("kept %v, error %v", kept.All(), err)
	}
}
