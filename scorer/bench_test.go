package scorer

import (
	"math/rand/v2"
	"testing"

	"winback/schemas"
)

// shopper is a user who came in some hundred sessions, and the events of one more.
type shopper struct {
	user    User
	track   []byte
	next    []schemas.Event
	scratch *Scratch
}

// shoppers are enough of them that no branch can be learnt by heart.
func shoppers(b *testing.B) (r *Rules, all []*shopper) {
	c := Defaults()
	vocabulary, err := c.Vocabulary()
	if err != nil {
		b.Fatal(err)
	}
	if r, err = Compile(c, vocabulary, nil); err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	s := r.NewScratch()
	for range 4096 { // until the dictionary knows what is common
		newShopper(r, vocabulary, rng, s)
	}
	for len(all) < 512 {
		all = append(all, newShopper(r, vocabulary, rng, s))
	}
	return r, all
}

func newShopper(r *Rules, vocabulary *schemas.Vocabulary, rng *rand.Rand, s *Scratch) *shopper {
	p := &shopper{track: make([]byte, 0, 1<<11), scratch: s}
	at := int64(1_700_000_000_000)
	for range 101 {
		at += int64(rng.ExpFloat64() * 8 * float64(hourMillis))
		p.next = p.next[:0]
		add := func(name string, amount, duration int64) {
			p.next = append(p.next, schemas.Event{Time: at, Type: vocabulary.Lookup([]byte(name)), Amount: amount, Duration: duration})
			at += 1000 + int64(rng.ExpFloat64()*40_000)
		}
		begun := at
		for add("visit", 0, 0); rng.IntN(6) > 0; {
			add([]string{"view", "view", "view", "search", "view", "add_to_cart", "support", "order"}[rng.IntN(8)], rng.Int64N(5000), 0)
		}
		add("session_end", 0, at-begun)
		for i := range p.next {
			p.track, _, _ = r.Step(&p.user, p.track, &p.next[i], StepContext{NextBorder: r.GrainOf(at)}, s)
		}
	}
	return p
}

// BenchmarkRead reads tracks of a hundred sessions.
func BenchmarkRead(b *testing.B) {
	r, all := shoppers(b)
	s, records, bytes, i := all[0].scratch, 0, 0, 0
	for b.Loop() {
		p := all[i%len(all)]
		i++
		bytes += len(p.track)
		s.tracks.Open(p.user.head(), p.track, r.judged, 0)
		s.tracks.Read(0)
		records += 101
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(records), "ns/record")
	b.ReportMetric(8*float64(bytes)/float64(records), "bits/record")
}

// BenchmarkJudge looks at users at a border at which nothing happens.
func BenchmarkJudge(b *testing.B) {
	r, all := shoppers(b)
	s, i := all[0].scratch, 0
	for b.Loop() {
		p := all[i%len(all)]
		i++
		u, h := p.user, p.user.newest+1
		r.Judge(&u, p.track, h, JudgeContext{UserHash: uint64(h + 1)}, s)
	}
}

// BenchmarkStep adds the events of a session to a track.
func BenchmarkStep(b *testing.B) {
	r, all := shoppers(b)
	s, i, events := all[0].scratch, 0, 0
	var kept [1 << 12]byte
	for b.Loop() {
		p := all[i%len(all)]
		i++
		u, track := p.user, append(kept[:0], p.track...)
		for _, e := range p.next {
			e.Time += 5 * hourMillis
			track, _, _ = r.Step(&u, track, &e, StepContext{NextBorder: r.GrainOf(e.Time)}, s)
		}
		events += len(p.next)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/event")
}
