// Package load makes the clickstream of a made-up population: the same seed makes the same stream, byte by byte. It feeds the
// benchmarks, the demo and the end-to-end tests, which know by Pattern what truly happened to whom and by Fault what is wrong
// with a record.
//
// Sessions start as one Poisson process for all users together: a candidate's user is drawn by an alias table in proportion to
// the users' own rates, and kept with the probability that the user's local hour, weekday and pattern leave. So no state is kept
// for a user, except for the table's eight bytes, and the stream comes out in event-time order without sorting.
//
// Nothing here reads a clock or does I/O.
package load
