package main

import (
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"winback/pipeline/replay"
	"winback/schemas"
)

// refusals shows the first few refused lines and keeps all of them in a file if asked to.
type refusals struct {
	out   io.Writer
	file  *newFile // nil if not asked for
	shown int
}

// showRefusals is how many refused lines are shown.
const showRefusals = 5

func (a *app) newRefusals(path string) (*refusals, error) {
	file, err := optionalFile(path, a.stdout)
	return &refusals{out: a.stderr, file: file}, err
}

func (r *refusals) add(refusal *replay.Refusal) error {
	if r.shown++; r.shown <= showRefusals {
		_, _ = fmt.Fprintf(r.out, "winback: %s:%d: %s: %s\n", refusal.File, refusal.Line, refusal.Reason, refusal.Detail)
	} else if r.shown == showRefusals+1 && r.file == nil {
		_, _ = fmt.Fprintln(r.out, "winback: more lines are refused: --dead-letters FILE keeps them all")
	}
	if r.file == nil {
		return nil
	}
	return r.keep(refusal)
}

// keep writes one line of the dead-letter file. A value that is no text goes as base64.
func (r *refusals) keep(refusal *replay.Refusal) error {
	line := struct {
		File   string `json:"file"`
		Line   int64  `json:"line"`
		Reason string `json:"reason"`
		Detail string `json:"detail"`
		Value  string `json:"value,omitempty"`
		Raw    []byte `json:"value_base64,omitempty"`
	}{File: refusal.File, Line: refusal.Line, Reason: refusal.Reason.String(), Detail: refusal.Detail}
	if utf8.Valid(refusal.Value) {
		line.Value = string(refusal.Value)
	} else {
		line.Raw = refusal.Value
	}
	return r.file.explain(json.NewEncoder(r.file).Encode(line))
}

// describeRead counts what was read, and refused lines by reason, in the order of the reasons: "Read 1 file: 90 events, 12 refused (3
// bad_time, 9 no_user)".
func describeRead(files int, s replay.Stats) string {
	text := fmt.Sprintf("Read %s: %s, %s refused", counted(files, "file"), counted(s.Events, "event"), grouped(s.RefusedTotal()))
	separator := " ("
	for _, reason := range schemas.Reasons() {
		if n := s.Refused[reason]; n > 0 {
			text += separator + grouped(n) + " " + reason.String()
			separator = ", "
		}
	}
	if separator == ", " {
		text += ")"
	}
	if zones := s.UnknownZones; zones.Events > 0 {
		text += fmt.Sprintf(", %s in an unknown time zone, such as %q", grouped(zones.Events), zones.First)
	}
	return text
}
