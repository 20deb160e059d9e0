package mapping

import (
	"bytes"
	"errors"
	"strings"

	"winback/schemas"
)

// Header names the columns of the CSV rows that follow, from a file's first line. It must be called before Decode unless the
// Config lists Columns; for JSON it is an error. The error holds a schemas.Fault for every entry whose column is missing, and
// names the columns that exist.
func (d *Decoder) Header(line []byte) error {
	if d.m.root != nil {
		return errors.New("a JSON mapping takes no header; set format: csv")
	}
	names, err := d.m.headerNames(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")))
	if err != nil {
		return err
	}
	columns, err := d.m.bind(names)
	if err != nil {
		return err
	}
	d.columns = columns
	return nil
}

// headerNames cuts a header row into names.
func (m *Mapping) headerNames(line []byte) ([]string, error) {
	line = bytes.TrimRight(line, "\r\n")
	var names []string
	for i := 0; ; {
		v, next, problem := csvField(line, i, m.delimiter, m.quotes)
		if problem != "" {
			return nil, errors.New("the header row: " + problem)
		}
		name := string(line[v.start:v.end])
		if v.kind == kindQuoted {
			name = strings.ReplaceAll(name, `""`, `"`)
		}
		names = append(names, name)
		if next < 0 {
			return names, nil
		}
		i = next
	}
}

// bind returns the slot of every column, -1 for those not read.
func (m *Mapping) bind(names []string) ([]int, error) {
	columns := make([]int, len(names))
	found := make([]bool, len(m.paths))
	var faults schemas.Faults
	for i, name := range names {
		columns[i] = m.slotOf(name)
		if slot := columns[i]; slot >= 0 {
			if found[slot] {
				faults.Add("columns", "%q stands there twice; rename one", name)
			}
			found[slot] = true
		}
	}
	for _, need := range m.needs {
		if !need.met(found) {
			faults.Add(need.field, "no column %s; there are %s", quoteAll(need.paths), strings.Join(names, ", "))
		}
	}
	return columns, faults.Err()
}

// slotOf returns the slot of a column's name, or -1.
func (m *Mapping) slotOf(name string) int {
	for slot := firstSlot; slot < len(m.paths); slot++ {
		if m.paths[slot] == name {
			return slot
		}
	}
	return -1
}

// row reads one CSV row into the slots of the columns it holds, or notes the fault.
func (d *Decoder) row(s []byte) schemas.Reason {
	if d.columns == nil {
		return d.malformed(0, "no header was read; list the columns in the mapping")
	}
	if s = trimNewline(s); len(s) == 0 {
		return d.malformed(0, "an empty value")
	}
	i, delimiter, quotes := 0, d.m.delimiter, d.m.quotes
	for column, slot := range d.columns {
		if i < 0 {
			return d.wrongColumns(column)
		}
		v, next, problem := csvField(s, i, delimiter, quotes)
		if problem != "" {
			return d.malformed(i, problem)
		}
		if slot >= 0 {
			d.values[slot] = v
		}
		i = next
	}
	if i >= 0 {
		return d.wrongColumns(len(d.columns) + 1)
	}
	return schemas.Accepted
}

// quotes is what a double quote means in CSV.
type quotes uint8

const (
	quotesSpan quotes = iota // QuotesRFC4180
	quotesLine               // the same within a line, and text where it cannot be that
	quotesNone               // QuotesNone
)

// quotesOf returns what quotes mean with an option and a delimiter.
func quotesOf(option string, delimiter byte) quotes {
	switch {
	case option == QuotesNone:
		return quotesNone
	case option == "" && delimiter == '\t':
		return quotesLine
	}
	return quotesSpan
}

// csvField reads the field that begins at i. next is where the following one begins, -1 at the row's end.
func csvField(s []byte, i int, delimiter byte, quotes quotes) (v value, next int, problem string) {
	if i < len(s) && s[i] == '"' && quotes != quotesNone {
		return csvOpened(s, i, delimiter, quotes)
	}
	end := i
	for ; end < len(s) && s[end] != delimiter; end++ {
		if s[end] == '\n' {
			return v, -1, "a line break outside quotes"
		}
	}
	v = value{start: int32(i), end: int32(end), kind: kindText}
	if end == i {
		v.kind = kindNull
	}
	if end == len(s) {
		return v, -1, ""
	}
	return v, end + 1, ""
}

// csvOpened reads the field that begins with the quote at i.
func csvOpened(s []byte, i int, delimiter byte, quotes quotes) (v value, next int, problem string) {
	v, next, problem = csvQuoted(s, i+1, delimiter)
	if problem != "" && quotes == quotesLine {
		return csvField(s, i, delimiter, quotesNone)
	}
	return v, next, problem
}

// csvQuoted reads the field whose opening quote is before i.
func csvQuoted(s []byte, i int, delimiter byte) (v value, next int, problem string) {
	v = value{start: int32(i), kind: kindText}
	for {
		n := bytes.IndexByte(s[i:], '"')
		if n < 0 {
			return v, -1, "a quoted field is not closed; set quotes: none if no quote opens a field"
		}
		if i += n + 1; i == len(s) || s[i] != '"' {
			break
		}
		v.kind = kindQuoted
		i++
	}
	v.end = int32(i - 1)
	if v.start == v.end {
		v.kind = kindNull
	}
	if i == len(s) {
		return v, -1, ""
	}
	if s[i] != delimiter {
		return v, -1, "something follows a closing quote; double a quote that is part of the text, or set quotes: none if no quote opens a field"
	}
	return v, i + 1, ""
}

// trimNewline takes one line break off the end.
func trimNewline(s []byte) []byte {
	s = bytes.TrimSuffix(s, []byte("\n"))
	return bytes.TrimSuffix(s, []byte("\r"))
}
