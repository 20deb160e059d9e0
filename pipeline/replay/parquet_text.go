package replay

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// leafText appends a value as text, as a mapping reads it.
type leafText func(dst []byte, v parquet.Value) ([]byte, textForm)

type textForm bool

const (
	plainText textForm = false // goes into quotes in JSON
	jsonText  textForm = true  // is JSON as it is; empty for null
)

// Layouts of times. One without a zone is read by the mapping's time.zone.
const (
	utcLayout   = "2006-01-02T15:04:05.999999999Z07:00"
	localLayout = "2006-01-02T15:04:05.999999999"
	clockLayout = "15:04:05.999999999"
)

// newLeafText chooses how a column's values are written, by its logical type, or by the converted type that older files have instead.
func newLeafText(e *format.SchemaElement) leafText {
	switch t := e.LogicalType.Value.(type) {
	case *format.DecimalType:
		return decimalText(int(t.Scale))
	case *format.DateType:
		return dateText
	case *format.TimestampType:
		if t.IsAdjustedToUTC {
			return timeText(unitOf(t.Unit), utcLayout)
		}
		return timeText(unitOf(t.Unit), localLayout)
	case *format.TimeType:
		return timeText(unitOf(t.Unit), clockLayout)
	case *format.IntType:
		return integerText(t.IsSigned)
	case *format.JsonType:
		return jsonColumnText
	case *format.UUIDType:
		return uuidText
	case *format.Float16Type:
		return halfText
	case nil:
		return convertedText(e)
	}
	return physicalText
}

func convertedText(e *format.SchemaElement) leafText {
	if !e.ConvertedType.Valid {
		return physicalText
	}
	switch e.ConvertedType.V {
	case deprecated.Decimal:
		return decimalText(int(e.Scale.V))
	case deprecated.Date:
		return dateText
	case deprecated.TimestampMillis:
		return timeText(time.Millisecond, utcLayout)
	case deprecated.TimestampMicros:
		return timeText(time.Microsecond, utcLayout)
	case deprecated.TimeMillis:
		return timeText(time.Millisecond, clockLayout)
	case deprecated.TimeMicros:
		return timeText(time.Microsecond, clockLayout)
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		return integerText(false)
	case deprecated.Json:
		return jsonColumnText
	}
	return physicalText
}

func unitOf(u format.TimeUnit) time.Duration {
	if u.Value == nil {
		return time.Microsecond
	}
	return u.Value.Duration()
}

// physicalText writes values of no logical type. Bytes are text if they can be: some writers do not say which of their bytes are text.
func physicalText(dst []byte, v parquet.Value) ([]byte, textForm) {
	switch v.Kind() {
	case parquet.Boolean:
		return strconv.AppendBool(dst, v.Boolean()), jsonText
	case parquet.Int32, parquet.Int64:
		return integerText(true)(dst, v)
	case parquet.Int96:
		return int96Text(dst, v)
	case parquet.Float:
		return appendFloat(dst, float64(v.Float()), 32), jsonText
	case parquet.Double:
		return appendFloat(dst, v.Double(), 64), jsonText
	}
	text := v.ByteArray()
	switch {
	case len(text) > 0 && text[0] == '{': // an event's properties, in exports to warehouses that know no JSON
		return jsonColumnText(dst, v)
	case utf8.Valid(text):
		return append(dst, text...), plainText
	}
	return base64.StdEncoding.AppendEncode(dst, text), plainText
}

// appendFloat writes a number, and nothing for what is none.
func appendFloat(dst []byte, f float64, bits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst
	}
	return strconv.AppendFloat(dst, f, 'g', -1, bits)
}

func integerText(signed bool) leafText {
	return func(dst []byte, v parquet.Value) ([]byte, textForm) {
		switch {
		case v.Kind() == parquet.Int32 && signed:
			return strconv.AppendInt(dst, int64(v.Int32()), 10), jsonText
		case v.Kind() == parquet.Int32:
			return strconv.AppendUint(dst, uint64(v.Uint32()), 10), jsonText
		case signed:
			return strconv.AppendInt(dst, v.Int64(), 10), jsonText
		}
		return strconv.AppendUint(dst, v.Uint64(), 10), jsonText
	}
}

func integer(v parquet.Value) int64 {
	if v.Kind() == parquet.Int32 {
		return int64(v.Int32())
	}
	return v.Int64()
}

func dateText(dst []byte, v parquet.Value) ([]byte, textForm) {
	return time.Unix(integer(v)*86400, 0).UTC().AppendFormat(dst, time.DateOnly), plainText
}

func timeText(unit time.Duration, layout string) leafText {
	perSecond := int64(time.Second / unit)
	return func(dst []byte, v parquet.Value) ([]byte, textForm) {
		n := integer(v)
		seconds, rest := n/perSecond, n%perSecond
		return time.Unix(seconds, rest*int64(unit)).UTC().AppendFormat(dst, layout), plainText
	}
}

// int96Text writes the times of old Spark, Hive and Impala: nanoseconds of a day, and the Julian day, in UTC.
func int96Text(dst []byte, v parquet.Value) ([]byte, textForm) {
	const julianEpoch = 2440588
	i := v.Int96()
	nanos := int64(i[1])<<32 | int64(i[0])
	return time.Unix((int64(i[2])-julianEpoch)*86400, nanos).UTC().AppendFormat(dst, utcLayout), plainText
}

// decimalText writes a decimal with all its digits.
func decimalText(scale int) leafText {
	return func(dst []byte, v parquet.Value) ([]byte, textForm) {
		var digits string
		switch v.Kind() {
		case parquet.Int32, parquet.Int64:
			digits = strconv.FormatInt(integer(v), 10)
		default:
			digits = bigEndian(v.ByteArray()).String()
		}
		return appendDecimal(dst, digits, scale), jsonText
	}
}

// bigEndian reads a number in two's complement.
func bigEndian(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

// maxScale is more than any decimal has digits.
const maxScale = 1000

func appendDecimal(dst []byte, digits string, scale int) []byte {
	if digits[0] == '-' {
		dst, digits = append(dst, '-'), digits[1:]
	}
	if scale <= 0 || scale > maxScale {
		return append(dst, digits...)
	}
	for len(digits) <= scale {
		digits = "0" + digits
	}
	dst = append(dst, digits[:len(digits)-scale]...)
	return append(append(dst, '.'), digits[len(digits)-scale:]...)
}

// jsonColumnText writes text that is JSON as part of the row, so that paths reach into it.
func jsonColumnText(dst []byte, v parquet.Value) ([]byte, textForm) {
	var compact bytes.Buffer
	text := v.ByteArray()
	switch {
	case !utf8.Valid(text):
		return base64.StdEncoding.AppendEncode(dst, text), plainText
	case json.Compact(&compact, text) != nil:
		return append(dst, text...), plainText
	}
	return append(dst, compact.Bytes()...), jsonText
}

func uuidText(dst []byte, v parquet.Value) ([]byte, textForm) {
	b := v.ByteArray()
	if len(b) != 16 {
		return physicalText(dst, v)
	}
	for i, part := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, part)
	}
	return dst, plainText
}

// halfText writes a 16-bit floating-point number.
func halfText(dst []byte, v parquet.Value) ([]byte, textForm) {
	b := v.ByteArray()
	if len(b) != 2 {
		return physicalText(dst, v)
	}
	bits := binary.LittleEndian.Uint16(b)
	exponent, fraction := int(bits>>10&0x1f), float64(bits&0x3ff)
	f := math.Ldexp(1+fraction/1024, exponent-15)
	switch exponent {
	case 0:
		f = math.Ldexp(fraction, -24)
	case 0x1f:
		f = math.NaN() // or infinite: no number either way
	}
	if bits>>15 == 1 {
		f = -f
	}
	return appendFloat(dst, f, 32), jsonText
}

const hexDigits = "0123456789abcdef"

func appendJSONString(dst, text []byte) []byte {
	dst = append(dst, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
