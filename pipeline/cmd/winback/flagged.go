package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"winback/schemas"
)

// flagged keeps every user's latest episode.
type flagged struct{ byUser map[string]*episode }

// episode is one line of the result.
type episode struct {
	User    string  `json:"user"`
	At      int64   `json:"at"` // when it was entered, Unix milliseconds
	Episode uint32  `json:"episode"`
	Metric  string  `json:"metric"`
	Cur     int64   `json:"cur"`
	Base    int64   `json:"base"`
	Drop    float64 `json:"drop"`
	Reason  string  `json:"reason"`
	Status  string  `json:"status"`          // open, recovered, settled or lost
	Ended   int64   `json:"ended,omitempty"` // Unix milliseconds
}

const statusOpen = "open"

func newFlagged() *flagged { return &flagged{map[string]*episode{}} }

func (f *flagged) add(ds []schemas.Decision) {
	for i := range ds {
		d := &ds[i]
		switch e := f.byUser[d.User]; {
		case d.Kind == schemas.KindLifecycle:
		case d.Kind == schemas.KindEntered:
			f.byUser[d.User] = &episode{
				User: d.User, At: d.At, Episode: d.Episode, Metric: d.Metric, Cur: d.Cur, Base: d.Base, Drop: d.Drop, Reason: d.Reason, Status: statusOpen,
			}
		case e != nil:
			e.Status, e.Ended = string(d.Kind), d.At
		}
	}
}

// open is how many users are flagged now.
func (f *flagged) open() (n int) {
	for _, e := range f.byUser {
		if e.Status == statusOpen {
			n++
		}
	}
	return n
}

// sorted puts open episodes first, then the newest.
func (f *flagged) sorted() []*episode {
	rank := func(e *episode) int {
		if e.Status == statusOpen {
			return 0
		}
		return 1
	}
	return slices.SortedFunc(maps.Values(f.byUser), func(a, b *episode) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.At, a.At), cmp.Compare(a.User, b.User))
	})
}

func (f *flagged) writeJSON(out io.Writer) error {
	to := json.NewEncoder(out)
	for _, e := range f.sorted() {
		if err := to.Encode(e); err != nil {
			return err
		}
	}
	return nil
}

// writeTable shows the first top episodes, all if top is 0, in a width that is unknown if 0.
func (f *flagged) writeTable(out io.Writer, top, width int) error {
	all := f.sorted()
	if len(all) == 0 {
		_, err := fmt.Fprintln(out, "No user was flagged.")
		return err
	}
	shown := all
	if top > 0 && top < len(all) {
		shown = all[:top]
	}
	w := table.NewWriter()
	w.SetStyle(table.StyleLight)
	w.Style().Format.Header = text.FormatDefault
	w.Style().Size.WidthMax = width
	w.AppendHeader(table.Row{"User", "Flagged (UTC)", "Now", "Because"})
	for _, e := range shown {
		w.AppendRow(table.Row{printable(e.User), moment(e.At), e.Status, e.Reason})
	}
	rest := ""
	if hidden := len(all) - len(shown); hidden > 0 {
		rest = fmt.Sprintf("and %s more: --top 0 shows all, --output json prints them as JSON lines\n", grouped(hidden))
	}
	_, err := fmt.Fprintf(out, "%s\n%s", w.Render(), rest)
	return err
}
