// Package replay reads files of events, whatever order their lines are in, and gives the events back in event-time order; events of
// the same time keep the order of the files and their lines. Files are CSV, NDJSON, JSON arrays or
// Parquet as a mapping says, plain or packed with gzip or zstd.
//
// What does not fit into memory is sorted in runs on disk and merged. The runs live in one temporary file that has no name, so
// nothing is left behind however the process ends.
//
// cmd/winback calls it.
package replay
