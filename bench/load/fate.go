package load

// FateKind says what happens to a user over the span.
type FateKind uint8

// The fates.
const (
	Steady    FateKind = iota // the same rate all along
	Decaying                  // from From on, the rate times Factor
	Silent                    // nothing from From on
	Returning                 // nothing in [From, Until), then as before
	Newcomer                  // nothing before From
	Seasonal                  // in [From, Until) and again every SeasonEvery the full rate, between them the rate times Factor
	fateKinds
)

var fateNames = [fateKinds]string{"steady", "decaying", "silent", "returning", "newcomer", "seasonal"}

// String returns the fate's name in lower case.
func (k FateKind) String() string { return fateNames[k] }

// SeasonEvery is the distance of two seasons' starts in milliseconds, and seasonLength how long each lasts.
const (
	SeasonEvery  = 91 * day
	seasonLength = 28 * day
)

// Fate is the truth about one user, to be laid beside what was flagged. Times are Unix milliseconds.
type Fate struct {
	Kind   FateKind
	From   int64
	Until  int64
	Factor float64
}

// Rate returns what the fate leaves of the user's rate at a time, 0 to 1.
func (f *Fate) Rate(at int64) float64 {
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

// mean returns what the fate leaves of the user's rate over a span, to within the mean's own noise.
func (f *Fate) mean(start, end int64) float64 {
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

// fate draws a user's fate from the user's own hash. Turns for the worse begin between 45 % and 90 % of the span, so that a
// habit can be seen before and the fall after; newcomers arrive in the first 80 %.
func (c *Config) fate(h hash) Fate {
	f := Fate{Kind: c.Shares.kind(h.unit(drawFate)), Factor: 1}
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

// kind maps a number in [0, 1) to a fate by the shares.
func (s *Shares) kind(u float64) FateKind {
	for i, share := range s.list() {
		if u < share {
			return FateKind(i + 1)
		}
		u -= share
	}
	return Steady
}

func floorMod(a, b int64) int64 { return ((a % b) + b) % b }
