package schemas

import "encoding/json"

// MarshalJSON writes what the kind uses and nothing else; docs/decisions.md is its manual. From is there even when empty: that is a
// user's first state.
func (d Decision) MarshalJSON() ([]byte, error) {
	type head struct {
		User string       `json:"user"`
		At   int64        `json:"at"`
		Kind DecisionKind `json:"kind"`
	}
	h := head{d.User, d.At, d.Kind}
	switch d.Kind {
	case KindLifecycle:
		return json.Marshal(struct {
			head
			From     string `json:"from"`
			To       string `json:"to"`
			Returned bool   `json:"returned,omitempty"`
		}{h, d.From, d.To, d.Returned})
	case KindEntered:
		return json.Marshal(struct {
			head
			Episode uint32  `json:"episode"`
			Metric  string  `json:"metric"`
			Cur     int64   `json:"cur"`
			Base    int64   `json:"base"`
			Drop    float64 `json:"drop"`
			Reason  string  `json:"reason"`
		}{h, d.Episode, d.Metric, d.Cur, d.Base, d.Drop, d.Reason})
	}
	return json.Marshal(struct {
		head
		Episode uint32 `json:"episode"`
	}{h, d.Episode})
}
