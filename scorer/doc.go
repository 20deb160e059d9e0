// Package scorer is the pure core: metrics over sliding windows, the drop against the user's own past, lifecycle and episodes.
// It has no I/O, no clock, no randomness, no goroutine and no lock; it imports the standard library and schemas only.
//
// Step adds one event to one user; Judge looks at one user at one border and returns what became true there, as a value. The
// caller (pipeline/state, tests) owns the memory: a user is a User of fixed size and a slice of Cells, neither holds a pointer.
//
// Times inside are grain numbers: grain i covers [i*Grain, (i+1)*Grain), border i is its beginning. What a user's state is at
// border h follows from cells before h alone; cells at h and after it may already be there and are passed over.
package scorer
