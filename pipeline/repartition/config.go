package repartition

import (
	"winback/pipeline/ingest"
	"winback/schemas"
	"winback/sinks/events"
	"winback/sinks/produce"
)

// Config says what is copied where.
type Config struct {
	From        string // the topic that is copied
	To          string // the topic that is made; one that exists must be empty
	Partitions  int    // of the new topic; 0: as many as From has, or as To has if it exists
	Partitioner string // how the producers choose partitions: the name of one of produce.Partitioners
	Unchecked   bool   // do not compare the partitioner with what the producers have done
	Follow      bool   // go on copying what is produced until told to stop

	Fetch ingest.FetchConfig // how a partition is read
	Topic ingest.TopicConfig // how To is made, where From has no settings of its own
}

// maxPartitions bounds what is asked of a broker: more is a slip of the finger.
const maxPartitions = 10_000

// Validate reports every fault.
func (c Config) Validate() error {
	var faults schemas.Faults
	topic := events.Defaults().TopicConfig
	topic.Topic = c.To
	for _, f := range schemas.FaultsOf(topic.Validate()) {
		faults.Add("to", "%s", f.Problem)
	}
	if c.To == c.From {
		faults.Add("to", "%s is the topic that is copied: name another", c.To)
	}
	if c.Partitions < 0 || c.Partitions > maxPartitions {
		faults.Add("partitions", "%d: use 1 to %d, or 0 for as many as %s has", c.Partitions, maxPartitions, c.From)
	}
	if _, err := produce.PartitionerNamed(c.Partitioner); err != nil {
		faults.Add("partitioner", "%v", err)
	}
	faults.Under("fetch", c.Fetch.Validate())
	return faults.Err()
}

// What all partitions together may hold in memory: what has been fetched, and what is on its way to the new topic.
const (
	fetchMemory = 96 << 20
	sendMemory  = 64 << 20
)

// fetch is how each of so many partitions is read. A partition holds up to three responses.
func (c Config) fetch(partitions int) ingest.FetchConfig {
	f := c.Fetch
	f.MaxBytes = max(64<<10, min(f.MaxBytes, fetchMemory/(3*partitions)))
	return f
}

// send is how each of so many partitions is written. A partition holds up to two batches.
func (c Config) send(partitions int) events.Config {
	to := events.Defaults()
	to.Topic, to.Partitions = c.To, int32(partitions)
	to.BatchBytes = max(16<<10, min(to.BatchBytes, sendMemory/(2*partitions)))
	return to
}
