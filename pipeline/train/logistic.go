package train

import "math"

func logistic(z float64) float64 { return 1 / (1 + math.Exp(-z)) }
