package mapping_test

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"winback/schemas"
	"winback/schemas/mapping"
)

// cutRows writes rows as "line text", and what is no row as "line !fault"; where the fault has text of its own, that follows in quotes.
func cutRows(t *testing.T, m *mapping.Mapping, r io.Reader) (rows []string) {
	t.Helper()
	scanner, decoder := m.NewScanner(r), m.NewDecoder()
	for scanner.Scan() {
		switch {
		case scanner.Fault() != "" && len(scanner.Bytes()) > 0:
			rows = append(rows, fmt.Sprintf("%d !%s %q", scanner.Line(), scanner.Fault(), scanner.Bytes()))
			continue
		case scanner.Fault() != "":
			rows = append(rows, fmt.Sprintf("%d !%s", scanner.Line(), scanner.Fault()))
			continue
		}
		if decoder.Decode(&schemas.Record{Value: scanner.Bytes()}, &schemas.Event{}) == schemas.Malformed && scanner.Recut() {
			continue
		}
		rows = append(rows, fmt.Sprintf("%d %s", scanner.Line(), scanner.Bytes()))
	}
	if scanner.Err() != nil {
		t.Fatal(scanner.Err())
	}
	return rows
}

func TestArraysAndObjectsWithoutLineBreaksAreCutIntoTheirElements(t *testing.T) {
	long := `{"a":"` + strings.Repeat("x", 300) + `"}`
	cutOff := "the file ends before the array that begins on line 1: it was cut off"
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"one line":               {`[{"a":1},{"b":[2,{"c":"]}"}]} , {"d":"\\\""}]`, []string{`1 {"a":1}`, `1 {"b":[2,{"c":"]}"}]}`, `1 {"d":"\\\""}`}},
		"an element a line":      {"[\n{\"a\":1},\n{\"b\":2}\n]\n", []string{`2 {"a":1}`, `3 {"b":2}`}},
		"commas first":           {"[ {\"a\":1}\n, {\"b\":2}\n]", []string{`1 {"a":1}`, `2 {"b":2}`}},
		"pretty-printed":         {"\n[\n  {\n    \"a\": 1\n  },\n  {\n    \"b\": 2\n  }\n]\n", []string{"3 {\n    \"a\": 1\n  }", "6 {\n    \"b\": 2\n  }"}},
		"no element":             {"[]\n[ ]\n[\n]", nil},
		"arrays, one a line":     {"[{\"a\":1},{\"a\":2}]\n[{\"a\":3}]\n", []string{`1 {"a":1}`, `1 {"a":2}`, `2 {"a":3}`}},
		"lines and arrays":       {"{\"a\":1}\n[{\"a\":2}]\n{\"a\":3}\n", []string{`1 {"a":1}`, `2 {"a":2}`, `3 {"a":3}`}},
		"no objects":             {`[1, "x,]", null, [2]]`, []string{"1 1", `1 "x,]"`, "1 null", "1 [2]"}},
		"objects over lines":     {"{\n \"a\": 1\n}\n{ \"b\":\n {} }\n{\"c\":3}\n", []string{"1 {\n \"a\": 1\n}", "4 { \"b\":\n {} }", `6 {"c":3}`}},
		"objects on one line":    {`{"a":1}{"b":2} {"c":3}` + "\n" + `{"d":4}`, []string{`1 {"a":1}`, `1 {"b":2}`, `1 {"c":3}`, `2 {"d":4}`}},
		"a long line of objects": {strings.Repeat(`{"a":1}`, 40) + "\n{}\n", append(slices.Repeat([]string{`1 {"a":1}`}, 40), "2 {}")},
		"objects and lone CRs":   {"{\"a\":1}\r{\"b\":2}\r{\"c\":3}", []string{`1 {"a":1}`, `2 {"b":2}`, `3 {"c":3}`}},
		"brackets are missing":   {"{\"a\":1},\n{\"b\":2},{\"c\":3}\n", []string{`1 {"a":1}`, `2 {"b":2}`, `2 {"c":3}`}},
		"too long an element":    {"[{\"a\":1},\n" + long + ",\n{\"b\":2}]\n{}", []string{`1 {"a":1}`, "2 " + long[:101], `3 {"b":2}`, "4 {}"}},
		"too long an object": {"{\"a\":\n\"" + strings.Repeat("x", 90) + "\",\n\"b\":\"" + strings.Repeat("y", 90) + "\"}\n{\"b\":2}\n", []string{
			"1 " + ("{\"a\":\n\"" + strings.Repeat("x", 90) + "\",\n\"b\":\"")[:101], `4 {"b":2}`,
		}},
		"cut off between elements":           {"[{\"a\":1},\n{\"b\":2}", []string{`1 {"a":1}`, `2 {"b":2}`, "2 !" + cutOff}},
		"cut off behind a comma":             {"[{\"a\":1},\n", []string{`1 {"a":1}`, "2 !" + cutOff}},
		"cut off inside an element":          {"[{\"a\":1},\n{\"b\":", []string{`1 {"a":1}`, `2 !the file ends inside an element of the array that begins on line 1: it was cut off "{\"b\":"`}},
		"cut off inside lines":               {"[\n {\n  \"a\": 1\n },\n {\n  \"b\"", []string{"2 {\n  \"a\": 1\n }", `5 !the file ends inside an element of the array that begins on line 1: it was cut off "{\n  \"b\""`}},
		"cut off, then another":              {"[{\"a\":1},{\"b\":2\n[{\"c\":3}]\n", []string{`1 {"a":1}`, `1 {"b":2`, "2 !the array that begins on line 1 does not end before another one begins", `2 {"c":3}`}},
		"a trailing comma":                   {"[{\"a\":1},\n]\n{}", []string{`1 {"a":1}`, `2 !a comma too many before the end of the array that begins on line 1 "]"`, "3 {}"}},
		"a missing comma":                    {"[{\"a\":1}\n{\"b\":2}{\"c\":3}]", []string{`1 {"a":1}`, "2 !a comma is missing in the array that begins on line 1", `2 {"b":2}`, `2 {"c":3}`}},
		"two commas":                         {"[{\"a\":1},,\n{\"b\":2}]", []string{`1 {"a":1}`, `1 !a comma too many in the array that begins on line 1 ","`, `2 {"b":2}`}},
		"text in the array":                  {"[{\"a\":1},\n=?, {\"b\":2}]", []string{`1 {"a":1}`, `2 !text that is no value in the array that begins on line 1 "=?"`, `2 {"b":2}`}},
		"text behind the array":              {"[{\"a\":1}] and so on\n{\"b\":2}", []string{`1 {"a":1}`, `1 !text follows the object or the array that ends on this line "and so on"`, `2 {"b":2}`}},
		"an element cut off by line":         {"[\n{\"a\":1},\n{\"b\":\"x\n{\"c\":3},\n{\"d\":\n{\"e\":5}\n]", []string{`2 {"a":1}`, `3 {"b":"x`, `4 {"c":3}`, `5 {"d":`, `6 {"e":5}`}},
		"a broken element, one line":         {`[{"a":1},{'b':2},{"c":3},{"d":4 5},{"e":"x:{}"},{"f":"y}]`, []string{`1 {"a":1}`, `1 {'b':2}`, `1 {"c":3}`, `1 {"d":4 5}`, `1 {"e":"x:{}"}`, `1 !the file ends inside an element of the array that begins on line 1: it was cut off "{\"f\":\"y}]"`}},
		"a quote too many, one line":         {`[{"a":1},{"b":x"},{"c":3},{"d":4}]`, []string{`1 {"a":1}`, `1 {"b":x"}`, `1 {"c":3}`, `1 {"d":4}`}},
		"a broken element, pretty":           {"[\n  {\n    \"a\": 1,\n  },\n  {\n    \"b\": [\n      {}\n    ]\n  }\n]", []string{"2 {\n    \"a\": 1,\n  }", "5 {\n    \"b\": [\n      {}\n    ]\n  }"}},
		"a broken element with others in it": {"[\n  {\n    \"a\": ,\n    \"b\": [\n      {}\n    ]\n  },\n  {\"c\":3}\n]", []string{"2 {\n    \"a\": ,\n    \"b\": [\n      {}\n    ]\n  }", `8 {"c":3}`}},
		"a broken line is alone":             {"{\"a\":\n{\"b\":2}\n{\"c\":\"x\n{\"d\":4}\nwhatever\n{\"e\":5} f\n", []string{`1 {"a":`, `2 {"b":2}`, `3 {"c":"x`, `4 {"d":4}`, "5 whatever", `6 {"e":5} f`}},
		"a backslash ends a line":            {"[{\"a\":\"\\\n{\"b\":2}]", []string{`1 {"a":"\`, `2 {"b":2}`}},
		"a broken object on one line":        {`{"a":1}{'b':2}{"c":3}`, []string{`1 {"a":1}`, `1 {'b':2}`, `1 {"c":3}`}},
		"a cut line stays one refusal":       {`{"batch":[{"a":1},{"b":2}` + "\n{}", []string{`1 {"batch":[{"a":1},{"b":2}`, "2 {}"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := compile(t, mapping.Config{MaxBytes: 100})
			for _, r := range []io.Reader{strings.NewReader(test.text), iotest.OneByteReader(strings.NewReader(test.text)), iotest.HalfReader(strings.NewReader(test.text))} {
				got := cutRows(t, m, r)
				for i := range got {
					if _, text, _ := strings.Cut(got[i], " "); text[0] != '!' {
						got[i] = got[i][:min(len(got[i]), len("1 ")+101)]
					}
				}
				if !slices.Equal(got, test.want) {
					t.Errorf("got  %q\nwant %q", got, test.want)
				}
			}
		})
	}
}

// Of an element that is too long, and damaged as well, no more is lost than itself.
func TestADamagedElementThatIsTooLongHidesNoOther(t *testing.T) {
	pad := strings.Repeat(" \"x\": 1,", 100)
	for name, text := range map[string]string{
		"a line each":    "[\n{\"a\":1},\n{\"b\":\"" + pad + "\n{\"c\":3},\n{\"d\":4}\n]\n{\"e\":5}\n",
		"one line":       `[{"a":1},{"b":x"` + pad + `},{"c":3},{"d":4}]` + "\n{\"e\":5}",
		"pretty-printed": "[\n  {\n    \"a\": 1\n  },\n  {\n    \"b\": y\n   " + strings.ReplaceAll(pad, " ", "\n    ") + "\n  },\n  {\"c\":3},\n  {\"d\":4}\n]\n{\"e\":5}",
	} {
		m := compile(t, mapping.Config{MaxBytes: 100})
		for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			got := strings.Join(cutRows(t, m, r), "\n")
			for _, want := range []string{`{"c":3}`, `{"d":4}`, `{"e":5}`} {
				if strings.Count(got, want) != 1 {
					t.Errorf("%s: %s is missing from %s", name, want, got)
				}
			}
			if n := strings.Count(got, `"a"`); n != 1 {
				t.Errorf("%s: got %s", name, got)
			}
		}
	}
}

// FuzzJSONRows writes values in every form that a file may have, and expects them back. Other text must end, in whatever pieces it comes.
func FuzzJSONRows(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, `{"a":"\\\"]},{"}`, `[{"a":[]},{"b":{}}]`, "[{\"a\":1},\n{\"b\":\n]", "{\"a\":1}{\"b\":2}\n", "[1,2,,]\n]", "{\n}\n{\r\r", "[\"\\u0041\" {"} {
		f.Add(seed, uint8(3), uint16(90))
	}
	f.Fuzz(func(t *testing.T, text string, form uint8, limit uint16) {
		m := compile(t, mapping.Config{MaxBytes: int(limit) + 1})
		whole := cutRows(t, m, strings.NewReader(text))
		bytewise := cutRows(t, m, iotest.OneByteReader(strings.NewReader(text)))
		if len(text) <= int(limit) && !slices.Equal(whole, bytewise) {
			t.Fatalf("whole %q, by byte %q", whole, bytewise)
		}
		var value map[string]any
		if json.Unmarshal([]byte(text), &value) != nil || value == nil {
			return
		}
		m = compile(t, mapping.Config{})
		file, want := inForm(t, value, form)
		if got := cutRows(t, m, strings.NewReader(file)); len(got) != want {
			t.Fatalf("%d rows instead of %d in %q: %q", len(got), want, file, got)
		}
	})
}

func inForm(t *testing.T, value map[string]any, form uint8) (text string, n int) {
	t.Helper()
	one, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	pretty, err := json.MarshalIndent([]any{value, map[string]int{"x": 1}, value}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	compact := strings.Join([]string{string(one), `{"x":1}`, string(one)}, []string{",", ",\n", " , ", "\r\n,"}[form/4%4])
	return []string{"[" + compact + "]", string(pretty), "[\n" + compact + "\n]\n", strings.ReplaceAll(string(pretty), "\n", "\r\n")}[form%4], 3
}
