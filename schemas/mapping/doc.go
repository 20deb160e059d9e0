// Package mapping turns the records of a foreign clickstream into events: its own field names, event names, time formats and
// units, as JSON documents or CSV rows. A platform team describes its stream in a Config (one YAML block, most often a preset and
// a few overrides); Compile makes an immutable Mapping of it; each goroutine takes its own Decoder from the Mapping.
//
// One record or row becomes exactly one event, or is refused with one named reason; a JSON array of events, alone or in an object, is
// as many events as it has elements, each of which is read or refused by itself. Decoding does not allocate, whether it
// succeeds or refuses, but for a time read by a Go layout and the first sight of a time zone. A Decoder remembers what stood between
// the values of the JSON documents it has read, and compares that first, because most records of one producer have the same keys in the
// same order.
//
// The pipeline and the replay decode through this package; it imports schemas and no other room. docs/mapping.md is its manual.
package mapping
