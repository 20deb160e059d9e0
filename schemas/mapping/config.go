package mapping

// Config describes a foreign clickstream. Every entry left empty is taken from the preset; an entry that names a field (or a
// const) replaces the preset's entry whole, one that does not lays its options over the preset's.
type Config struct {
	Preset    string            `yaml:"preset"`    // see Presets; empty: winback; custom: start from nothing
	Format    string            `yaml:"format"`    // json or csv
	Key       string            `yaml:"key"`       // KeyUser or KeyIgnore
	User      User              `yaml:"user"`      // whose event it is
	Type      Type              `yaml:"type"`      // what they did
	Time      Time              `yaml:"time"`      // when
	Amount    Amount            `yaml:"amount"`    // money, or any quantity a metric may add
	Duration  Duration          `yaml:"duration"`  // how long
	Category  Category          `yaml:"category"`  // what it was about, for the rules of tags
	Offset    Offset            `yaml:"offset"`    // the user's local time, for the rules of tags
	ID        ID                `yaml:"id"`        // the event's own id, by which one that was sent twice is known
	Types     map[string]string `yaml:"types"`     // foreign event name -> our name; other names stay as they are
	Each      string            `yaml:"each"`      // json: the path to an array in the record whose elements are the events
	Params    ParamLists        `yaml:"params"`    // json: arrays of keys and values, whose entries paths can name
	Delimiter string            `yaml:"delimiter"` // csv: one byte, or "tab"; empty: a comma
	Quotes    string            `yaml:"quotes"`    // csv: QuotesRFC4180 or QuotesNone; empty: see QuotesRFC4180
	Columns   Paths             `yaml:"columns"`   // csv: the columns' names where no header row comes first, as in Kafka
	MaxBytes  int               `yaml:"max_bytes"` // the longest record accepted; 0: 64 KiB
}

// What a record's key has to do with its user.
const (
	KeyUser   = "user"   // the key must be the user id, so that one partition holds all of a user's events
	KeyIgnore = "ignore" // the key is not looked at: for files, and for topics whose user ids a caller keys anew
)

// The formats of a record's value.
const (
	FormatJSON = "json"
	FormatCSV  = "csv"
)

// What a double quote means in CSV.
const (
	// A quote at the beginning of a field opens it: delimiters and line breaks up to the quote that closes it are text. A quote inside a
	// field that does not begin with one is text. This is how CSV is read unless something else is set. Files whose delimiter is a tab
	// often know no quotes: there, unless this is set, a field's quotes that do not open and close it within its line are text too.
	QuotesRFC4180 = "rfc4180"

	QuotesNone = "none" // a quote is text, and every line a row
)

// DefaultMaxBytes is the longest record accepted unless Config.MaxBytes says otherwise.
const DefaultMaxBytes = 64 << 10

// MaxUserBytes is the longest user id accepted, in bytes.
const MaxUserBytes = 256

// Defaults is the clickstream in Winback's own JSON.
func Defaults() Config { return Config{Preset: "winback"} }

// Paths lists fields in order of preference: the first that is there and not null gives the value; of amounts, durations and offsets the
// first that can be read. In JSON a path is dotted
// ("properties.revenue"; a dot in a name is written `\.`), in CSV it is a column's name. "$key" is the record's key and "$time" its
// timestamp. In YAML a single path may stand without brackets.
type Paths []string

// ParamLists are the Params of a Config. In YAML one may stand without brackets.
type ParamLists []Params

// Params describes an array of objects, each of which is a parameter: it holds its key in one field and its value in another. A path
// that goes through it names the parameter: with Field "event_params", "event_params.currency" is the value of the entry with the
// key "currency".
type Params struct {
	Field string `yaml:"field"` // the array
	Key   string `yaml:"key"`   // in an entry: its key
	Value Paths  `yaml:"value"` // in an entry: its value, where the first that holds anything counts
}

// ID says where the event's own id stands, as text or a number. In YAML the paths may stand alone.
type ID struct {
	Field    Paths `yaml:"field"`
	Within   Paths `yaml:"within"`   // fields beside which alone the id is unique, such as its source; all of them count
	Optional bool  `yaml:"optional"` // as in Amount
}

// User says where the user id stands. In YAML the paths may stand alone: `user: customer`.
type User struct {
	Field Paths `yaml:"field"`
}

// Type says where the event's name stands, or what it always is. In YAML the paths may stand alone.
type Type struct {
	Field Paths  `yaml:"field"`
	Const string `yaml:"const"` // every event is of this type; instead of Field
	When  []When `yaml:"when"`  // the first rule that holds decides, before Field and Const are asked
}

// When gives an event its type by what some field begins with or is. Type is one of our names: it is not renamed.
type When struct {
	Field  Paths  `yaml:"field"`
	Equals string `yaml:"equals"`
	Prefix string `yaml:"prefix"`
	Type   string `yaml:"type"`
}

// Time says where the event time stands and how it is written. In YAML the paths may stand alone.
type Time struct {
	Field  Paths  `yaml:"field"`
	Format Paths  `yaml:"format"` // names of formats or Go layouts, tried in turn; empty: auto
	Zone   string `yaml:"zone"`   // IANA name for times without a zone; empty: UTC
}

// Amount says where the amount stands and in what unit. In YAML the paths may stand alone.
type Amount struct {
	Field    Paths  `yaml:"field"`
	Times    Paths  `yaml:"times"`    // a second field, multiplied with the first
	Unit     string `yaml:"unit"`     // minor (a whole number; the default) or major ("11.77")
	Decimals *int   `yaml:"decimals"` // of the major unit, 0 to 6; empty: 2
	Point    string `yaml:"point"`    // the decimal point in text: "." (the default) or ","
	Optional bool   `yaml:"optional"` // csv: the columns may be missing from the header
}

// Duration says where the duration stands and in what unit. In YAML the paths may stand alone.
type Duration struct {
	Field    Paths  `yaml:"field"`
	Unit     string `yaml:"unit"`     // ms (a whole number; the default) or s (decimals allowed)
	Point    string `yaml:"point"`    // as in Amount
	Optional bool   `yaml:"optional"` // as in Amount
}

// Category says where the event's category stands, as text or a number. In YAML the paths may stand alone.
type Category struct {
	Field    Paths `yaml:"field"`
	Optional bool  `yaml:"optional"` // as in Amount
}

// Offset says by how much the user's local time is ahead of UTC. Where no field holds anything, the zone written behind the event
// time counts, and where none is, Default. In YAML the paths may stand alone.
type Offset struct {
	Field    Paths  `yaml:"field"`
	Format   string `yaml:"format"`   // of a number or text: auto (the default), minutes, minutes_behind, hours or seconds
	Default  string `yaml:"default"`  // IANA name or an offset as +02:00; empty: UTC
	Optional bool   `yaml:"optional"` // as in Amount
}
