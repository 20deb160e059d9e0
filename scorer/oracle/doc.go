// Package oracle says slowly and obviously what the scorer must decide, and when a partition's watermark passes a border. It keeps every event,
// and at every border it judges every user from all that is known of them: no timers, no skipped borders, no memory saved, and exact arithmetic
// wherever a rule compares. The fast scorer is tested against it, on the scenario scripts in scorer/testdata/scenarios and on the event sequences
// of Random, Disorder and BreakClocks.
//
// Only tests may import it. It shares no code with the scorer, since a shared mistake would agree with itself: it reads tags by a parser of its
// own, and P(alive) by the likelihood that the model is defined by. It reads model files by structs of its own, and their features by a
// parser of its own, from the events. One thing it does not prove: the turn at which a user is assessed, and the hour at which the model is asked
// about them, follow from xxhash of their id here as there.
package oracle
