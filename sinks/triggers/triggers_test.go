package triggers_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"winback/pipeline/embedded/embeddedtest"
	"winback/schemas"
	"winback/sinks/produce/producetest"
	"winback/sinks/triggers"
)

func trigger(user string, episode uint32) schemas.Trigger {
	return schemas.Trigger{
		ID: schemas.NewTriggerID(user, "default", episode, 1), User: user, Journey: "default", Episode: episode, Stage: 1, At: 1_772_359_200_000,
		Lifecycle: "active", Metric: "visits", Cur: 3, Base: 32, Drop: 0.625, Reason: "visits -62 % against own 28 days: 3 instead of 8", Risk: -1,
	}
}

// Many partitions deliver at once through one Producer, each to its own number.
func TestTriggersReachTheirPartitionInOrder(t *testing.T) {
	const partitions, each = 4, 500
	client := producetest.Client(t, embeddedtest.Broker(t).Addr())
	cfg := triggers.Defaults()
	cfg.MaxBytes = 10_000 // so that a delivery takes several batches
	producetest.CreateTopic(t, client, cfg.Topic, partitions)
	p := triggers.New(client, cfg, slog.New(slog.DiscardHandler))
	var want [partitions][]schemas.Trigger
	var all sync.WaitGroup
	for partition := range want {
		for i := range each {
			want[partition] = append(want[partition], trigger(fmt.Sprintf("user-%d-%d", partition, i%10), uint32(i)))
		}
		all.Go(func() {
			for half := range slices.Chunk(want[partition], each/2) {
				if err := p.Deliver(t.Context(), int32(partition), half); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for partition, records := range producetest.Read(t, client, cfg.Topic, partitions) {
		if len(records) != each {
			t.Fatalf("partition %d has %d triggers, want %d", partition, len(records), each)
		}
		for i, r := range records {
			var got schemas.Trigger
			if err := json.Unmarshal(r.Value, &got); err != nil {
				t.Fatal(err)
			}
			if got != want[partition][i] || string(r.Key) != got.User {
				t.Fatalf("partition %d trigger %d: key %q, %+v, want %+v", partition, i, r.Key, got, want[partition][i])
			}
			if len(r.Headers) != 1 || r.Headers[0].Key != "trigger-id" || string(r.Headers[0].Value) != got.ID.String() {
				t.Fatalf("headers %v", r.Headers)
			}
		}
	}
}

func TestNothingToDeliverNeedsNoBroker(t *testing.T) {
	p := triggers.New(producetest.Client(t, "127.0.0.1:1"), triggers.Defaults(), slog.New(slog.DiscardHandler))
	if err := p.Deliver(t.Context(), 0, nil); err != nil {
		t.Error(err)
	}
}

func TestATriggerThatCannotBeEncodedIsNamed(t *testing.T) {
	p := triggers.New(producetest.Client(t, "127.0.0.1:1"), triggers.Defaults(), slog.New(slog.DiscardHandler))
	bad := trigger("ann", 1)
	bad.Drop = math.NaN()
	if err := p.Deliver(t.Context(), 0, []schemas.Trigger{bad}); err == nil || !strings.Contains(err.Error(), bad.ID.String()) {
		t.Errorf("got %v", err)
	}
}

func TestValidate(t *testing.T) {
	if err := triggers.Defaults().Validate(); err != nil {
		t.Error(err)
	}
	bad := triggers.Defaults()
	bad.Topic, bad.Compression = "no spaces", "gzip"
	faults := schemas.FaultsOf(bad.Validate())
	if len(faults) != 2 || faults[0].Field != "topic" || faults[1].Field != "compression" {
		t.Errorf("faults %v", faults)
	}
}
