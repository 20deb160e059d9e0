package schemas

import "encoding/json"

// Profile is what is assessed of one user at one border: worth, habits and risk. A row goes out when something has changed, and
// when an episode begins (docs/decisions.md).
type Profile struct {
	User      string
	At        int64    // the border, Unix milliseconds
	Lifecycle string   // the user's state at that border
	RFM       string   // the tier: high, potential, low or standard; empty while RFM is off
	Tags      []string // the names of the tags that hold, in the order of the configuration
	Risk      float64  // 0-100; below 0 is none: without a model, and for a user it says nothing about
	High      bool     // the risk has reached risk.high
	Alive     float64  // the probability, 0-1, that the user is still a customer; below 0 is none: without a model, and without a repeat purchase
	Reasons   []Term   // what adds up to the risk, by subject, the largest first
}

// Term is what one subject adds to a risk.
type Term struct {
	Feature string  `json:"feature"`
	Points  float64 `json:"points"` // log-odds; above 0 raises the risk
}

// MarshalJSON writes every key always: a risk or alive that there is none of as null, no tags and no reasons as empty arrays.
func (p Profile) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		User      string   `json:"user"`
		At        int64    `json:"at"`
		Lifecycle string   `json:"lifecycle"`
		RFM       string   `json:"rfm"`
		Tags      []string `json:"tags"`
		Risk      *float64 `json:"risk"`
		High      bool     `json:"high"`
		Alive     *float64 `json:"alive"`
		Reasons   []Term   `json:"reasons"`
	}{p.User, p.At, p.Lifecycle, p.RFM, present(p.Tags), known(p.Risk), p.High, known(p.Alive), present(p.Reasons)})
}

// known makes null of the negative numbers that say there is none.
func known(x float64) *float64 {
	if x < 0 {
		return nil
	}
	return &x
}

// present keeps an absent list from being written as null.
func present[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
