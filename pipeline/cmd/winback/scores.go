package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"winback/pipeline/config"
	"winback/pipeline/direct"
	"winback/pipeline/state"
	"winback/schemas"
)

// scores is the file of --scores.
type scores struct {
	file *newFile // nil if not asked for
	to   *json.Encoder
	line scoreLine
}

// scoreLine is one user at one cut-off. Risk is 0 to 100, alive 0 to 1; null is nothing to say.
type scoreLine struct {
	User    string         `json:"user"`
	At      int64          `json:"at"`
	Risk    *float64       `json:"risk"`
	Alive   *float64       `json:"alive"`
	Reasons []schemas.Term `json:"reasons"`
}

// newScores opens the file and has the engine fill it.
func (a *app) newScores(f *replayFlags, c *config.Config, engine *direct.Engine) (*scores, error) {
	if f.scores == "" {
		return &scores{}, nil
	}
	every, err := schemas.ParseDuration(f.scoreEvery)
	if err != nil {
		return nil, usageError{fmt.Errorf("--score-every: %w", err)}
	}
	if every <= 0 || every%c.Scorer.Grain != 0 {
		return nil, usageError{fmt.Errorf("--score-every %v: use a multiple of the grain (%v)", every, c.Scorer.Grain)}
	}
	if c.Model == nil {
		return nil, usageError{errors.New("--scores needs a model of risk: name one as scorer.risk.model (winback train makes one of your own files), or use a preset that has one")}
	}
	file, err := createFile(f.scores, a.stdout)
	if err != nil {
		return nil, err
	}
	s := &scores{file: file, to: json.NewEncoder(file)}
	engine.Every(int64(every), s.write)
	return s, nil
}

// write adds every user of whom there is something to say.
func (s *scores) write(at int64, p *state.Partition) error {
	for user, score := range p.Scores(at) {
		s.line = scoreLine{User: string(user), At: at, Reasons: score.Reasons}
		if score.Risk >= 0 {
			s.line.Risk = &score.Risk
		} else {
			s.line.Reasons = []schemas.Term{}
		}
		if score.Alive >= 0 {
			s.line.Alive = &score.Alive
		}
		if err := s.to.Encode(&s.line); err != nil {
			return s.file.explain(err)
		}
	}
	return nil
}

func (s *scores) commit() error {
	if s.file == nil {
		return nil
	}
	return s.file.commit()
}

func (s *scores) discard() {
	if s.file != nil {
		s.file.discard()
	}
}
