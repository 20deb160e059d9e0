package track

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

const (
	minute = int64(60_000)
)

// wide is a schema of lanes of any kinds, more than a configuration can easily ask for, kept for lengths of their own; and shapes that its
// records often have.
type wide struct {
	*Schema
	*Codec
	common []Shape
}

func drawWide(t *rapid.T) (w wide) {
	lanes := make([]Lane, rapid.SampledFrom([]int{1, 4, 31, 32, 33, 48, MaxLanes}).Draw(t, "lanes"))
	for i := range lanes {
		lanes[i] = Lane{
			Sum:    SumKind(max(0, rapid.IntRange(-2, int(SumKinds)-1).Draw(t, "kind"))),
			Expiry: rapid.SampledFrom([]uint32{100, 800, 20_000}).Draw(t, "expiry"), WholeDays: rapid.IntRange(0, 9).Draw(t, "whole days") == 0,
		}
	}
	w.Schema = newSchema(t, lanes)
	all := uint64(1)<<len(lanes) - 1
	for range rapid.IntRange(1, 6).Draw(t, "common shapes") {
		lanes := rapid.Uint64Range(1, all).Draw(t, "common lanes")
		w.common = append(w.common, Shape{lanes, lanes & rapid.Uint64().Draw(t, "common many")})
	}
	w.Codec = w.Schema.NewCodec()
	if rapid.Bool().Draw(t, "full dictionary") {
		fill(w.shapes, len(lanes), w.common)
	}
	return w
}

func newSchema(t interface{ Fatal(...any) }, lanes []Lane) *Schema {
	s, err := NewSchema(lanes, hourMillis, 30*minute)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fill lets a dictionary observe as many shapes as it can number, of all of which the last are common: their numbers are long.
func fill(d *shapeDictionary, lanes int, common []Shape) {
	most := uint64(1)<<lanes - 1
	for i := uint64(1); len(d.observed) < maxShapes-len(common) && i <= most; i++ {
		for range timesToCount {
			d.observe(Shape{Lanes: most - i + 1, Many: (most - i + 1) & i})
		}
	}
	for _, s := range common {
		for range timesToCount {
			d.observe(s)
		}
	}
}

// record draws the cells of a record, whose shape often is a common one.
func (w *wide) record(t *rapid.T, at Head) (cells []Cell) {
	var shape Shape
	if rapid.IntRange(0, 2).Draw(t, "what shape") > 0 {
		shape = rapid.SampledFrom(w.common).Draw(t, "shape")
	} else {
		all := uint64(1)<<len(w.lanes) - 1
		shape = Shape{rapid.Uint64Range(1, all).Draw(t, "lanes") & all, rapid.Uint64().Draw(t, "many")}
	}
	for lane := range w.lanes {
		if shape.Lanes>>lane&1 == 0 {
			continue
		}
		c := Cell{Grain: at.Newest, Shift: at.Shift, Lane: uint8(lane), Count: 1, Sum: drawSum(t, w.kinds[lane])}
		if shape.Many>>lane&1 == 1 && w.kinds[lane] != SpanSum {
			c.Count = max(2, drawCount(t))
		}
		cells = append(cells, c)
	}
	return cells
}

// drawCount draws numbers that are common, those whose code is the longest, and those that have none.
func drawCount(t *rapid.T) uint32 {
	top := rapid.SampledFrom([]uint32{4, 1 << maxZeros, 1 << (maxZeros + 1), math.MaxUint32 - 4}).Draw(t, "count about")
	return top - 3 + rapid.Uint32Range(0, 7).Draw(t, "count")
}

func drawSum(t *rapid.T, kind SumKind) int64 {
	about := func(bits int) int64 {
		return rapid.Int64Range(0, 1<<rapid.IntRange(0, bits).Draw(t, "bits")-1).Draw(t, "sum")
	}
	switch kind {
	case SignedSum:
		return rapid.SampledFrom([]int64{about(62), -about(62), 0, math.MinInt64, math.MaxInt64}).Draw(t, "signed")
	case UnsignedSum:
		return rapid.SampledFrom([]int64{about(62), 0, math.MaxInt64}).Draw(t, "unsigned")
	case SpanSum:
		return about(22)<<spanBits | about(spanBits)
	}
	return 0
}

// next draws where the next record lies, perhaps where the last one does.
func (h Head) next(t *rapid.T) Head {
	switch gap := rapid.SampledFrom([]uint32{0, 0, 1, 30, 3000, 1 << 29, 1 << 30}).Draw(t, "gap about"); {
	case gap > 0:
		h.Newest += min(gap+rapid.Uint32Range(0, gap).Draw(t, "gap"), math.MaxUint32/2-min(h.Newest, math.MaxUint32/2))
		if rapid.IntRange(0, 3).Draw(t, "moves") == 0 {
			h.Shift = rapid.Int8Range(-12, 14).Draw(t, "shift")
		}
	case h.Shift < 14 && rapid.Bool().Draw(t, "moves"):
		h.Shift++
	}
	return h
}

func (w *wide) drawCells(t *rapid.T) (cells []Cell) {
	at := Head{Newest: rapid.Uint32Range(0, 1000).Draw(t, "first")}
	for range rapid.IntRange(0, 30).Draw(t, "records") {
		cells = append(cells, w.record(t, at)...)
		at = at.next(t)
	}
	return cells
}

func TestCellsOfAnyLanesComeBackFromATrack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWide(t)
		cells, head := w.drawCells(t), Head{}
		track := w.pack(&head, nil, cells)
		if got := w.Unpack(nil, head, track); !slices.Equal(got, cells) {
			t.Fatalf("got %v, want %v", got, cells)
		}
		wanted := rapid.Uint64().Draw(t, "wanted")
		w.Open(head, track, wanted, 0)
		w.Read(0)
		want := slices.DeleteFunc(slices.Clone(cells), func(c Cell) bool { return wanted>>c.Lane&1 == 0 })
		if got := w.Cells(); !slices.Equal(got, want) {
			t.Fatalf("of lanes %b got %v, want %v", wanted, got, want)
		}
		if n := len(w.Shapes()); n > maxShapes {
			t.Fatalf("the dictionary has %d shapes", n)
		}
	})
}

func TestReadingStopsAtTheGrainAndGoesOnFromThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWide(t)
		cells, head := w.drawCells(t), Head{}
		track := w.pack(&head, nil, cells)
		w.Open(head, track, AllLanes, 0)
		for range rapid.IntRange(1, 5).Draw(t, "stops") {
			until := rapid.Uint32Range(0, head.Newest+1).Draw(t, "until")
			w.Read(until)
			got := w.Cells()
			if from := len(cells) - len(got); from < 0 || !slices.Equal(got, cells[from:]) || from > 0 && cells[from-1].Grain >= until {
				t.Fatalf("down to grain %d got %v of %v", until, got, cells)
			}
		}
	})
}

func TestSumsAndCountsAtTheEndsOfTheirRangesSurvive(t *testing.T) {
	lanes := []Lane{{Sum: SignedSum, Expiry: 9}, {Sum: UnsignedSum, Expiry: 9}, {Sum: SpanSum, Expiry: 9}, {Expiry: 9}, {Sum: SignedSum, Expiry: 9}}
	s := newSchema(t, lanes)
	sums := []int64{math.MinInt64, math.MaxInt64, (hourMillis-1)<<spanBits | 1<<spanBits - 1, 0, math.MaxInt64}
	var cells []Cell
	for i, sum := range sums {
		c := Cell{Grain: uint32(1000 * (i + 1)), Lane: uint8(i), Count: math.MaxUint32, Shift: int8(i - 3), Sum: sum}
		if lanes[i].Sum == SpanSum {
			c.Count = 1
		}
		cells = append(cells, c)
	}
	codec, head := s.NewCodec(), Head{}
	track := codec.pack(&head, nil, cells)
	if got := codec.Unpack(nil, head, track); !slices.Equal(got, cells) {
		t.Errorf("got %v, want %v", got, cells)
	}
}

func TestLoadedShapesReadTheTracksWrittenByThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWide(t)
		cells, head := w.drawCells(t), Head{}
		track := w.pack(&head, nil, cells)
		other := w.Schema.NewCodec()
		if err := other.Load(w.Shapes()); err != nil {
			t.Fatal(err)
		}
		if got := other.Unpack(nil, head, track); !slices.Equal(got, cells) {
			t.Fatalf("got %v, want %v", got, cells)
		}
	})
}
