package mapping_test

import (
	"bytes"
	"encoding/json"
	"math/big"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"winback/schemas"
	"winback/schemas/mapping"
)

// The reference decodes the winback preset by the standard library, slowly.

// standardJSON is the document as encoding/json reads it, nil if it refuses it or if it is no object.
func standardJSON(value []byte) map[string]any {
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	var document map[string]any
	if !json.Valid(value) || d.Decode(&document) != nil {
		return nil
	}
	return document
}

// wordOf returns a string or a number as text, and whether there is anything at all.
func wordOf(field any) (text string, there, word bool) {
	switch field := field.(type) {
	case nil:
		return "", false, false
	case string:
		return field, field != "", true
	case json.Number:
		return field.String(), true, true
	}
	return "", true, false
}

var (
	standardTime = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`)
	integerText  = regexp.MustCompile(`^-?[0-9]+$`)
	numberText   = regexp.MustCompile(`^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$`)
)

// referenceEvent decodes a document of the winback preset whose key is ignored.
func referenceEvent(tb testing.TB, document map[string]any) (decoded, schemas.Reason) {
	var want decoded
	user, there, word := wordOf(document["user"])
	if _, number := document["user"].(json.Number); !there || !word || number && !integerText.MatchString(user) {
		return want, schemas.NoUser
	}
	if len(user) > mapping.MaxUserBytes {
		return want, schemas.Oversized
	}
	kind, there, word := wordOf(document["type"])
	if !there || !word {
		return want, schemas.NoType
	}
	at, there, word := wordOf(document["time"])
	ms, ok := referenceTime(at)
	if !there || !word || !ok {
		return want, schemas.BadTime
	}
	amount, ok := referenceQuantity(document["amount"])
	if !ok && kind == "order" {
		return want, schemas.BadAmount
	}
	duration, ok := referenceQuantity(document["duration_ms"])
	if duration < 0 {
		duration, ok = 0, false
	}
	if !ok && kind == "session_end" {
		return want, schemas.BadDuration
	}
	words := vocabulary(tb)
	return decoded{user, words.Name(words.Lookup([]byte(kind))), ms, amount, duration}, schemas.Accepted
}

var (
	zoneBehind  = regexp.MustCompile(`^.*([+-])([0-9]{2}):([0-9]{2})$`)
	offsetText  = regexp.MustCompile(`^(?:(?i:gmt|utc) *)?([+\x{2212}-])(?:([0-9]{1,2}):([0-9]{2})|([0-9]{2})([0-9]{2})|([0-9]|[01][0-9]))$`)
	inBrackets  = regexp.MustCompile(`(?s)^([^(]+)\(.*\)$`)
	zoneLetters = regexp.MustCompile(`^[A-Za-z0-9/_ +-]+$`)
)

// referenceOffset is how many minutes the user's time is ahead of UTC, by the field or by what stands behind the event time, and whether
// anything there could not be read.
func referenceOffset(tb testing.TB, field any, at string, ms int64) (minutes int, unknown bool) {
	if text, there, word := wordOf(field); there {
		_, number := field.(json.Number)
		if minutes, ok := referenceZone(tb, text, number, ms); word && ok && max(minutes, -minutes) <= 18*60 {
			return minutes, false
		}
		unknown = true
	}
	parts := zoneBehind.FindStringSubmatch(at)
	if parts == nil {
		return 0, unknown
	}
	minutes, ok := signedMinutes(parts[1], parts[2], parts[3])
	if !ok || max(minutes, -minutes) > 18*60 {
		return 0, true
	}
	return minutes, unknown
}

func referenceZone(tb testing.TB, text string, number bool, ms int64) (int, bool) {
	if parts := inBrackets.FindStringSubmatch(text); parts != nil {
		text = parts[1]
	}
	text = strings.TrimSpace(text)
	p := offsetText.FindStringSubmatch(text)
	switch {
	case number:
	case strings.EqualFold(text, "z"):
		return 0, true
	case p != nil && (len(p[6]) < 2 || p[6] <= "18"):
		return signedMinutes(p[1], p[2]+p[4]+p[6], p[3]+p[5])
	case zoneLetters.MatchString(text):
		if name := databaseName(tb, strings.ReplaceAll(text, " ", "_")); name != "" {
			location, err := time.LoadLocation(name)
			if err != nil {
				tb.Fatal(err)
			}
			_, seconds := time.UnixMilli(ms).In(location).Zone()
			return (seconds+18*3600)/60 - 18*60, true
		}
	}
	r, ok := referenceNumber(text)
	if !ok || !r.IsInt() || !r.Num().IsInt64() {
		return 0, false
	}
	return int(r.Num().Int64()), true
}

func databaseName(tb testing.TB, name string) string {
	list, err := os.ReadFile("zones.txt")
	if err != nil {
		tb.Fatal(err)
	}
	for known := range strings.FieldsSeq(string(list)) {
		if strings.EqualFold(known, name) {
			return known
		}
	}
	return ""
}

func signedMinutes(sign, hours, minutes string) (int, bool) {
	h, _ := strconv.Atoi(hours)
	m, _ := strconv.Atoi(minutes)
	n := h*60 + m
	if sign != "+" {
		n = -n
	}
	return n, m < 60
}

func referenceTime(text string) (int64, bool) {
	n := new(big.Int)
	if r, ok := referenceNumber(text); ok {
		n.Div(r.Num(), r.Denom())
	} else if t, ok := strictRFC3339(text); ok {
		n.SetInt64(t)
	} else {
		return 0, false
	}
	return n.Int64(), n.IsInt64() && n.Int64() >= 0 && n.Int64() <= 253402300799999
}

// strictRFC3339 reads a time as time.Time's text form does, which unlike time.Parse refuses what RFC 3339 does; lower case and
// a space are ours.
func strictRFC3339(text string) (int64, bool) {
	if len(text) > 10 && strings.IndexByte("t ", text[10]) >= 0 {
		text = text[:10] + "T" + text[11:]
	}
	if strings.HasSuffix(text, "z") {
		text = text[:len(text)-1] + "Z"
	}
	if !standardTime.MatchString(text) { // the library lets +24:60, a decimal comma and an hour of one digit pass
		return 0, false
	}
	var t time.Time
	err := t.UnmarshalText([]byte(text))
	return t.UnixMilli(), err == nil
}

func referenceQuantity(field any) (int64, bool) {
	text, there, word := wordOf(field)
	if !there {
		return 0, true
	}
	r, ok := referenceNumber(text)
	if !word || !ok || !r.IsInt() || !fits(r.Num()) {
		return 0, false
	}
	return r.Num().Int64(), true
}

// fits reports whether n is within 63 bits and a sign; the one integer below is refused too.
func fits(n *big.Int) bool { return new(big.Int).Abs(n).IsInt64() }

// referenceNumber is the exact value of a decimal number. Exponents beyond 400 stand for all that are too large or too small.
func referenceNumber(text string) (*big.Rat, bool) {
	parts := numberText.FindStringSubmatch(text)
	if parts == nil || parts[2]+parts[3] == "" {
		return nil, false
	}
	exponent, err := strconv.Atoi(parts[4])
	switch {
	case parts[4] == "":
	case err != nil || exponent > 400 || exponent < -400:
		exponent = 400
		if strings.HasPrefix(parts[4], "-") {
			exponent = -400
		}
	}
	return new(big.Rat).SetString(parts[1] + "0" + parts[2] + "." + parts[3] + "0e" + strconv.Itoa(exponent))
}

// roundHalfAway is the product in the unit with so many decimals.
func roundHalfAway(r *big.Rat, decimals int) *big.Int {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	r = new(big.Rat).Mul(r, new(big.Rat).SetInt(scale))
	half := big.NewRat(1, 2)
	if r.Sign() < 0 {
		half.Neg(half)
	}
	r.Add(r, half)
	return new(big.Int).Quo(r.Num(), r.Denom())
}

// plainText reports whether a decoded text was UTF-8 when it was written: encoding/json puts a mark where it was not.
func plainText(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsRune(text, utf8.RuneError)
}

func nesting(value []byte) int {
	deepest, depth, quoted := 0, 0, false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// floorScaled is r times ten to the shift, cut to an integer; -1 if it does not fit.
func floorScaled(r *big.Rat, shift int) int64 {
	scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(shift, -shift))), nil))
	if shift < 0 {
		scale.Inv(scale)
	}
	r = new(big.Rat).Mul(r, scale)
	n := new(big.Int).Div(r.Num(), r.Denom())
	if !n.IsInt64() {
		return -1
	}
	return n.Int64()
}

func referenceProduct(a, b string, decimals int, whole bool) (int64, bool) {
	x, ok1 := referenceNumber(a)
	y, ok2 := referenceNumber(b)
	if !ok1 || !ok2 {
		return 0, false
	}
	x.Mul(x, y)
	n := roundHalfAway(x, decimals)
	if whole && !x.IsInt() || !fits(n) {
		return 0, false
	}
	return n.Int64(), true
}

// significant counts the digits from the first to the last that is not zero.
func significant(text string) int {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.SplitN(strings.ToLower(text), "e", 2)[0])
	return len(strings.Trim(digits, "0"))
}
