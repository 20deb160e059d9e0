// Package deliverytest has what tests of delivery need: journal, checkpoint and fence in memory, and a small world of one partition in
// which owners come and die. Only tests import it.
package deliverytest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"

	"winback/pipeline/delivery"
	"winback/pipeline/state"
)

// Journal keeps the entries of every partition in memory. The zero value is ready; it is safe for concurrent use.
type Journal struct {
	mu      sync.Mutex
	entries map[int32][]delivery.Entry
}

// Append adds an entry that is not the last one.
func (j *Journal) Append(_ context.Context, partition int32, e delivery.Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.entries == nil {
		j.entries = map[int32][]delivery.Entry{}
	}
	e.Advances = slices.Clone(e.Advances)
	if all := j.entries[partition]; len(all) > 0 && fmt.Sprint(all[len(all)-1]) == fmt.Sprint(e) {
		return nil
	}
	j.entries[partition] = append(j.entries[partition], e)
	return nil
}

// Last returns the last one.
func (j *Journal) Last(_ context.Context, partition int32) (e delivery.Entry, ok bool, err error) {
	all := j.Entries(partition)
	if len(all) == 0 {
		return e, false, nil
	}
	return all[len(all)-1], true, nil
}

// Entries returns all of a partition, the oldest first.
func (j *Journal) Entries(partition int32) []delivery.Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.entries[partition])
}

// Checkpoint keeps the newest snapshot of every partition in memory. It is safe for concurrent use once Restore is set.
type Checkpoint struct {
	Restore func(snapshot *bytes.Reader) (*state.Partition, error)

	mu        sync.Mutex
	prepared  map[int32]snapshot
	published map[int32]snapshot
	loads     int
}

type snapshot struct {
	at    delivery.Entry
	bytes []byte
}

// Prepare writes a snapshot.
func (c *Checkpoint) Prepare(_ context.Context, partition int32, e delivery.Entry, of *state.Partition) error {
	var b bytes.Buffer
	if err := of.Snapshot(&b); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.prepared == nil {
		c.prepared, c.published = map[int32]snapshot{}, map[int32]snapshot{}
	}
	c.prepared[partition] = snapshot{e, b.Bytes()}
	return nil
}

// Publish lets Load find it.
func (c *Checkpoint) Publish(_ context.Context, partition int32) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.published[partition] = c.prepared[partition]
	return nil
}

// Load restores it.
func (c *Checkpoint) Load(_ context.Context, partition int32) (e delivery.Entry, restored *state.Partition, ok bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.published[partition]
	if !ok {
		return e, nil, false, nil
	}
	c.loads++
	restored, err = c.Restore(bytes.NewReader(s.bytes))
	return s.at, restored, err == nil, err
}

// Loads is how often a checkpoint was found.
func (c *Checkpoint) Loads() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.loads
}

// Fence counts how often it was raised. It fences nothing: in these tests no owner before is alive.
type Fence struct {
	mu     sync.Mutex
	raised map[int32]int
}

// Raise counts.
func (f *Fence) Raise(_ context.Context, partition int32) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.raised == nil {
		f.raised = map[int32]int{}
	}
	f.raised[partition]++
	return nil
}

// Raised is how often.
func (f *Fence) Raised(partition int32) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.raised[partition]
}
