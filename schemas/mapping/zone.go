package mapping

import (
	_ "embed"
	"errors"
	"math"
	"strings"
	"sync/atomic"
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

// parseDefaultZone reads a time zone's name or an offset; empty is UTC.
func parseDefaultZone(name string) (zone, error) {
	if name == "" {
		return fixedZone(0), nil
	}
	if minutes, ok := parseOffset([]byte(name)); ok {
		if !validOffset(minutes) {
			return zone{}, errors.New("more than 18 hours from UTC")
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

// zoneFile holds the names of all time zones that records can name: those of the IANA database that Go brings, old names included. What
// is not in it is unknown everywhere and always, so that a record means the same on every machine, and a stream of made-up names is never
// looked for in files or remembered.
//
//go:embed zones.txt
var zoneFile string

// zoneNames are the known time zones. The locations are loaded when a record first names them, once for all Decoders.
type zoneNames struct {
	names     []string
	folded    table // the names as foldZone writes them
	locations []atomic.Pointer[time.Location]
}

func newZoneNames() zoneNames {
	names := strings.Fields(zoneFile)
	folded := make([]string, len(names))
	for i, name := range names {
		folded[i] = strings.ToLower(name)
	}
	return zoneNames{names, newTable(folded), make([]atomic.Pointer[time.Location], len(names))}
}

// find returns the number of the zone of that name, its letters in any case, or -1.
func (z *zoneNames) find(name []byte) int {
	var buffer [maxZoneName]byte
	if len(name) > len(buffer) {
		return -1
	}
	folded := foldZone(buffer[:0], name)
	return z.folded.find(folded, headOf(folded))
}

// location returns a zone, nil if the machine's own copy of the database cannot be read.
func (z *zoneNames) location(i int) *time.Location {
	known := z.locations[i].Load()
	if known == nil {
		var err error
		if known, err = time.LoadLocation(z.names[i]); err != nil {
			return nil
		}
		z.locations[i].Store(known)
	}
	return known
}

// zoneSpelling returns a zone's name as the database spells it; one that is unknown as it is.
func zoneSpelling(name string) string {
	for known := range strings.FieldsSeq(zoneFile) {
		if strings.EqualFold(known, name) {
			return known
		}
	}
	return name
}

// maxZoneName is more than the longest name has.
const maxZoneName = 64

// foldZone appends a name in lower case, with underscores for spaces: there is "America/New York" too.
func foldZone(dst, name []byte) []byte {
	for _, c := range name {
		switch {
		case c >= 'A' && c <= 'Z':
			c |= 0x20
		case c == ' ':
			c = '_'
		}
		dst = append(dst, c)
	}
	return dst
}

// zone returns the zone of that name, nil if there is none.
func (d *Decoder) zone(name []byte) *zone {
	i := d.m.zones.find(name)
	if i < 0 {
		return nil
	}
	if d.zones == nil {
		d.zones = make([]zone, len(d.m.zones.names))
	}
	z := &d.zones[i]
	if z.location == nil {
		z.location = d.m.zones.location(i)
	}
	if z.location == nil {
		return nil
	}
	return z
}

// floorDiv divides and rounds down.
func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
