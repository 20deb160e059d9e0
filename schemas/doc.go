// Package schemas is the ground floor: everything that crosses a border between bytes and values. It holds the event, the
// record it came in, the trigger, the decision, the rows for ClickHouse, the dead letter, and the one type that names a fault
// in a configuration. Its folder mapping decodes foreign clickstreams; its folder clickhouse holds the tables.
//
// Everybody may import it; it imports no other room.
package schemas
