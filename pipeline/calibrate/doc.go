// Package calibrate finds from a history which settings fit it: after how many days of silence hardly anybody returns, against which past a
// drop tells most of who is about to leave, how long a user is new, and how late events come. What a history cannot tell is said, with how
// much would be needed.
//
// It does no I/O: cmd/winback reads the files, runs the engine of pipeline/direct and writes the settings (`winback calibrate`).
package calibrate
