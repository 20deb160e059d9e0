package produce

import (
	"encoding/binary"
	"errors"
)

// Header is one record header. A nil Value is a null.
type Header struct {
	Key   string
	Value []byte
}

var errHeaders = errors.New("record headers are cut short or not in Kafka's form")

// ParseHeaders reads headers as they stand on the wire: a varint count, then length-prefixed pairs. Empty input holds none.
// Values point into wire.
func ParseHeaders(wire []byte) ([]Header, error) {
	if len(wire) == 0 {
		return nil, nil
	}
	count, n := binary.Varint(wire)
	if n <= 0 || count < 0 || count > int64(len(wire)) {
		return nil, errHeaders
	}
	rest := wire[n:]
	headers := make([]Header, count)
	for i := range headers {
		key, after, ok := cutBytes(rest)
		if !ok || key == nil {
			return nil, errHeaders
		}
		headers[i].Key = string(key)
		if headers[i].Value, rest, ok = cutBytes(after); !ok {
			return nil, errHeaders
		}
	}
	if len(rest) > 0 {
		return nil, errHeaders
	}
	return headers, nil
}

// cutBytes takes one length-prefixed value off the front; length -1 is a null.
func cutBytes(b []byte) (value, rest []byte, ok bool) {
	length, n := binary.Varint(b)
	if n <= 0 || length < -1 || length > int64(len(b)-n) {
		return nil, nil, false
	}
	if length < 0 {
		return nil, b[n:], true
	}
	end := n + int(length)
	return b[n:end:end], b[end:], true
}

func (h *Header) size() int { return 10 + len(h.Key) + len(h.Value) }

func headersLen(headers []Header) int {
	n := varintLen(int64(len(headers)))
	for i := range headers {
		n += varintLen(int64(len(headers[i].Key))) + len(headers[i].Key) + bytesLen(headers[i].Value)
	}
	return n
}

func appendHeaders(dst []byte, headers []Header) []byte {
	dst = binary.AppendVarint(dst, int64(len(headers)))
	for i := range headers {
		dst = append(binary.AppendVarint(dst, int64(len(headers[i].Key))), headers[i].Key...)
		dst = appendBytes(dst, headers[i].Value)
	}
	return dst
}
