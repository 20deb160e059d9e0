package load

// PatternKind says how a user's activity changes over the span.
type PatternKind uint8

// The patterns.
const (
	Steady    PatternKind = iota // the same rate all along
	Decaying                     // from From on, the rate times Factor
	Silent                       // nothing from From on
	Returning                    // nothing in [From, Until), then as before
	Newcomer                     // nothing before From
	Seasonal                     // in [From, Until) and again every SeasonEvery the full rate, between them the rate times Factor
	patternKinds
)

var patternNames = [patternKinds]string{"steady", "decaying", "silent", "returning", "newcomer", "seasonal"}

// String returns the pattern's name in lower case.
func (k PatternKind) String() string { return patternNames[k] }

// SeasonEvery is the distance of two seasons' starts in milliseconds, and seasonLength how long each lasts.
const (
	SeasonEvery  = 91 * day
	seasonLength = 28 * day
)

// Pattern is what truly happens to one user's activity, to compare with what was flagged. Times are Unix milliseconds.
type Pattern struct {
	Kind   PatternKind
	From   int64
	Until  int64
	Factor float64
}

// Rate returns the fraction of the user's own rate that the pattern leaves at a time, 0 to 1.
func (f *Pattern) Rate(at int64) float64 {
	switch f.Kind {
	case Decaying:
		return pick(at < f.From, 1, f.Factor)
	case Silent:
		return pick(at < f.From, 1, 0)
	case Returning:
		return pick(at < f.From || at >= f.Until, 1, 0)
	case Newcomer:
		return pick(at < f.From, 0, 1)
	case Seasonal:
		return pick(floorMod(at-f.From, SeasonEvery) < seasonLength, 1, f.Factor)
	default:
		return 1
	}
}

// mean returns the mean of Rate over a span, by sampling.
func (f *Pattern) mean(start, end int64) float64 {
	const samples = 64
	sum := 0.0
	for i := range int64(samples) {
		sum += f.Rate(start + (end-start)/samples*i + (end-start)/(2*samples))
	}
	return sum / samples
}

func pick(first bool, a, b float64) float64 {
	if first {
		return a
	}
	return b
}

// pattern draws a user's pattern from the user's hash. Losses begin between 45 % and 90 % of the span, so that there is a baseline before
// them and time to notice them after; newcomers arrive in the first 80 %.
func (c *Config) pattern(h hash) Pattern {
	f := Pattern{Kind: c.Shares.kind(h.unit(drawPattern)), Factor: 1}
	span, u := float64(c.End-c.Start), h.unit(drawFrom)
	f.From = c.Start + int64(span*(0.45+0.45*u))
	switch f.Kind {
	case Decaying:
		f.Factor = 1 - (0.4 + 0.4*h.unit(drawFactor))
	case Returning:
		f.Until = f.From + int64(span*(0.1+0.3*h.unit(drawUntil)))
	case Newcomer:
		f.From = c.Start + int64(span*0.8*u)
	case Seasonal:
		f.From = c.Start + int64(float64(SeasonEvery)*u)
		f.Until, f.Factor = f.From+seasonLength, 0.1
	case Steady:
		f.From = 0
	}
	return f
}

// kind maps a number in [0, 1) to a pattern by the shares.
func (s *Shares) kind(u float64) PatternKind {
	for i, share := range s.list() {
		if u < share {
			return PatternKind(i + 1)
		}
		u -= share
	}
	return Steady
}

func floorMod(a, b int64) int64 { return ((a % b) + b) % b }
