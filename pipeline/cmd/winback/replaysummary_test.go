package main

import (
	"strings"
	"testing"

	"winback/pipeline/direct"
	"winback/pipeline/replay"
)

func TestTheSummaryNamesWhatDidNotCountAndWhatTheClockDidNotFollow(t *testing.T) {
	got := summary(replay.Stats{Events: 31}, direct.Result{Events: 21, Users: 3, Twice: 10, Held: 2, Forgotten: 1}, newFlagged(), 1)
	for _, want := range []string{
		"  10 events left out: sent again, with the id of one before (input.dedup)\n",
		"  1 event id forgotten too early to know all that were sent again: raise input.dedup.max_ids\n",
		"  2 events more than --max-jump ahead when read: the clock waited for others to agree (state.jump_witnesses); --until moves it on\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing from %q", want, got)
		}
	}
	plain := summary(replay.Stats{Events: 31}, direct.Result{Events: 31, Users: 3}, newFlagged(), 1)
	if strings.Contains(plain, "sent again") || strings.Contains(plain, "--max-jump") || strings.Contains(plain, "max_ids") {
		t.Errorf("nothing of the kind happened: %q", plain)
	}
}
