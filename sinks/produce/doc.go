// Package produce is the one way records leave for Kafka: it encodes record batches, sends them with acks=all to a given
// partition, one at a time, and repeats them until the leader has them. What is sent again after an ambiguous failure (a
// connection lost before the answer) may be in the log twice: whoever reads must recognise it, by a trigger's id for one.
//
// The sinks triggers, deadletter and events are made of it; pipeline/repartition asks it how producers choose partitions. Nobody else
// calls it.
package produce
