package clickhouse

import (
	"math"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"winback/schemas"
)

// column puts one field of the rows R into a column of a block.
type column[R any] struct {
	name   string
	put    func(*scratch, driver.BatchColumn, []R, *schemas.Rows) error
	encode func(s *scratch, to []byte, row *R) []byte // appends the value that is stored, for the digest; nil if all rows of an insert have the same value
}

// scratch holds the slices that carry a column's values to clickhouse-go, which copies them: one of each type, used for column
// after column and insert after insert.
type scratch struct {
	texts    []string
	ints     []int64
	uints    []uint64
	counts   []uint32
	floats   []float64
	flags    []uint8
	optional []*float64
	words    map[string]any
	row      []byte // one row's values, for the digest
}

func newScratch() *scratch { return &scratch{words: make(map[string]any)} }

func texts(s *scratch) *[]string   { return &s.texts }
func ints(s *scratch) *[]int64     { return &s.ints }
func uints(s *scratch) *[]uint64   { return &s.uints }
func counts(s *scratch) *[]uint32  { return &s.counts }
func floats(s *scratch) *[]float64 { return &s.floats }
func flags(s *scratch) *[]uint8    { return &s.flags }

// plain is a column of ClickHouse's type for T.
func plain[R any, T value](name string, buffer func(*scratch) *[]T, get func(*R) T) column[R] {
	put := func(s *scratch, to driver.BatchColumn, rows []R, _ *schemas.Rows) error {
		values := buffer(s)
		*values = (*values)[:0]
		for i := range rows {
			*values = append(*values, get(&rows[i]))
		}
		return to.Append(*values)
	}
	return column[R]{name, put, func(_ *scratch, to []byte, row *R) []byte { return appendValue(to, get(row)) }}
}

// optional is a Nullable(Float64) column: nil is NULL.
func optional[R any](name string, get func(*R) *float64) column[R] {
	put := func(s *scratch, to driver.BatchColumn, rows []R, _ *schemas.Rows) error {
		defer func() { clear(s.optional) }() // they point into rows, which scratch outlives
		s.optional = s.optional[:0]
		for i := range rows {
			s.optional = append(s.optional, get(&rows[i]))
		}
		return to.Append(s.optional)
	}
	return column[R]{name, put, func(_ *scratch, to []byte, row *R) []byte { return appendOptional(to, get(row)) }}
}

// lists is an Array column. get appends a row's elements to the empty slice it is given.
func lists[R any, T value](name string, buffer func(*scratch) *[]T, get func(r *R, to []T) []T) column[R] {
	put := func(s *scratch, to driver.BatchColumn, rows []R, _ *schemas.Rows) error {
		values := buffer(s)
		for i := range rows {
			*values = get(&rows[i], (*values)[:0])
			if err := to.AppendRow(*values); err != nil {
				return err
			}
		}
		return nil
	}
	return column[R]{name, put, func(s *scratch, to []byte, row *R) []byte {
		values := buffer(s)
		*values = get(row, (*values)[:0])
		return appendList(to, *values)
	}}
}

// seconds is a DateTime column, which clickhouse-go fills from seconds.
func seconds[R any](name string, get func(*R) int64) column[R] {
	const last = 1<<32 - 1
	return plain(name, ints, func(r *R) int64 { return min(max(get(r)/1000, 0), last) })
}

// milliseconds is a DateTime64(3) column, which clickhouse-go fills from milliseconds.
func milliseconds[R any](name string, get func(*R) int64) column[R] {
	return plain(name, ints, func(r *R) int64 { return clampMilliseconds(get(r)) })
}

// clampMilliseconds keeps a time within what DateTime64 and clickhouse-go, which counts nanoseconds, can hold, 1900 to 2262.
// They would turn others into nonsense.
func clampMilliseconds(t int64) int64 {
	const first, last = -2_208_988_800_000, math.MaxInt64 / 1_000_000
	return min(max(t, first), last)
}

// words is a LowCardinality(String) column. clickhouse-go takes its values one by one as any: boxing each word once saves an
// allocation a row.
func words[R any](name string, get func(*R) string) column[R] {
	put := func(s *scratch, to driver.BatchColumn, rows []R, _ *schemas.Rows) error {
		for i := range rows {
			if err := to.AppendRow(s.box(get(&rows[i]))); err != nil {
				return err
			}
		}
		return nil
	}
	return column[R]{name, put, func(_ *scratch, to []byte, row *R) []byte { return appendValue(to, get(row)) }}
}

// maxBoxes bounds what a stream of ever new words could make box hold.
const maxBoxes = 4096

func (s *scratch) box(word string) any {
	boxed, ok := s.words[word]
	if !ok {
		if len(s.words) >= maxBoxes {
			clear(s.words)
		}
		boxed = word
		s.words[word] = boxed
	}
	return boxed
}

// origin is a column with the same value in all rows.
func origin[R any](name string, get func(*schemas.Rows) any) column[R] {
	put := func(_ *scratch, to driver.BatchColumn, rows []R, from *schemas.Rows) error {
		value := get(from)
		for range rows {
			if err := to.AppendRow(value); err != nil {
				return err
			}
		}
		return nil
	}
	return column[R]{name: name, put: put}
}
