package schemas

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"

	"github.com/cespare/xxhash/v2"
)

// Trigger asks for one recall of one user. It goes to the trigger topic as JSON (schemas/trigger.schema.json), keyed by the user.
type Trigger struct {
	ID        TriggerID `json:"id"` // NewTriggerID of the next four
	User      string    `json:"user"`
	Journey   string    `json:"journey"`
	Episode   uint32    `json:"episode"`        // the user's, from 1
	Stage     uint32    `json:"stage"`          // of the journey
	At        int64     `json:"at"`             // the border at which the drop became true, Unix milliseconds
	Lifecycle string    `json:"lifecycle"`      // the user's state at that border, empty if none
	Metric    string    `json:"metric"`         // the core metric with the largest drop
	Cur       int64     `json:"cur"`            // its sum over the current window
	Base      int64     `json:"base"`           // its sum over the baseline
	Drop      float64   `json:"drop"`           // the fraction of the baseline's rate that is lost; 1 is silence
	Reason    string    `json:"reason"`         // one sentence for a person
	Risk      float64   `json:"risk,omitempty"` // 0-100 at that border; below 0 is none, as in Profile
	RFM       string    `json:"rfm,omitempty"`  // the tier at that border; empty while RFM is off
}

// MarshalJSON leaves out a risk that there is none of; a risk of 0 is written.
func (t Trigger) MarshalJSON() ([]byte, error) {
	type fields Trigger
	return json.Marshal(struct {
		fields
		Risk *float64 `json:"risk,omitempty"` // in the place of the field of the same name
	}{fields(t), known(t.Risk)})
}

// UnmarshalJSON reads what MarshalJSON writes: a risk that is not there is below 0.
func (t *Trigger) UnmarshalJSON(text []byte) error {
	type fields Trigger
	t.Risk = -1
	return json.Unmarshal(text, (*fields)(t))
}

// TriggerID is a hash of (user, journey, episode, stage): a replay makes the same id.
type TriggerID [16]byte

// NewTriggerID hashes the four with xxHash64 under two seeds; lengths are hashed with the strings, so that no two tuples run together.
func NewTriggerID(user, journey string, episode, stage uint32) TriggerID {
	var id TriggerID
	for half, seed := range [2]uint64{0, 0x9e3779b97f4a7c15} {
		d := xxhash.NewWithSeed(seed)
		var n [8]byte
		for _, s := range [2]string{user, journey} {
			binary.BigEndian.PutUint64(n[:], uint64(len(s)))
			_, _ = d.Write(n[:])
			_, _ = d.WriteString(s)
		}
		binary.BigEndian.PutUint32(n[:4], episode)
		binary.BigEndian.PutUint32(n[4:], stage)
		_, _ = d.Write(n[:])
		binary.BigEndian.PutUint64(id[half*8:], d.Sum64())
	}
	return id
}

// String returns 32 hexadecimal digits.
func (id TriggerID) String() string { return hex.EncodeToString(id[:]) }

// MarshalText writes the id as it stands in JSON.
func (id TriggerID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads 32 hexadecimal digits.
func (id *TriggerID) UnmarshalText(b []byte) error {
	if len(b) != 2*len(id) {
		return hex.ErrLength
	}
	_, err := hex.Decode(id[:], b)
	return err
}
