package ingest

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// groupsOf is a response of version 5 that lists groups by name, protocol type, state and kind.
func groupsOf(groups ...[4]string) []byte {
	b := binary.BigEndian.AppendUint32(nil, groupsCorrelation)
	b = append(b, noTags, 0, 0, 0, 0, 0, 0)
	b = appendLength(b, len(groups))
	for _, g := range groups {
		for _, text := range g {
			b = appendCompact(b, text)
		}
		b = append(b, noTags)
	}
	return append(b, noTags)
}

func TestAGroupIsTakenByConsumersOfAnotherKind(t *testing.T) {
	for _, c := range []struct {
		group [4]string
		taken string
	}{
		{[4]string{"winback", "consumer", "Stable", "classic"}, ""},
		{[4]string{"winback", "", "Empty", "classic"}, ""},
		{[4]string{"winback", "connect", "Empty", "classic"}, ""},
		{[4]string{"winback", "connect", "Stable", "classic"}, "for connect"},
		{[4]string{"winback", "consumer", "Empty", "consumer"}, ""},
		{[4]string{"winback", "consumer", "Assigning", "consumer"}, "KIP-848"},
		{[4]string{"winback", "share", "Empty", "share"}, "a share group"},
		{[4]string{"winback", "streams", "Stable", "streams"}, "a streams group"},
		{[4]string{"another", "share", "Stable", "share"}, ""},
	} {
		whole := groupsOf([4]string{"first", "consumer", "Stable", "consumer"}, c.group, [4]string{"last", "consumer", "Stable", "consumer"})
		found, err := findGroup(whole, "winback")
		if err != nil {
			t.Fatal(err)
		}
		switch err := found.taken(); {
		case c.taken == "" && err != nil, c.taken != "" && (!errors.Is(err, errOtherKind) || !strings.Contains(err.Error(), c.taken)):
			t.Errorf("%v: %v, want %q", c.group, err, c.taken)
		}
	}
}

func TestNoShortResponseAboutGroupsIsTakenForAWholeOne(t *testing.T) {
	whole := groupsOf([4]string{"winback", "share", "Stable", "share"})
	for cut := range len(whole) - 1 { // what follows the groups is not looked at
		if found, err := findGroup(whole[:cut], "winback"); err == nil {
			t.Errorf("%d bytes of %d: %+v", cut, len(whole), found)
		}
	}
}

func FuzzGroups(f *testing.F) {
	f.Add(groupsOf([4]string{"winback", "share", "Stable", "share"}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if found, err := findGroup(b, "winback"); err == nil && len(found.kind)+len(found.state) > len(b) {
			t.Errorf("%+v out of %d bytes", found, len(b))
		}
	})
}
