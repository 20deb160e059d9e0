package risk

// Fit says how a model came about and how well it does on what it did not see.
type Fit struct {
	Data      []Source `json:"data"`
	Users     int      `json:"users"`
	From      string   `json:"from"`       // the first event, RFC 3339
	To        string   `json:"to"`         // up to when the data is complete, RFC 3339: labels reach no further
	EveryDays int      `json:"every_days"` // between cut-offs
	Rows      int      `json:"rows"`       // users at cut-offs the tables were fitted on
	Lost      float64  `json:"lost"`       // the fraction of them that was lost
	Split     string   `json:"split"`      // in words: what was kept apart for Later and Unseen

	Method string `json:"method"` // how it was fitted, in words: learner, settings, rounds, bags

	Later  *Test `json:"later,omitempty"`  // cut-offs after those fitted on
	Unseen *Test `json:"unseen,omitempty"` // users of whom no row was fitted on
}

// Source is one file that was replayed.
type Source struct {
	Name   string `json:"name"`
	Events int64  `json:"events"`
}

// Test is how well a model does on rows it was not fitted on.
type Test struct {
	Rows        int     `json:"rows"`
	Users       int     `json:"users"`
	From        string  `json:"from"`        // the first cut-off, RFC 3339
	To          string  `json:"to"`          // the last
	Lost        float64 `json:"lost"`        // base rate: the fraction of rows that was lost
	AUC         float64 `json:"auc"`         // area under the ROC curve, ties counted half
	Brier       float64 `json:"brier"`       // mean squared error of the probability
	Lift        float64 `json:"lift"`        // the fraction lost among the tenth of highest risk, over Lost
	Reliability []Bin   `json:"reliability"` // ten bins of equal width
}

// Bin is the rows whose predicted probability lies in [From, To).
type Bin struct {
	From      float64 `json:"from"`
	To        float64 `json:"to"`
	Rows      int     `json:"rows"`
	Predicted float64 `json:"predicted"` // mean probability
	Observed  float64 `json:"observed"`  // the fraction lost
}
