// Package delivery is the one place where the order of things matters that leave a partition: triggers, dead letters, rows, and the
// commit after them. The protocol is written at Epoch. Its core (protocol.go) decides without I/O what may happen when; Driver does the I/O in that
// order, through Outputs.
//
// It knows nothing of Kafka, ClickHouse or the clock. The pipeline calls it, one Driver for each partition it owns.
package delivery
