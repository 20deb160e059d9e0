package schemas_test

import (
	"testing"
	"time"

	"winback/schemas"
)

func TestDurationsAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]struct {
		ms   schemas.Duration
		back string
	}{
		"0":        {0, "0s"},
		"0s":       {0, "0s"},
		"250ms":    {250, "250ms"},
		"30s":      {30_000, "30s"},
		"1h30m":    {5_400_000, "1h30m"},
		"90m":      {5_400_000, "1h30m"},
		"7d":       {604_800_000, "7d"},
		"4w":       {4 * schemas.Week, "28d"},
		"1d2s3ms":  {schemas.Day + 2003, "1d2s3ms"},
		" 5m ":     {5 * schemas.Minute, "5m"},
		"1w1d1h1m": {schemas.Week + schemas.Day + schemas.Hour + schemas.Minute, "8d1h1m"},
	} {
		got, err := schemas.ParseDuration(text)
		if err != nil || got != want.ms || got.String() != want.back {
			t.Errorf("%q: got %d %q (%v), want %d %q", text, got, got, err, want.ms, want.back)
		}
	}
}

func TestWhatIsNoDurationIsRefused(t *testing.T) {
	for _, text := range []string{"", " ", "5", "-5m", "1.5h", "m", "5 m", "5x", "5m1h", "5m5m", "99999999999999999999d", "106751991168d", "1d-"} {
		if got, err := schemas.ParseDuration(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func TestAnOverlongDurationDoesNotOverflowTheStandardOne(t *testing.T) {
	if got := schemas.Duration(1 << 62).Std(); got < 200*365*24*time.Hour {
		t.Errorf("got %v", got)
	}
	if got := (90 * schemas.Second).Std(); got != 90*time.Second {
		t.Errorf("got %v", got)
	}
}

func FuzzDuration(f *testing.F) {
	for _, text := range []string{"7d", "1h30m", "0", "4w", "-1s"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := schemas.ParseDuration(text)
		if err != nil {
			return
		}
		if again, err := schemas.ParseDuration(d.String()); err != nil || again != d {
			t.Errorf("%q is %d, written %q, read again %d (%v)", text, d, d, again, err)
		}
	})
}
