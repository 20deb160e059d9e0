package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/pprof/profile"
)

// TestHotIsWhatIsHot makes sure that the profile builds are guided by knows the functions that events go through, and bears no paths of
// the machine it was taken on, also once it is written again.
func TestHotIsWhatIsHot(t *testing.T) {
	p := readProfile(t, "hot.pgo")
	again := filepath.Join(t.TempDir(), "again.pgo")
	for _, m := range p.Mapping {
		m.File = "/home/somebody/bench-scorer"
	}
	if err := keep(again, p); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*profile.Profile{readProfile(t, "hot.pgo"), readProfile(t, again)} {
		for _, m := range p.Mapping {
			if m.File != "" {
				t.Errorf("a mapping of %s", m.File)
			}
		}
		for _, f := range p.Function {
			if filepath.IsAbs(f.Filename) {
				t.Errorf("%s is in %s", f.Name, f.Filename)
			}
		}
		for _, name := range []string{"winback/schemas/mapping.followSteps", "winback/scorer/track.(*Reader).Read", "winback/scorer/track.(*Codec).extendNewest", "winback/pipeline/state.(*Partition).AddAll"} {
			if !slices.ContainsFunc(p.Function, func(f *profile.Function) bool { return f.Name == name }) {
				t.Errorf("%s is missing: take the profile anew with make profile", name)
			}
		}
	}
}

func readProfile(t *testing.T, path string) *profile.Profile {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.ParseData(data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
