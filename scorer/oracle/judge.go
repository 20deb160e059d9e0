package oracle

import "winback/schemas"

// judge carries what one run needs beside the users.
type judge struct {
	cfg        *Config
	model      *Model // nil: none
	population *population
	reach      map[string]int64 // by event type, as found so far
}

func newJudge(cfg Config) *judge {
	j := &judge{cfg: &cfg, population: newPopulation(&cfg), reach: map[string]int64{}}
	j.model = cfg.model()
	return j
}

// model reads the model file. A fault in it is one of the test.
func (c *Config) model() *Model {
	if c.Model == "" {
		return nil
	}
	m, err := ParseModel([]byte(c.Model))
	if err != nil {
		panic("oracle: " + err.Error())
	}
	return m
}

// userState is one user: what is known of them, and what the borders judged so far have made of them.
type userState struct {
	*history
	name      string
	lifecycle string
	episodes  uint32
	episode   *episode // nil while not pre-churn
	candidate bool     // at the last border judged, some core metric was down and no episode open
	profile   profile  // as last assessed
	lateOrder bool     // an order came late since the last border judged
}

// at judges one user at one border.
func (j *judge) at(p *userState, border int64) (decisions []schemas.Decision, row *schemas.Profile) {
	if p.before(border) == 0 {
		return nil, nil
	}
	if from, to := p.lifecycle, j.lifecycle(p, border); to != from {
		change := schemas.Decision{User: p.name, At: border, Kind: schemas.KindLifecycle, From: from, To: to, Returned: returned(from, to)}
		decisions = append(decisions, change)
		p.lifecycle = to
	}
	if p.lifecycle == "forgotten" {
		p.forget(border)
		return decisions, nil
	}
	change := j.enterEpisode
	if p.episode != nil {
		change = j.endEpisode
	}
	if d := (schemas.Decision{User: p.name, At: border}); change(p, border, &d) {
		decisions = append(decisions, d)
	}
	row = j.assess(p, border, decisions)
	if j.nothingIsSeen(p, border) {
		p.forget(border)
	}
	return decisions, row
}
