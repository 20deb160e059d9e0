package mapping

import (
	"bufio"
	"io"
)

// NeedsHeader reports whether a file's first row names the columns and must be given to Decoder.Header: CSV without Config.Columns.
func (m *Mapping) NeedsHeader() bool { return false }

// NewScanner cuts a file into the values of records: lines of NDJSON, or CSV rows, whose quoted fields may hold line breaks. Blank
// lines are left out. A row longer than Config.MaxBytes is cut short so that Decode refuses it as oversized, and reading
// goes on behind it; the Scanner's only errors are the reader's.
func (m *Mapping) NewScanner(r io.Reader) *bufio.Scanner { return bufio.NewScanner(r) }
