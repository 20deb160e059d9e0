package clickhouse

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/cespare/xxhash/v2"

	"winback/schemas"
)

// token names the block of rows that a table gets. Two blocks have the same token if, and only if, they have the same place in the
// input (topic, partition, offsets and watermark), belong to the same build, and have the same rows, in whatever order.
//
// The place alone does not do: while the users due at one border are judged over several inserts, offsets and watermark stand still
// and the rows differ. A counter beside it does not do either: after a restart the rows are cut into inserts in other places, and
// the second insert of one run would pass for the second one of the other. The rows alone would do, but for those of progress,
// which are little but a place. The build is part of it because a rebuild finds the same rows again, and means to store them: the
// ones before may have been deleted.
func (t *table) token(s *scratch, rows *schemas.Rows) string {
	return fmt.Sprintf("%s/%s/%d/%d-%d@%d#%d-%016x of %s since %d",
		t.name, rows.Topic, rows.Partition, rows.From, rows.To, rows.Watermark, t.count(rows), t.digest(s, rows), rows.Build.Name, rows.Build.Began)
}

// digest adds up the rows' hashes, so that it does not depend on their order. A row's hash is of the values that its columns store.
func digest[R any](s *scratch, columns []column[R], rows []R) (sum uint64) {
	for i := range rows {
		row := s.row[:0]
		for c := range columns {
			if encode := columns[c].encode; encode != nil {
				row = encode(s, row, &rows[i])
			}
		}
		sum += xxhash.Sum64(row)
		s.row = row
	}
	return sum
}

// value is what a column can hold.
type value interface {
	string | int64 | uint64 | uint32 | uint8 | float64
}

// appendValue writes a value so that no two rows of the same columns look alike: numbers in as many bytes as their type has, strings
// behind their length.
func appendValue[T value](to []byte, v T) []byte {
	switch v := any(v).(type) {
	case string:
		return append(binary.AppendUvarint(to, uint64(len(v))), v...)
	case int64:
		return binary.LittleEndian.AppendUint64(to, uint64(v))
	case uint64:
		return binary.LittleEndian.AppendUint64(to, v)
	case uint32:
		return binary.LittleEndian.AppendUint32(to, v)
	case uint8:
		return append(to, v)
	case float64:
		return binary.LittleEndian.AppendUint64(to, math.Float64bits(v))
	}
	panic(fmt.Sprintf("clickhouse: a column of %T has no digest: add it to appendValue", v))
}

func appendOptional(to []byte, v *float64) []byte {
	if v == nil {
		return append(to, 0)
	}
	return appendValue(append(to, 1), *v)
}

func appendList[T value](to []byte, list []T) []byte {
	to = binary.AppendUvarint(to, uint64(len(list)))
	for _, v := range list {
		to = appendValue(to, v)
	}
	return to
}
