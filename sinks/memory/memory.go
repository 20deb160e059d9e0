// Package memory keeps what the other sinks would send away. Tests, the benchmark and a direct replay use it in their place.
package memory

import (
	"context"
	"maps"
	"slices"
	"sync"

	"winback/schemas"
)

// Triggers stands in for triggers.Producer. The zero value is ready; it is safe for concurrent use.
type Triggers struct{ kept byPartition[schemas.Trigger] }

// Deliver keeps copies.
func (t *Triggers) Deliver(ctx context.Context, partition int32, ts []schemas.Trigger) error {
	return t.kept.add(ctx, partition, ts)
}

// All returns a copy of what was delivered, each partition's triggers in order.
func (t *Triggers) All() []schemas.Trigger { return t.kept.all() }

// Partition returns a copy of what was delivered to one partition, in order.
func (t *Triggers) Partition(partition int32) []schemas.Trigger { return t.kept.of(partition) }

// DeadLetters stands in for deadletter.Producer. The zero value is ready; it is safe for concurrent use.
type DeadLetters struct {
	kept byPartition[schemas.DeadLetter]
}

// Deliver keeps them.
func (d *DeadLetters) Deliver(ctx context.Context, partition int32, ls []schemas.DeadLetter) error {
	return d.kept.add(ctx, partition, ls)
}

// All returns a copy of what was delivered, each partition's letters in order.
func (d *DeadLetters) All() []schemas.DeadLetter { return d.kept.all() }

// Partition returns a copy of what was delivered from one partition, in order.
func (d *DeadLetters) Partition(partition int32) []schemas.DeadLetter { return d.kept.of(partition) }

// Rows stands in for clickhouse.Sink. The zero value is ready; it is safe for concurrent use.
type Rows struct{ kept byPartition[schemas.Rows] }

// Insert keeps a copy.
func (r *Rows) Insert(ctx context.Context, rows *schemas.Rows) error {
	own := *rows
	own.Activity, own.Decisions, own.Triggers = slices.Clone(own.Activity), slices.Clone(own.Decisions), slices.Clone(own.Triggers)
	own.Profiles = slices.Clone(own.Profiles)
	for i := range own.Profiles {
		p := &own.Profiles[i]
		p.Tags, p.Reasons = slices.Clone(p.Tags), slices.Clone(p.Reasons)
	}
	return r.kept.add(ctx, rows.Partition, []schemas.Rows{own})
}

// All returns what was inserted, each partition's rows in order.
func (r *Rows) All() []schemas.Rows { return r.kept.all() }

// byPartition keeps a list for each partition.
type byPartition[T any] struct {
	mu    sync.Mutex
	lists map[int32][]T
}

func (k *byPartition[T]) add(ctx context.Context, partition int32, items []T) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.lists == nil {
		k.lists = make(map[int32][]T)
	}
	k.lists[partition] = append(k.lists[partition], items...)
	return nil
}

func (k *byPartition[T]) of(partition int32) []T {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.lists[partition])
}

func (k *byPartition[T]) all() []T {
	k.mu.Lock()
	defer k.mu.Unlock()
	var all []T
	for _, partition := range slices.Sorted(maps.Keys(k.lists)) {
		all = append(all, k.lists[partition]...)
	}
	return all
}
