package load

import "strconv"

var (
	devices  = [...]string{"mobile", "desktop", "tablet", "mobile"}
	referers = [...]string{"direct", "search", "newsletter", "social", "affiliate", "direct", "search", "ads"}
)

// AppendKey appends the record's key: the user's id, "u" and eight digits.
func AppendKey(dst []byte, user int) []byte {
	n := len(dst) + 9
	dst = append(dst, "u00000000"...)
	for i := n - 1; user > 0; i-- {
		dst[i] = byte('0' + user%10)
		user /= 10
	}
	return dst
}

// AppendJSON appends the record's value in Winback's own format, about 200 bytes with the fields that no metric looks at. A
// Malformed event is cut off.
func (g *Generator) AppendJSON(dst []byte, e *Event) []byte {
	begin := len(dst)
	h := userHash(g.cfg.Seed, e.User)
	dst = append(dst, `{"user":"`...)
	dst = AppendKey(dst, e.User)
	dst = append(dst, `","type":"`...)
	dst = append(dst, typeNames[e.Type]...)
	dst = append(dst, `","time":`...)
	dst = strconv.AppendInt(dst, e.Time, 10)
	dst = append(dst, `,"amount":`...)
	dst = strconv.AppendInt(dst, e.Amount, 10)
	dst = append(dst, `,"duration_ms":`...)
	dst = strconv.AppendInt(dst, e.Duration, 10)
	dst = appendContext(dst, e, h)
	if e.Fault == Malformed {
		dst = dst[:begin+(len(dst)-begin)/2]
	}
	return dst
}

// appendContext appends what a shop's clickstream carries beside the event.
func appendContext(dst []byte, e *Event, h hash) []byte {
	page := mix(e.Session + uint64(e.Step))
	dst = append(dst, `,"session":"`...)
	dst = appendHex(dst, e.Session)
	dst = append(dst, `","page":"/p/`...)
	dst = strconv.AppendUint(dst, 10_000+page%90_000, 10)
	dst = append(dst, `","ref":"`...)
	dst = append(dst, referers[e.Session%uint64(len(referers))]...)
	dst = append(dst, `","country":"`...)
	dst = append(dst, h.zone().country...)
	dst = append(dst, `","device":"`...)
	dst = append(dst, devices[h.bits(drawDevice)%uint64(len(devices))]...)
	return append(dst, `","app":"shop/5.12.3"}`...)
}

func appendHex(dst []byte, v uint64) []byte {
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, "0123456789abcdef"[v>>shift&15])
	}
	return dst
}
