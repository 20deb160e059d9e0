package calibrate

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The remission of 21 patients treated with 6-mercaptopurine, in weeks (E. J. Freireich and others, Blood 21, 1963), which textbooks work
// through: survival and standard error by D. Collett, Modelling Survival Data in Medical Research, and by J. P. Klein and M. L. Moeschberger, Survival
// Analysis.
func TestKaplanMeierIsThatOfThePublishedExample(t *testing.T) {
	var l Lengths
	for _, week := range []int{6, 6, 6, 7, 10, 13, 16, 22, 23} {
		l.Add(week, true)
	}
	for _, week := range []int{6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35} {
		l.Add(week, false)
	}
	s := l.Estimate()
	for _, want := range []struct {
		week       int
		watched    int64
		share, err float64
	}{
		{6, 21, 0.857, 0.0764}, {7, 17, 0.807, 0.0869}, {10, 15, 0.753, 0.0963}, {13, 12, 0.690, 0.1068},
		{16, 11, 0.627, 0.1141}, {22, 7, 0.538, 0.1282}, {23, 6, 0.448, 0.1346},
	} {
		share, err := s.Reach(want.week + 1) // survival of a week is reaching the next
		if math.Abs(share-want.share) > 0.0006 || math.Abs(err-want.err) > 0.00006 || s.Watched(want.week) != want.watched {
			t.Errorf("week %d: survival %.4f, standard error %.4f, %d watched; published %.3f, %.4f and %d", want.week, share, err, s.Watched(want.week), want.share, want.err, want.watched)
		}
	}
}

// randomLengths are silences of any kind: few, many, all open, all returned.
func randomLengths(random *rand.Rand) (l Lengths) {
	open := random.Float64() * float64(random.IntN(2))
	longest := 1 + random.IntN(300)
	for range 1 + random.IntN(3000) {
		l.Add(random.IntN(longest), random.Float64() >= open)
	}
	return l
}

func TestALongerSilenceIsNeverLikelierToEndInAReturn(t *testing.T) {
	for seed := range uint64(300) {
		l := randomLengths(rand.New(rand.NewPCG(seed, 1)))
		s := l.Estimate()
		last, before := s.last(), 1.0
		for d := range last + 3 {
			share, err := s.Returning(d, last)
			if !(share >= 0 && share <= before+1e-12) || !(err >= 0 && err < 1) {
				t.Fatalf("seed %d: of silences of %d days %v return (error %v), of those a day shorter %v", seed, d, share, err, before)
			}
			before = share
		}
	}
}

// Without censoring the estimate is the plain share.
func TestWithoutOpenSilencesTheShareIsCounted(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 1))
	var l Lengths
	var all []int
	for range 1000 {
		all = append(all, random.IntN(50))
		l.Add(all[len(all)-1], true)
	}
	s := l.Estimate()
	for d := range 50 {
		n := 0
		for _, length := range all {
			if length >= d {
				n++
			}
		}
		if got, _ := s.Reach(d); math.Abs(got-float64(n)/1000) > 1e-9 || s.Watched(d) != int64(n) {
			t.Errorf("%v of %d silences reach day %d, want %v", got, s.Watched(d), d, float64(n)/1000)
		}
	}
}
