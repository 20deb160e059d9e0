// Package feed writes a made-up clickstream to Kafka, at a set rate or as fast as the brokers take it. The harness, the demo and
// the end-to-end tests call it.
//
// It encodes record batches itself and keeps one request in flight per partition, so that on one machine it leaves the CPU to
// what is measured. It is no producer for a business: a request whose answer was lost is not sent again, it ends the feed.
package feed
