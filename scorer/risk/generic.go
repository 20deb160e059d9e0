package risk

// GenericFeatures are those of the generic model: of activity alone, whatever the metrics, so that it fits products it has never seen.
//
// At the core is the chance of coming back, whose form is given and not learnt: by itself it ranks the users of a history that it has never seen better
// than what models learn on others, whether of twelve ratios to the user's own past or of these features. So training begins with it, and what is learnt
// only adds to it (winback train --generic):
//
//   - over as long as activity is kept it knows the habit of those who come monthly, and that one visit is no habit;
//   - over 56 days it knows the present habit of those who come daily, whose last season says little;
//   - weeks with activity do not mistake one busy evening for a habit;
//   - the usual gap tells what kind of product it is: a quiet week is much where people come daily, and nothing where they come monthly, so that one
//     threshold serves both;
//   - silence in own gaps and over tenure is what the chance, whose form is the same for all, misses of those who come regularly;
//   - tenure tells where courses end and trials run out. It is the one feature with a scale of its own.
//
// The prior of the chance need not suit the product: over a wide range of priors the ranking hardly changes.
func GenericFeatures() []string {
	return []string{
		"long_returns",
		"returns(56d)",
		"weeks(0w, 4w)",
		"weeks(0w, 8w)",
		"long_gap",
		"ratio(recency, long_gap)",
		"ratio(recency, tenure)",
		"tenure",
	}
}
