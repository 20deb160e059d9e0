package pipeline_test

import (
	"slices"
	"testing"

	"winback/pipeline"
	"winback/sinks/events"
	"winback/sinks/memory"
)

// write puts one record into partition 0.
func (b *bed) write(t *testing.T, value string) {
	t.Helper()
	out := events.Defaults()
	out.Topic, out.Partitions = input, 1
	producer := events.New(b.connection.Client(), out, b.parts.Log)
	must(t, producer.Send(t.Context(), []byte("anna"), []byte(value), 0))
	must(t, producer.Close(t.Context()))
}

// TestEveryDeadLetterOnce refuses records one by one, while the worker goes on, and over a restart.
func TestEveryDeadLetterOnce(t *testing.T) {
	b := emptyBed(t)
	var letters memory.DeadLetters
	for range 2 {
		parts := b.parts
		parts.Triggers, parts.DeadLetters, parts.Rows = &memory.Triggers{}, &letters, &memory.Rows{}
		p, err := pipeline.New(b.config, parts)
		must(t, err)
		ready, left := caughtUp(p), 3
		must(t, b.run(t, p, func() bool {
			if !ready() || len(letters.All()) < b.events {
				return false
			}
			if left == 0 {
				return true
			}
			b.write(t, "not JSON")
			b.events, left = b.events+1, left-1
			return false
		}))
	}
	var offsets []int64
	for _, l := range letters.Partition(0) {
		offsets = append(offsets, l.Offset)
	}
	if want := []int64{0, 1, 2, 3, 4, 5}; !slices.Equal(offsets, want) {
		t.Errorf("dead letters of offsets %v, want %v", offsets, want)
	}
}
