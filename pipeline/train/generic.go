package train

import (
	"math"

	"winback/pipeline/train/additive"
	"winback/scorer/risk"
)

// genericLearner learns little: few rounds, large leaves. What a longer fit finds is what the histories at hand are like, and on others it ranks worse
// than what is known beforehand.
func (c Config) genericLearner(rows int) additive.Config {
	learner := c.learner()
	learner.Rounds, learner.Rate, learner.MinLeaf, learner.Ridge = 12, 0.1, max(rows/600, 50), max(float64(rows/6000), 5)
	return learner
}

// genericPrior is what is known of a curve before any history is seen; nil for nothing. It ranks the users of a history that it has never seen
// better than what is learnt on others alone.
func genericPrior(feature string) func(x float64) float64 {
	switch feature {
	case "long_returns": // the chance of coming back, by BG/NBD
		return func(x float64) float64 {
			x = min(max(x, surest), 1-surest)
			return math.Log((1 - x) / x)
		}
	case "long_gap":
		// Where people come often, few leave, and where they come seldom, many. Half of what the usual gap says of the chance is taken out again, so that
		// one threshold serves both kinds of product.
		return func(x float64) float64 { return -math.Log(max(x, surest)) / 2 }
	}
	return nil
}

// surest is how near a chance may come to 0, so that its log-odds stay finite.
const surest = 1e-4

// genericThreshold was chosen by backtests of models that leave one history out, so that the flags find half of the lost of any of the two shops, and
// three in five of a product that people use daily and that the model knows. An exit below the entry finds more of the latter.
func genericThreshold() *risk.Threshold {
	return &risk.Threshold{Enter: 56, Exit: 46, Why: "by backtests of models that leave one history out: docs/risk.md"}
}
