package main

import (
	"context"
	"fmt"
	"strings"

	"winback/sinks/clickhouse"
)

// tables looks at ClickHouse: the server, its schema, the rights, and what the tables hold.
func (d *doctor) tables(ctx context.Context) {
	server, err := d.clickhouse(ctx)
	if err != nil {
		d.fail("clickhouse", err)
		d.add("schema", statusSkip, "not asked")
		return
	}
	defer func() { _ = server.Close() }()
	version, err := server.Version(ctx)
	if err != nil {
		d.fail("clickhouse", err)
		return
	}
	d.add("clickhouse", statusOK, "version "+version)
	have, want, err := server.SchemaVersion(ctx)
	switch {
	case err != nil:
		d.fail("schema", err)
	case have > want:
		d.fail("schema", newerSchema(have, want))
	case have < want:
		d.add("schema", statusFail, fmt.Sprintf("version %d, and %d is needed: run winback migrate", have, want))
		d.problems(ctx, "rights", "", server.Lacking)
	default:
		if d.problems(ctx, "schema", fmt.Sprintf("version %d, and nothing differs from what winback migrate makes", have), server.Compare) {
			d.problems(ctx, "inserts", "tried without a row: this user may write to every table", server.TryInserts)
		} else {
			d.add("inserts", statusSkip, "not tried: mend the schema first")
		}
		d.others(ctx, server)
		d.histories(ctx, server)
	}
}

// problems lists what ask finds; without any, that all is well, if there is something to say. It reports whether rows can be inserted for all
// that it found.
func (d *doctor) problems(ctx context.Context, check, well string, ask func(context.Context) ([]clickhouse.Problem, error)) (insertable bool) {
	problems, err := ask(ctx)
	switch {
	case err != nil:
		d.fail(check, err)
	case len(problems) == 0 && well != "":
		d.add(check, statusOK, well)
	}
	for _, p := range problems {
		d.add(check, statusFail, p.String())
	}
	return err == nil && stopping(problems) == nil
}

// others names the materialized views of other people, because an insert waits for them.
func (d *doctor) others(ctx context.Context, server server) {
	views, err := server.PushedTo(ctx)
	if err != nil {
		d.fail("others' views", err)
	} else if len(views) > 0 {
		d.add("others' views", statusOK, strings.Join(views, ", ")+": not Winback's; rows wait while one of them fails")
	}
}

func (d *doctor) histories(ctx context.Context, server server) {
	const check = "histories"
	h, err := server.CheckHistories(ctx)
	switch {
	case err != nil:
		d.add(check, statusSkip, "not told: "+err.Error())
	case h.Broken > 0:
		d.add(check, statusWarn, fmt.Sprintf("rows of transitions are missing: %s with a change of state that does not begin where the last one ended, such as %s of topic %s: "+
			"counts of users by state are wrong by as many: docs/clickhouse.md, Missing rows", counted(h.Broken, "user"), printable(h.Example), h.Topic))
	case h.Changes > 0:
		d.add(check, statusOK, counted(h.Changes, "change")+" of state follow from each other")
	}
}
