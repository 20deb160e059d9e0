// Package endtoend holds one suite that runs the whole pipeline on a real broker and a real ClickHouse: members of the group join,
// leave and are killed while events flow, and what comes out must be exactly what follows from the events. `make test` runs it on
// the embedded broker, `make test-kafka` on Apache Kafka and with a million events.
//
// There is nothing to import here.
package endtoend
