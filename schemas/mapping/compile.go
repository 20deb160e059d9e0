package mapping

import (
	"maps"
	"slices"
	"time"

	"winback/schemas"
)

// Mapping is a compiled Config. It does not change, except for its cache of time zones, and may be shared by any number of
// goroutines, each with a Decoder of its own.
type Mapping struct {
	maxBytes int
	keyed    bool

	root      *node // of the JSON paths; nil for csv
	delimiter byte
	quotes    quotes
	paths     []string // by slot: the columns' names, or the JSON paths; those inside of parameters have none
	columns   []int    // of a csv without a header row
	needs     []need
	entries   []entrySlots
	each      int // the slot of the array of events in a record; 0: none

	user        []int // slots, in order of preference
	timeField   []int
	time        timeReader
	timeProblem string
	amount      quantity
	duration    quantity
	offset      offsetReader

	when      []rule
	typeField []int
	constant  schemas.TypeID
	types     table // foreign names
	typeIDs   []schemas.TypeID

	id            idReader
	categoryField []int // nil if no rule asks for a category
	categories    table // in the order of their numbers, from 1 on

	zones zoneNames
}

// entrySlots are the slots of the paths of one entry of the Config.
type entrySlots struct {
	field string
	slots []int
}

// KeyIsUser reports whether a record whose key is not the user id is refused.
func (m *Mapping) KeyIsUser() bool { return m.keyed }

// need is an entry that must find a column.
type need struct {
	field string
	paths Paths
	slots []int
}

func (n *need) met(found []bool) bool {
	return slices.ContainsFunc(n.slots, func(slot int) bool { return slot < firstSlot || found[slot] })
}

// Compile resolves the preset, checks the Config and prepares it for decoding into the vocabulary's types. The error holds every
// fault as schemas.Faults; their fields are paths below the Config.
func Compile(cfg Config, vocabulary *schemas.Vocabulary) (*Mapping, error) {
	var faults schemas.Faults
	cfg, err := cfg.resolve()
	faults.Under("", err)
	cfg.check(&faults)
	c := &compiler{cfg: cfg, faults: &faults, vocabulary: vocabulary, m: &Mapping{}}
	c.compile()
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return c.m, nil
}

// NewDecoder returns a Decoder with scratch memory of its own, for one goroutine.
func (m *Mapping) NewDecoder() *Decoder {
	return &Decoder{
		m: m, values: make([]value, len(m.paths)), around: make([]value, len(m.paths)), columns: m.columns, defaultZone: m.offset.defaultZone,
	}
}

// compiler turns a resolved Config into a Mapping.
type compiler struct {
	cfg        Config
	faults     *schemas.Faults
	vocabulary *schemas.Vocabulary
	m          *Mapping
	slots      map[string]int // by path as configured
}

func (c *compiler) compile() {
	cfg, m := &c.cfg, c.m
	m.maxBytes = cfg.MaxBytes
	m.keyed = cfg.Key == KeyUser
	m.delimiter = delimiterByte(cfg.Delimiter)
	m.quotes = quotesOf(cfg.Quotes, m.delimiter)
	if cfg.Format == FormatJSON && !c.asksForCategories() {
		cfg.Category.Field = nil // so that it is not looked for
	}
	c.number()
	if m.root != nil {
		c.arrays()
	}
	m.user = c.entry("user", cfg.User.Field, false)
	c.types()
	m.timeField = c.entry("time", cfg.Time.Field, false)
	c.time()
	c.quantities()
	c.id()
	c.categories()
	c.offset()
	if len(cfg.Columns) > 0 && cfg.Format == FormatCSV {
		columns, err := m.bind(cfg.Columns)
		c.faults.Under("", err)
		m.columns = columns
	}
}

// number gives every path of the Config a slot.
func (c *compiler) number() {
	c.slots = map[string]int{pathKey: slotKey, pathTime: slotTime}
	all := c.cfg.allPaths()
	if c.cfg.Format == FormatCSV {
		c.m.paths = append([]string{slotUnread: ""}, slices.Compact(slices.Sorted(slices.Values(all)))...)
		for slot := firstSlot; slot < len(c.m.paths); slot++ {
			c.slots[c.m.paths[slot]] = slot
			c.m.paths[slot] = columnName(c.m.paths[slot])
		}
		return
	}
	var split [][]string
	for _, path := range all {
		if names, err := splitPath(path); err == nil { // check has reported the others
			split = append(split, names)
		}
	}
	split = sortPaths(split)
	c.m.paths = make([]string, firstSlot+len(split))
	c.m.root = newTree(split, firstSlot)
	for _, path := range all {
		if names, err := splitPath(path); err == nil {
			at, _ := slices.BinarySearchFunc(split, names, slices.Compare)
			c.slots[path] = firstSlot + at
			c.m.paths[firstSlot+at] = path
		}
	}
}

// entry returns the slots of an entry's paths and notes that a CSV must have one of them.
func (c *compiler) entry(field string, paths Paths, optional bool) []int {
	if len(paths) == 0 {
		return nil
	}
	slots := make([]int, len(paths))
	for i, path := range paths {
		slots[i] = c.slots[path]
	}
	c.m.entries = append(c.m.entries, entrySlots{field, slots})
	if !optional {
		c.m.needs = append(c.m.needs, need{field, paths, slots})
	}
	return slots
}

// types compiles the rules and the names. A name that is not renamed is one of ours.
func (c *compiler) types() {
	cfg, m := &c.cfg, c.m
	for i := range cfg.Type.When {
		w := &cfg.Type.When[i]
		m.when = append(m.when, rule{
			field: c.entry(whenField(i), w.Field, false), equals: []byte(w.Equals), prefix: []byte(w.Prefix), id: c.lookup(w.Type),
		})
	}
	m.typeField = c.entry("type", cfg.Type.Field, false)
	m.constant = c.lookup(cfg.Type.Const)
	ids := map[string]schemas.TypeID{}
	for id := 1; c.vocabulary != nil && id < c.vocabulary.Len(); id++ {
		ids[c.vocabulary.Name(schemas.TypeID(id))] = schemas.TypeID(id)
	}
	for foreign, ours := range cfg.Types {
		ids[foreign] = c.lookup(ours)
	}
	names := slices.Sorted(maps.Keys(ids))
	m.types = newTable(names)
	for _, name := range names {
		m.typeIDs = append(m.typeIDs, ids[name])
	}
}

func (c *compiler) lookup(name string) schemas.TypeID {
	if c.vocabulary == nil {
		return schemas.OtherType
	}
	return c.vocabulary.Lookup([]byte(name))
}

func (c *compiler) time() {
	t := &c.cfg.Time
	formats := t.Format
	if len(formats) == 0 {
		formats = Paths{"auto"}
	}
	for _, name := range formats {
		format, ok := namedFormat(name)
		if !ok {
			format.layout = name
		}
		c.m.time.formats = append(c.m.time.formats, format)
	}
	if zone, err := loadZone(t.Zone); err == nil && zone != time.UTC {
		c.m.time.zone = zone
	}
	c.m.timeProblem = "not a time between 1970 and 9999 in the format " + orAll(formats)
}

func (c *compiler) quantities() {
	a, d := &c.cfg.Amount, &c.cfg.Duration
	c.m.amount = quantity{
		name: "amount", reason: schemas.BadAmount, summed: c.summed((*schemas.Vocabulary).SumsAmounts),
		field: c.entry("amount", a.Field, a.Optional), times: c.entry("amount.times", a.Times, a.Optional),
		shift: a.shift(), whole: a.Unit != "major", point: pointByte(a.Point),
	}
	c.m.duration = quantity{
		name: "duration", reason: schemas.BadDuration, summed: c.summed((*schemas.Vocabulary).SumsDurations), positive: true,
		field: c.entry("duration", d.Field, d.Optional), whole: d.Unit != "s", point: pointByte(d.Point),
	}
	if d.Unit == "s" {
		c.m.duration.shift = 3
	}
}

// summed asks the vocabulary about every type.
func (c *compiler) summed(sums func(*schemas.Vocabulary, schemas.TypeID) bool) (summed []bool) {
	if c.vocabulary == nil {
		return nil // nothing is decoded by what is only validated
	}
	for id := range c.vocabulary.Len() {
		summed = append(summed, sums(c.vocabulary, schemas.TypeID(id)))
	}
	return summed
}

func (c *compiler) asksForCategories() bool {
	return c.vocabulary != nil && c.vocabulary.Categories() > 1
}

func (c *compiler) categories() {
	slots := c.entry("category", c.cfg.Category.Field, c.cfg.Category.Optional)
	if !c.asksForCategories() {
		return
	}
	c.m.categoryField = slots
	var names []string
	for id := 1; id < c.vocabulary.Categories(); id++ {
		names = append(names, c.vocabulary.CategoryName(schemas.CategoryID(id)))
	}
	c.m.categories = newTable(names)
}

func (c *compiler) offset() {
	o := &c.cfg.Offset
	c.m.offset = offsetReader{field: c.entry("offset", o.Field, o.Optional), format: o.Format}
	if home, err := parseDefaultZone(o.Default); err == nil {
		c.m.offset.defaultZone = home
	}
	c.m.zones = newZoneNames()
}

func (a *Amount) shift() int {
	switch {
	case a.Unit != "major":
		return 0
	case a.Decimals == nil:
		return 2
	}
	return *a.Decimals
}

func pointByte(point string) byte {
	if point == "," {
		return ','
	}
	return '.'
}

func delimiterByte(delimiter string) byte {
	if delimiter == "tab" {
		return '\t'
	}
	return delimiter[0]
}
