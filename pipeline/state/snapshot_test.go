package state_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"winback/pipeline/state"
	"winback/schemas"
	"winback/scorer"
	"winback/scorer/oracle"
)

// mustRestore writes a partition and reads it back, and makes sure that the copy is written as the original was.
func mustRestore(tb testing.TB, p *state.Partition, c oracle.Config, config state.Config) *state.Partition {
	tb.Helper()
	rules, vocabulary := rulesOf(tb, c)
	kept := snapshotOf(tb, p)
	restored, err := state.Restore(bytes.NewReader(kept), rules, vocabulary, config)
	if err != nil {
		tb.Fatal(err)
	}
	if !bytes.Equal(snapshotOf(tb, restored), kept) {
		tb.Fatal("a snapshot read and written again is another one")
	}
	if restored.Counts() != p.Counts() || restored.Users() != p.Users() {
		tb.Fatalf("%d users and %+v restored, want %d and %+v", restored.Users(), restored.Counts(), p.Users(), p.Counts())
	}
	return restored
}

func snapshotOf(tb testing.TB, p *state.Partition) []byte {
	tb.Helper()
	var kept bytes.Buffer
	if err := p.Snapshot(&kept); err != nil {
		tb.Fatal(err)
	}
	return kept.Bytes()
}

// someState is a partition in the middle of random users' lives, and its snapshot.
func someState(tb testing.TB, name string) (oracle.Config, []byte) {
	tb.Helper()
	c := configs()[name]
	rules, vocabulary := rulesOf(tb, c)
	p, err := state.New(rules, vocabulary, state.Defaults())
	if err != nil {
		tb.Fatal(err)
	}
	var out state.Outbox
	for i, a := range oracle.Random(rand.New(rand.NewPCG(5, 5)), c, 12, 60) {
		e := eventOf(vocabulary, a)
		e.ID = uint64(i)
		p.Add(&e, &out)
	}
	return c, snapshotOf(tb, p)
}

// TestATornOrDamagedSnapshotIsAnError cuts a snapshot at many places and turns bits of it over.
func TestATornOrDamagedSnapshotIsAnError(t *testing.T) {
	c, kept := someState(t, "short")
	rules, vocabulary := rulesOf(t, c)
	read := func(b []byte) error {
		_, err := state.Restore(bytes.NewReader(b), rules, vocabulary, state.Defaults())
		return err
	}
	if err := read(kept); err != nil {
		t.Fatal(err)
	}
	rng, tried := rand.New(rand.NewPCG(1, 1)), 0
	for at := 0; at < len(kept); at += 1 + rng.IntN(1+len(kept)/400) {
		if err := read(kept[:at]); err == nil || !strings.Contains(err.Error(), "torn") {
			t.Fatalf("torn after %d of %d bytes: %v", at, len(kept), err)
		}
		damaged := slices.Clone(kept)
		damaged[at] ^= 1 << rng.IntN(8)
		if read(damaged) == nil {
			t.Fatalf("a bit of byte %d of %d turned over, and no error", at, len(kept))
		}
		tried++
	}
	if read(append(slices.Clone(kept), 0)) == nil {
		t.Error("a byte too many, and no error")
	}
	t.Logf("%d bytes, %d places", len(kept), tried)
}

// TestASnapshotOfOtherRulesIsRefused says what has changed.
func TestASnapshotOfOtherRulesIsRefused(t *testing.T) {
	c, kept := someState(t, "defaults")
	longer, named, scored := c, c, c
	longer.NewUnder += c.Grain
	named.Metrics = slices.Clone(c.Metrics)
	named.Metrics[1].Types = []string{"watch"}
	scored.Model = ""
	for want, other := range map[string]oracle.Config{"configuration": longer, "rules": named, "model": scored} {
		rules, vocabulary := rulesOf(t, other)
		_, err := state.Restore(bytes.NewReader(kept), rules, vocabulary, state.Defaults())
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "rebuild") {
			t.Errorf("a snapshot of another %s: %v", want, err)
		}
	}
	rules, vocabulary := rulesOf(t, c)
	if _, err := state.Restore(strings.NewReader(strings.Repeat("winback ", 1000)), rules, vocabulary, state.Defaults()); err == nil {
		t.Error("any text will do as a snapshot")
	}
	if _, err := state.Restore(bytes.NewReader(kept), rules, vocabulary, state.Config{}); err == nil {
		t.Error("settings are not looked at")
	}
}

// TestAnEmptyPartitionIsRestoredEmpty has neither users nor a clock.
func TestAnEmptyPartitionIsRestoredEmpty(t *testing.T) {
	p, _ := newPartition(t, state.Defaults())
	restored := mustRestore(t, p, configs()["defaults"], state.Defaults())
	if _, started := restored.Watermark(); started || restored.Users() != 0 {
		t.Fatal("an empty partition is no longer empty")
	}
}

func newOf(tb testing.TB, rules *scorer.Rules, vocabulary *schemas.Vocabulary) *state.Partition {
	tb.Helper()
	p, err := state.New(rules, vocabulary, state.Config{Lateness: 5 * schemas.Minute, Journey: "winback"})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}
