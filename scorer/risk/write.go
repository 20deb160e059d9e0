package risk

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Encode writes the model file, every list of numbers on a line of its own.
func (m *Model) Encode() ([]byte, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode model: %w", err)
	}
	return append(joinNumbers(data), '\n'), nil
}

// joinNumbers puts the lists of numbers of an indented document on one line each. No bracket of a text is mistaken for a list's, which ends its line.
func joinNumbers(data []byte) []byte {
	var out []byte
	for len(data) > 0 {
		start := bytes.Index(data, []byte("[\n"))
		if start < 0 {
			break
		}
		length := bytes.IndexByte(data[start:], ']')
		list := data[start : start+length+1]
		if bytes.ContainsAny(list[1:], `[{"`) {
			list = list[:1]
		}
		out = append(out, data[:start]...)
		data = data[start+len(list):]
		for i, number := range bytes.Fields(list) {
			if i > 1 && number[0] != ']' {
				out = append(out, ' ')
			}
			out = append(out, number...)
		}
	}
	return append(out, data...)
}
