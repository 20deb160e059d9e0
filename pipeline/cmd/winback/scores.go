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

// scoreWriter writes the file of --scores.
type scoreWriter struct {
	file *newFile
	to   *json.Encoder
	line scoreLine
}

// scoreLine is one user at one cut-off. Risk is 0 to 100, alive 0 to 1; null is nothing to say, as
// alive is of a user who has not come back.
type scoreLine struct {
	User    string         `json:"user"`
	At      int64          `json:"at"`
	Risk    *float64       `json:"risk"`
	Alive   *float64       `json:"alive"`
	Reasons []schemas.Term `json:"reasons"`
}

// openScores opens the file of --scores and has the engine fill it. It is nil if it was not asked for.
func (a *app) openScores(f *replayFlags, c *config.Config, engine *direct.Engine) (*newFile, error) {
	if f.scores == "" {
		return nil, nil
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
	w := &scoreWriter{file: file, to: json.NewEncoder(file)}
	engine.Every(int64(every), w.write)
	return file, nil
}

// write adds every user of whom there is something to say.
func (s *scoreWriter) write(at int64, p *state.Partition) error {
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
