package mapping

import (
	"errors"
	"math"
	"time"

	"winback/schemas"
)

// zone is a time zone with the offset asked for last and the time span it holds for. Nearly all events of a stream lie in one such span,
// so that the zone's table is seldom searched.
type zone struct {
	location    *time.Location
	from, until int64 // Unix milliseconds; nothing at first
	offset      int   // minutes ahead of UTC
}

// at returns by how many minutes the zone was ahead of UTC. The seconds of the years before zones were whole minutes are cut.
func (z *zone) at(ms int64) int {
	if ms < z.from || ms >= z.until {
		z.look(ms)
	}
	return z.offset
}

func (z *zone) look(ms int64) {
	t := time.UnixMilli(ms).In(z.location)
	from, until := t.ZoneBounds()
	z.from, z.until = math.MinInt64, math.MaxInt64
	if !from.IsZero() {
		z.from = from.UnixMilli()
	}
	if !until.IsZero() {
		z.until = until.UnixMilli()
	}
	_, seconds := t.Zone()
	z.offset = floorDiv(seconds, 60)
}

// fixedZone is a zone that never changes.
func fixedZone(minutes int) zone {
	return zone{from: math.MinInt64, until: math.MaxInt64, offset: minutes}
}

// parseDefaultZone reads an IANA name or an offset; empty is UTC.
func parseDefaultZone(name string) (zone, error) {
	if name == "" {
		return fixedZone(0), nil
	}
	if minutes, ok := parseOffset([]byte(name)); ok {
		if !validOffset(minutes) {
			return zone{}, errors.New(tooFar)
		}
		return fixedZone(minutes), nil
	}
	location, err := loadZone(name)
	return zone{location: location}, err
}

// validOffset reports whether a local time can be that many minutes ahead of UTC.
func validOffset(minutes int) bool {
	return minutes >= -schemas.MaxOffset && minutes <= schemas.MaxOffset
}

const (
	maxZones    = 1024 // more than exist; names that only look like a zone are kept too
	maxZoneName = 64
)

// zone returns the zone of an IANA name, nil if there is none. It allocates only when it meets a name for the first time.
func (d *Decoder) zone(name []byte) *zone {
	if z, met := d.zones[string(name)]; met {
		return z
	}
	if !zoneName(name) {
		return nil
	}
	if len(d.zones) == maxZones {
		clear(d.zones)
	}
	var z *zone
	if location := d.m.location(string(name)); location != nil {
		z = &zone{location: location}
	}
	d.zones[string(name)] = z
	return z
}

// location loads a zone once for all Decoders. Only what exists is kept.
func (m *Mapping) location(name string) *time.Location {
	if known, ok := m.zones.Load(name); ok {
		return known.(*time.Location)
	}
	location, err := loadZone(name)
	if err != nil {
		return nil
	}
	m.zones.Store(name, location)
	return location
}

// zoneName reports whether the text is written like an IANA name: nothing else is looked for among the system's files.
func zoneName(s []byte) bool {
	if len(s) == 0 || len(s) > maxZoneName || s[0] < 'A' || s[0] > 'Z' {
		return false
	}
	for _, c := range s {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && c-'0' > 9 && c != '/' && c != '_' && c != '-' && c != '+' {
			return false
		}
	}
	return true
}

// floorDiv divides and rounds down.
func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
