// Package oracle says slowly and obviously what the scorer must decide. It keeps every event, and at every border it judges every
// user from their whole history: no timers, no skipped borders, no forgetting, and exact arithmetic wherever a rule compares. The
// fast scorer is tested against it, on the scenario scripts in scorer/testdata/scenarios and on Random's event sequences.
//
// Only tests may import it. It shares no code with the scorer, since a shared mistake would agree with itself.
package oracle
