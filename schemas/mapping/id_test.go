package mapping_test

import (
	"strings"
	"testing"

	"winback/schemas"
	"winback/schemas/mapping"
)

// idOf decodes a record of the user u unless the members name another.
func idOf(t *testing.T, d *mapping.Decoder, members string) uint64 {
	t.Helper()
	value := `{"type":"order","time":1,"user":"u",` + members + `}`
	e, reason := decodeEvent(t, d, schemas.Record{Value: []byte(value)})
	if reason != schemas.Accepted {
		t.Fatalf("%s: %s (%s)", value, reason, d.Detail())
	}
	return e.ID
}

func idDecoder(t *testing.T, text string) *mapping.Decoder {
	t.Helper()
	cfg := parse(t, text)
	cfg.Key = mapping.KeyIgnore
	return compile(t, cfg).NewDecoder()
}

func TestEqualIDsOfOneUserAreEqualAndAllOthersDiffer(t *testing.T) {
	d := idDecoder(t, `{id: {field: [messageId, id], within: [source, stream]}}`)
	for _, same := range [][2]string{
		{`"messageId":"m1"`, `"x":7,"messageId":"\u006d1"`},
		{`"messageId":"m1"`, `"messageId":null,"id":"m1"`},
		{`"messageId":17`, `"messageId":"17"`},
		{`"messageId":"m1","source":""`, `"messageId":"m1","source":null,"stream":true`},
		{`"messageId":"m1","source":"a"`, `"source":"\u0061","messageId":"m1","amount":5`},
	} {
		if a, b := idOf(t, d, same[0]), idOf(t, d, same[1]); a != b || a == 0 {
			t.Errorf("%s: %d, %s: %d", same[0], a, same[1], b)
		}
	}
	seen := map[uint64]string{}
	for _, members := range []string{`"messageId":"m1"`, `"messageId":"m2"`, `"messageId":"m1","user":"v"`, `"messageId":"m1","source":"a"`, `"messageId":"m1","stream":"a"`,
		`"messageId":"a","source":"m1"`, `"messageId":"u","user":"m1"`, `"messageId":1.0`, `"messageId":1`, `"messageId":"01"`,
		`"messageId":"` + strings.Repeat(`\u0061`, 300) + `1"`, `"messageId":"` + strings.Repeat(`\u0061`, 300) + `2"`} {
		id := idOf(t, d, members)
		if other, twice := seen[id]; twice || id == 0 {
			t.Errorf("%s has the id %d, as %s", members, id, other)
		}
		seen[id] = members
	}
}

func TestAnEventWithoutAnIDHasNone(t *testing.T) {
	d := idDecoder(t, `{id: messageId}`)
	for _, members := range []string{`"x":1`, `"messageId":null`, `"messageId":""`, `"messageId":true`, `"messageId":{"a":1}`, `"messageId":["a"]`} {
		if id := idOf(t, d, members); id != 0 {
			t.Errorf("%s: the id %d", members, id)
		}
	}
	if id := idOf(t, idDecoder(t, `{id: []}`), `"messageId":"m1","id":"m1"`); id != 0 {
		t.Errorf("no id is read, but there is %d", id)
	}
}

func TestARowOfCSVHasAnID(t *testing.T) {
	d := compile(t, parse(t, `{preset: csv, id: {field: message, optional: true}, columns: [user, type, time, message]}`)).NewDecoder()
	ids := map[uint64]bool{}
	for _, row := range []string{"u,order,1,m1", `u,order,1,"m1"`, "u,order,1,m2", `u,order,1,"m""2"`} {
		e, reason := decodeEvent(t, d, schemas.Record{Value: []byte(row)})
		if reason != schemas.Accepted || e.ID == 0 {
			t.Fatalf("%s: %d, %s", row, e.ID, reason)
		}
		ids[e.ID] = true
	}
	if len(ids) != 3 {
		t.Errorf("%d ids, want 3", len(ids))
	}
	withoutColumn := compile(t, parse(t, `{preset: csv, id: {field: message, optional: true}, columns: [user, type, time]}`)).NewDecoder()
	if e, reason := decodeEvent(t, withoutColumn, schemas.Record{Value: []byte("u,order,1")}); reason != schemas.Accepted || e.ID != 0 {
		t.Errorf("%d, %s", e.ID, reason)
	}
}
