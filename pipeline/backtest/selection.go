package backtest

import (
	"errors"
	"fmt"
	"time"

	"winback/pipeline/train"
)

// selection is the part of a history that is reported, and what is needed before it: rules that are asked at cut-offs alone know from the cut-offs
// before whether a flag is new.
type selection struct {
	cfg     Config
	hashes  []uint64
	cutoffs []Cutoff // of the chosen users, from the first to the last whose horizon is over
	from    int      // those from here on are reported

	lossOf [][]int // by cut-off and row: the number of the loss; -1 for one who was not lost, and for what is not reported
	losses []loss
}

// loss is a user's last activity event before a horizon without any.
type loss struct{ last int64 }

const dayLength = 24 * 60 * 60 * 1000

func date(at int64) string { return time.UnixMilli(at).UTC().Format(time.DateOnly) }

// choose finds the rows to report, and says what is missing if there are none.
func choose(cfg Config, h *History) (*selection, error) {
	s := &selection{cfg: cfg, hashes: h.Users}
	asked, rows := false, 0
	for i := range h.Cutoffs {
		c := &h.Cutoffs[i]
		if c.At+int64(cfg.Horizon) > h.Complete {
			break
		}
		asked = asked || len(c.Rows) > 0
		if cfg.To > 0 && c.At >= cfg.To {
			continue
		}
		if c.At < cfg.From {
			s.from++
		} else {
			rows += len(c.Rows)
		}
		s.cutoffs = append(s.cutoffs, Cutoff{c.At, s.chosen(c.Rows)})
	}
	switch {
	case h.First == 0:
		return nil, errors.New("there is no event to look back on: name files with some")
	case !asked:
		return nil, fmt.Errorf("the history is too short: no cut-off (every %v) has both a user active before it and a horizon (%v) that is over when the data ends, on %s: "+
			"give data of a longer time, or make the horizon shorter", cfg.Cut, cfg.Horizon, date(h.Complete))
	case rows == 0:
		return nil, fmt.Errorf("no cut-off with active users lies within --from and --to: with a horizon of %v there are some from %s to %s", cfg.Horizon, date(h.Cutoffs[0].At),
			date(h.lastComplete(cfg)))
	}
	s.numberLosses()
	if s.rows() == 0 {
		return nil, errors.New("none of the users is " + string(cfg.Users) + ": there are too few to divide them, so report on all")
	}
	return s, nil
}

func (h *History) lastComplete(cfg Config) (at int64) {
	for i := range h.Cutoffs {
		if h.Cutoffs[i].At+int64(cfg.Horizon) <= h.Complete {
			at = h.Cutoffs[i].At
		}
	}
	return at
}

// chosen are the rows of the chosen users.
func (s *selection) chosen(rows []Row) (some []Row) {
	for i := range rows {
		if s.chose(rows[i].User) {
			some = append(some, rows[i])
		}
	}
	return some
}

func (s *selection) chose(user uint32) bool {
	return s.cfg.Users == AllUsers || train.Unseen(s.hashes[user], s.cfg.Unseen) == (s.cfg.Users == UnseenUsers)
}

// numberLosses gives rows that one silence makes lost the same number.
func (s *selection) numberLosses() {
	type key struct {
		user uint32
		last int64
	}
	numbers := map[key]int{}
	s.lossOf = make([][]int, len(s.cutoffs))
	for k := s.from; k < len(s.cutoffs); k++ {
		c := &s.cutoffs[k]
		s.lossOf[k] = make([]int, len(c.Rows))
		for i := range c.Rows {
			r := &c.Rows[i]
			if s.lossOf[k][i] = -1; !s.lost(c, r) {
				continue
			}
			n, known := numbers[key{r.User, r.Last}]
			if !known {
				n = len(s.losses)
				numbers[key{r.User, r.Last}] = n
				s.losses = append(s.losses, loss{r.Last})
			}
			s.lossOf[k][i] = n
		}
	}
}

// lost reports whether no activity came in the horizon.
func (s *selection) lost(c *Cutoff, r *Row) bool {
	return r.Next == Never || r.Next >= c.At+int64(s.cfg.Horizon)
}

// each calls do for every row that is reported.
func (s *selection) each(do func(k, i int, r *Row)) {
	for k := s.from; k < len(s.cutoffs); k++ {
		for i := range s.cutoffs[k].Rows {
			do(k, i, &s.cutoffs[k].Rows[i])
		}
	}
}

func (s *selection) rows() (n int) {
	for k := s.from; k < len(s.cutoffs); k++ {
		n += len(s.cutoffs[k].Rows)
	}
	return n
}
