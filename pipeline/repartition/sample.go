package repartition

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"winback/pipeline/ingest"
	"winback/schemas"
	"winback/sinks/produce"
)

// placed is a key and the partition that a producer has put it in last.
type placed struct {
	key       string
	partition int32
	time      int64
}

// How many of the newest records are looked at.
const (
	samplePartitions = 64
	sampleOffsets    = 200 // of each partition
)

// sample reads where the newest keys of the topic are. Records without a key say nothing.
func (c *Copy) sample(ctx context.Context, first, last []int64) ([]placed, error) {
	newest := map[string]placed{}
	step := (len(last) + samplePartitions - 1) / samplePartitions
	for p := 0; p < len(last); p += step {
		from := max(first[p], last[p]-sampleOffsets)
		if from == last[p] {
			continue
		}
		reader := ingest.NewReader(c.conn, c.cfg.From, int32(p), from, c.cfg.fetch(1), slog.New(slog.DiscardHandler))
		err := readTo(ctx, reader, last[p], func(r *schemas.Record) {
			key := string(r.Key)
			if known, found := newest[key]; key != "" && (!found || known.time <= r.Time) {
				newest[key] = placed{key, int32(p), r.Time}
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return slices.Collect(maps.Values(newest)), nil
}

// readTo reads up to an offset, or to where records of open transactions begin.
func readTo(ctx context.Context, reader *ingest.Reader, end int64, each func(*schemas.Record)) error {
	var record schemas.Record
	for batch := range reader.Batches(ctx) {
		for batch.Read(&record) && record.Offset < end {
			each(&record)
		}
		if batch.Next >= end || batch.AtEnd() {
			return nil
		}
	}
	if err := reader.Err(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// Evidence is what the newest records say of the partitioner.
type Evidence struct {
	Keys   int      // looked at
	Fit    int      // of these, where the partitioner puts them
	Rivals []string // other partitioners that fit as many: the records cannot tell them apart
}

// enough is the share of the keys that a partitioner must fit, in percent. A test record sent with another tool must not count for more than it is.
const enough = 90

// judge compares a partitioner with where keys have been put in a topic of so many partitions. The error says which one fits better.
func judge(chosen produce.Partitioner, all []placed, partitions int) (Evidence, error) {
	evidence := Evidence{Keys: len(all)}
	if len(all) == 0 {
		return evidence, nil
	}
	fits := fitsOf(all, partitions, fitNow)
	if best(fits)*100 < enough*len(all) {
		fits = fitsOf(all, partitions, fitGrown)
	}
	names := produce.Partitioners()
	better := ""
	for i, p := range names {
		if p.Name == chosen.Name {
			evidence.Fit = fits[i]
		}
	}
	for i, p := range names {
		switch {
		case p.Name == chosen.Name:
		case fits[i] == evidence.Fit:
			evidence.Rivals = append(evidence.Rivals, p.Name)
		case fits[i] > evidence.Fit && fits[i] == best(fits):
			better = p.Name
		}
	}
	switch {
	case best(fits)*100 < enough*len(all):
		return evidence, fmt.Errorf("none of the partitioners puts the keys of the newest records where they are: %s; with a partitioner that is not known here, "+
			"users would move again as soon as the producers write to the new topic: let the producers use one of these, and then give --unchecked", shares(fits, len(all)))
	case better != "":
		return evidence, fmt.Errorf("the producers do not choose partitions by %s: the newest records are where %s puts them (%s): give --partitioner %s",
			chosen.Name, better, shares(fits, len(all)), better)
	}
	return evidence, nil
}

// shares writes how many of the keys each partitioner fits.
func shares(fits []int, keys int) string {
	var said []string
	for i, p := range produce.Partitioners() {
		said = append(said, fmt.Sprintf("%s %d", p.Name, fits[i]))
	}
	return fmt.Sprintf("of %d keys: %s", keys, strings.Join(said, ", "))
}

func best(fits []int) (most int) {
	for _, n := range fits {
		most = max(most, n)
	}
	return most
}

// fitsOf counts, for each of the partitioners, the keys that are where it puts them.
func fitsOf(all []placed, partitions int, count func(p produce.Partitioner, all []placed, partitions int) int) []int {
	var fits []int
	for _, p := range produce.Partitioners() {
		fits = append(fits, count(p, all, partitions))
	}
	return fits
}

func fitNow(p produce.Partitioner, all []placed, partitions int) (n int) {
	for _, at := range all {
		if p.Partition([]byte(at.key), int32(partitions)) == at.partition {
			n++
		}
	}
	return n
}

// fitGrown allows for partitions that have been added a short time ago: the newest records of the old ones are still from before.
func fitGrown(p produce.Partitioner, all []placed, partitions int) (most int) {
	for fewer := 1; fewer < partitions; fewer++ {
		n := 0
		for _, at := range all {
			key := []byte(at.key)
			if p.Partition(key, int32(partitions)) == at.partition || p.Partition(key, int32(fewer)) == at.partition {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}
