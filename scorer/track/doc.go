// Package track encodes a user's past: what each lane saw in each grain with events, as a string of bits that is read from its end.
//
// A lane is one kind of cell, defined by the caller's Schema: whether it has a sum, how that sum is written, and for how long a cell
// tells something. The package knows lanes, grains and bits, and nothing of metrics, rules or users; a user is a Head of a few bytes and
// the track's bytes, both of which the caller owns. It is used by scorer only.
//
// Reading order, from the bottom up:
//
//	schema.go      the lanes, how their sums are written, and for how long they tell something
//	cell.go        what one lane saw in one grain
//	own_day.go     the day by the user's own calendar that it lies in
//	session.go     cells that are sessions, and how an event joins or bridges them
//	code.go        how numbers become bits
//	shapes.go      the dictionary of the records' shapes
//	cursor.go      how bits become numbers
//	expiry.go      which cells no border sees any more
//	reader.go      records back from a track's end, cells in the order of time
//	writer.go      records onto a track's end
//	bit_tail.go    the same in two registers, for the one record that most events change
//	codec.go       the memory for all of it, one for a partition
//	extend.go      an event of several lanes or a session into the newest record
//	rewrite.go     the same into earlier records
//	append.go      an event of one lane into the newest record, or behind it
//	trim.go        what has expired is dropped
package track
