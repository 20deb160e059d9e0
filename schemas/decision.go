package schemas

// Decision is what became true for one user at one border, spelled out for people and sinks. Fields that a kind does not use are
// zero.
type Decision struct {
	User    string
	At      int64 // the border, Unix milliseconds
	Kind    DecisionKind
	From    string  // lifecycle: the state left, empty at first
	To      string  // lifecycle: the state entered
	Episode uint32  // entered, recovered, settled, lost: the user's episode, from 1
	Metric  string  // entered: the core metric with the largest drop
	Cur     int64   // entered: the metric's sum over the current window
	Base    int64   // entered: the metric's sum over the baseline
	Drop    float64 // entered: the fraction of the baseline's rate that is lost; 1 is silence
	Reason  string  // entered: one sentence for a person

	Returned bool // lifecycle: the user came back, out of silence or churn
}

// DecisionKind names what became true.
type DecisionKind string

// The kinds of decisions.
const (
	KindLifecycle DecisionKind = "lifecycle" // the lifecycle state changed
	KindEntered   DecisionKind = "entered"   // the user became pre-churn: an episode began
	KindRecovered DecisionKind = "recovered" // the episode ended: back at the old rate
	KindSettled   DecisionKind = "settled"   // the episode ended: steadily quieter than before
	KindLost      DecisionKind = "lost"      // the episode ended: the user churned
)
