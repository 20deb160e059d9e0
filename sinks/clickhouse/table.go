package clickhouse

import (
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"winback/schemas"
)

// table is one destination of schemas.Rows: what of them it takes, and how.
type table struct {
	name    string
	columns []string // that are inserted
	insert  string   // the INSERT statement that names them
	count   func(*schemas.Rows) int
	digest  func(*scratch, *schemas.Rows) uint64 // of what the rows hold, see token
	fill    func(*scratch, driver.Batch, *schemas.Rows) error
}

// tables lists what Insert fills, in its order: progress is last because it says that the others are complete.
func tables(database string) []table {
	return []table{
		newTable(database, "activity", func(r *schemas.Rows) []schemas.Activity { return r.Activity }, append(activityColumns(), placeColumns[schemas.Activity]()...)),
		newTable(database, "transitions", func(r *schemas.Rows) []schemas.Decision { return r.Decisions }, append(decisionColumns(), originColumns[schemas.Decision]()...)),
		newTable(database, "triggers", func(r *schemas.Rows) []schemas.Trigger { return r.Triggers }, append(triggerColumns(), originColumns[schemas.Trigger]()...)),
		newTable(database, "profiles", func(r *schemas.Rows) []schemas.Profile { return r.Profiles }, append(profileColumns(), originColumns[schemas.Profile]()...)),
		newTable(database, "progress", func(r *schemas.Rows) []progress { return []progress{{r.WindowsFrom}} }, append(progressColumns(), originColumns[progress]()...)),
	}
}

func newTable[R any](database, name string, of func(*schemas.Rows) []R, columns []column[R]) table {
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].name
	}
	return table{
		name: name, columns: names,
		insert: fmt.Sprintf("INSERT INTO %s.%s (%s)", database, name, strings.Join(names, ", ")),
		count:  func(rows *schemas.Rows) int { return len(of(rows)) },
		digest: func(s *scratch, rows *schemas.Rows) uint64 { return digest(s, columns, of(rows)) },
		fill: func(s *scratch, batch driver.Batch, rows *schemas.Rows) error {
			for i := range columns {
				if err := columns[i].put(s, batch.Column(i), of(rows), rows); err != nil {
					return fmt.Errorf("column %s: %w", columns[i].name, err)
				}
			}
			return nil
		},
	}
}

func activityColumns() []column[schemas.Activity] {
	return []column[schemas.Activity]{
		seconds("minute", func(a *schemas.Activity) int64 { return a.Minute }),
		words("type", func(a *schemas.Activity) string { return a.Type }),
		seconds("emitted", func(a *schemas.Activity) int64 { return a.Emitted }),
		plain("events", uints, func(a *schemas.Activity) uint64 { return a.Events }),
		plain("amount", ints, func(a *schemas.Activity) int64 { return a.Amount }),
		plain("duration_ms", ints, func(a *schemas.Activity) int64 { return a.Duration }),
	}
}

func decisionColumns() []column[schemas.Decision] {
	return []column[schemas.Decision]{
		plain("user", texts, func(d *schemas.Decision) string { return d.User }),
		milliseconds("at", func(d *schemas.Decision) int64 { return d.At }),
		words("kind", func(d *schemas.Decision) string { return string(d.Kind) }),
		words("from_state", func(d *schemas.Decision) string { return d.From }),
		words("to_state", func(d *schemas.Decision) string { return d.To }),
		plain("returned", flags, func(d *schemas.Decision) uint8 { return flag(d.Returned) }),
		plain("episode", counts, func(d *schemas.Decision) uint32 { return d.Episode }),
		words("metric", func(d *schemas.Decision) string { return d.Metric }),
		plain("cur", ints, func(d *schemas.Decision) int64 { return d.Cur }),
		plain("base", ints, func(d *schemas.Decision) int64 { return d.Base }),
		plain("drop", floats, func(d *schemas.Decision) float64 { return d.Drop }),
		plain("reason", texts, func(d *schemas.Decision) string { return d.Reason }),
	}
}

func triggerColumns() []column[schemas.Trigger] {
	return []column[schemas.Trigger]{
		plain("id", texts, func(t *schemas.Trigger) string { return t.ID.String() }),
		plain("user", texts, func(t *schemas.Trigger) string { return t.User }),
		words("journey", func(t *schemas.Trigger) string { return t.Journey }),
		plain("episode", counts, func(t *schemas.Trigger) uint32 { return t.Episode }),
		plain("stage", counts, func(t *schemas.Trigger) uint32 { return t.Stage }),
		milliseconds("at", func(t *schemas.Trigger) int64 { return t.At }),
		words("lifecycle", func(t *schemas.Trigger) string { return t.Lifecycle }),
		words("metric", func(t *schemas.Trigger) string { return t.Metric }),
		plain("cur", ints, func(t *schemas.Trigger) int64 { return t.Cur }),
		plain("base", ints, func(t *schemas.Trigger) int64 { return t.Base }),
		plain("drop", floats, func(t *schemas.Trigger) float64 { return t.Drop }),
		plain("reason", texts, func(t *schemas.Trigger) string { return t.Reason }),
		optional("risk", func(t *schemas.Trigger) *float64 { return present(&t.Risk, t.Risk >= 0) }),
		words("rfm", func(t *schemas.Trigger) string { return t.RFM }),
	}
}

func profileColumns() []column[schemas.Profile] {
	return []column[schemas.Profile]{
		plain("user", texts, func(p *schemas.Profile) string { return p.User }),
		milliseconds("at", func(p *schemas.Profile) int64 { return p.At }),
		words("lifecycle", func(p *schemas.Profile) string { return p.Lifecycle }),
		words("rfm", func(p *schemas.Profile) string { return p.RFM }),
		lists("tags", texts, func(p *schemas.Profile, to []string) []string { return append(to, p.Tags...) }),
		optional("risk", func(p *schemas.Profile) *float64 { return present(&p.Risk, p.Risk >= 0) }),
		plain("high", flags, func(p *schemas.Profile) uint8 { return flag(p.High) }),
		optional("alive", func(p *schemas.Profile) *float64 { return present(&p.Alive, p.Alive >= 0) }),
		lists("reasons", texts, func(p *schemas.Profile, to []string) []string {
			for i := range p.Reasons {
				to = append(to, p.Reasons[i].Feature)
			}
			return to
		}),
		lists("points", floats, func(p *schemas.Profile, to []float64) []float64 {
			for i := range p.Reasons {
				to = append(to, p.Reasons[i].Points)
			}
			return to
		}),
	}
}

// present is nil, ClickHouse's NULL, for what there is none of.
func present(x *float64, is bool) *float64 {
	if !is {
		return nil
	}
	return x
}

func flag(is bool) uint8 {
	if is {
		return 1
	}
	return 0
}

// placeColumns say which partition and build a row is of. An activity row has no more: there are many of them, and emitted says the rest.
func placeColumns[R any]() []column[R] {
	return []column[R]{
		origin[R]("topic", func(r *schemas.Rows) any { return r.Topic }),
		origin[R]("partition", func(r *schemas.Rows) any { return r.Partition }),
		origin[R]("build", func(r *schemas.Rows) any { return r.Build.Name }),
	}
}

// progress is the one row of its table that an insert has.
type progress struct{ windowsFrom int64 }

func progressColumns() []column[progress] {
	return []column[progress]{
		origin[progress]("began", func(r *schemas.Rows) any { return clampMilliseconds(r.Build.Began) }),
		milliseconds("windows_from", func(p *progress) int64 { return p.windowsFrom }),
	}
}

// originColumns say what a row follows from.
func originColumns[R any]() []column[R] {
	return append(placeColumns[R](),
		origin[R]("watermark", func(r *schemas.Rows) any { return clampMilliseconds(r.Watermark) }),
		origin[R]("offset_from", func(r *schemas.Rows) any { return r.From }),
		origin[R]("offset_to", func(r *schemas.Rows) any { return r.To }),
	)
}
