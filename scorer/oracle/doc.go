// Package oracle says slowly and obviously what the scorer must decide. It keeps every event, and at every border it judges every
// user from all that is known of them: no timers, no skipped borders, no memory saved, and exact arithmetic wherever a rule compares.
// The fast scorer is tested against it, on the scenario scripts in scorer/testdata/scenarios and on Random's event sequences.
//
// Only tests may import it. It shares no code with the scorer, since a shared mistake would agree with itself; of scorer/tags it takes
// what a rule's words mean, and no more.
package oracle
