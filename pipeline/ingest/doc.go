// Package ingest reads Kafka: it joins a consumer group, and hands each partition assigned to this process to a handler as a
// Session, which yields the partition's records in offset order at line rate.
//
// kafka-go's ConsumerGroup decides who reads what; the records themselves travel as raw Fetch responses through kafka-go's Transport
// (which keeps the pooling, TLS, SASL and routing), are checked against their CRC and scanned in place. They are asked for by the topic's id
// where brokers can, so that another topic of the same name is never taken for it.
//
// The pipeline calls Run. NewReader reads one partition without a group, for whoever restores, replays or measures. Connection also
// creates the topics the pipeline writes to.
package ingest
