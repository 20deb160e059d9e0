package train

import (
	"fmt"
	"math"

	"github.com/cespare/xxhash/v2"

	"winback/schemas"
	"winback/scorer"
	"winback/scorer/risk"
)

// Samples are rows, one for every user and cut-off: features, and whether the user was lost. They are gathered in event-time order: calls for
// a time come after all calls for earlier times, and Cutoff before the events of the same time.
type Samples struct {
	Days   // of all events
	cfg    Config
	vector *risk.Vector

	byHash    map[uint64]uint32 // an id's hash to its place in people
	people    []person
	times     []int64 // the cut-offs, Unix milliseconds
	perCutoff []int   // rows
	chunks    []*chunk
	rows      int
	values    []float64 // reused
}

// person is what is kept of a user while the rows are gathered.
type person struct {
	hash     uint64
	last     int64         // activity, Unix milliseconds
	pending  uint32        // the newest row whose user has not been active since, 1 above its number; 0 for none
	bought   scorer.Bought // of the metric of P(alive)
	boughtOn scorer.DaySet
}

// chunk is rows by columns: a column's values lie side by side.
type chunk struct {
	length   int
	features []float32 // of chunkRows each
	age      [chunkRows]float32
	cutoff   [chunkRows]uint16
	user     [chunkRows]uint32 // in people
	earlier  [chunkRows]uint32 // the user's pending row before this one, 1 above its number; 0 for none
	lost     [chunkRows]bool
}

const chunkRows = 1 << 12

// NewSamples prepares rows of the vector's features.
func NewSamples(cfg Config, vector *risk.Vector) (*Samples, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	return &Samples{cfg: cfg, vector: vector, byHash: map[uint64]uint32{}, values: make([]float64, vector.Len())}, nil
}

// Rows is how many rows there are, those included whose horizon is not over yet.
func (s *Samples) Rows() int { return s.rows }

func (s *Samples) person(user []byte) uint32 {
	hash := xxhash.Sum64(user)
	n, known := s.byHash[hash]
	if !known {
		n = uint32(len(s.people))
		s.byHash[hash] = n
		s.people = append(s.people, person{hash: hash, last: math.MinInt64})
	}
	return n
}

// Active notes an activity event: the user was not lost at the cut-offs of the horizon before it.
func (s *Samples) Active(user []byte, at int64) {
	p := &s.people[s.person(user)]
	p.last = at
	for p.pending != 0 {
		c, i := s.at(int(p.pending - 1))
		if at < s.times[c.cutoff[i]]+int64(s.cfg.Horizon) {
			c.lost[i] = false
		}
		p.pending = c.earlier[i]
	}
}

// Counted notes an event of the metric of P(alive), which counts the users' own days: offset is by how many minutes their clocks were ahead of UTC.
func (s *Samples) Counted(user []byte, at int64, offset int16) {
	b := &s.people[s.person(user)]
	utc, own := uint32(at/dayLength), uint32((at+int64(offset)*int64(schemas.Minute)+dayLength)/dayLength)
	if b.boughtOn.Add(utc, own) {
		b.bought.Add(own)
	}
}

// Cutoff begins the rows of a cut-off, later than those before.
func (s *Samples) Cutoff(at int64) error {
	if n := len(s.times); n > 0 && s.times[n-1] >= at || n > math.MaxUint16 {
		return fmt.Errorf("train: cut-off %d: cut-offs come in order, %d at most", at, math.MaxUint16)
	}
	s.times, s.perCutoff = append(s.times, at), append(s.perCutoff, 0)
	return nil
}

// Add makes a row of a user's past at the cut-off that was begun, if they were active in time to be asked about.
func (s *Samples) Add(user []byte, past *risk.Past) error {
	at := s.times[len(s.times)-1]
	n := s.person(user)
	p := &s.people[n]
	if p.last >= at {
		return fmt.Errorf("train: user %q was active at %d, after the cut-off %d: events must come in order of time", user, p.last, at)
	}
	if p.last < at-int64(s.cfg.Active) {
		return nil
	}
	if s.rows == math.MaxInt32 {
		return fmt.Errorf("train: %d rows are too many: train on fewer users, or make `every` longer", s.rows)
	}
	if s.rows%chunkRows == 0 {
		s.chunks = append(s.chunks, &chunk{features: make([]float32, chunkRows*s.vector.Len())})
	}
	c := s.chunks[len(s.chunks)-1]
	i := c.length
	s.vector.Values(past, s.values)
	for j, v := range s.values {
		if c.features[j*chunkRows+i] = float32(v); !(math.Abs(v) <= math.MaxFloat32) {
			return fmt.Errorf("train: user %q at %d: feature %d is %v, which is no number to learn from", user, at, j+1, v)
		}
	}
	c.age[i], c.cutoff[i], c.user[i] = float32(past.Age), uint16(len(s.times)-1), n
	c.lost[i], c.earlier[i] = true, p.pending
	c.length++
	s.rows++
	s.perCutoff[len(s.perCutoff)-1]++
	p.pending = uint32(s.rows)
	return nil
}

func (s *Samples) at(row int) (c *chunk, i int) { return s.chunks[row/chunkRows], row % chunkRows }

// dayLength is a day in milliseconds.
const dayLength = 24 * 60 * 60 * 1000

// customers are the users with an event of the metric of P(alive), seen at a time, Unix milliseconds; times in units of so many days.
func (s *Samples) customers(end int64, unit int) []Customer {
	var all []Customer
	for i := range s.people {
		if b := &s.people[i].bought; b.Days > 0 {
			last, age := float64(b.Last-b.First), float64(end)/dayLength+1-float64(b.First)
			all = append(all, Customer{Repeats: int(b.Days - 1), Last: last / float64(unit), Age: max(age, last) / float64(unit)})
		}
	}
	return all
}
