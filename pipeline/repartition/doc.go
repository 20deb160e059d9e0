// Package repartition writes a topic of events anew, into a topic with another number of partitions, so that all of a user's events lie
// in one partition again after partitions have been added to the topic they are in.
//
// Every record that a consumer would read is copied with its key, value, headers and timestamp, to the partition that the producers
// themselves would choose. The partitions are merged in the order of the events' own times, so that nothing in a new partition is late
// that was not late before. A copy is made in rounds, each up to the ends that the partitions had when it began; Follow goes on with
// rounds until it is told to stop.
//
// In reading order: copy.go is the whole course, topic.go how the new topic is made, sample.go whether the partitioner is the producers'
// own, merge.go and source.go the order.
//
// cmd/winback calls it.
package repartition
