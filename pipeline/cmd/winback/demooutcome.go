package main

import (
	"context"
	"fmt"

	"winback/pipeline/config"
	"winback/pipeline/demo"
	"winback/pipeline/direct"
	"winback/schemas"
)

// demoOutcomes says whether the users left whom the service has flagged, by the triggers read back, and whom the bare rule would have, by a
// replay of the same stream without a model.
func (a *app) demoOutcomes(ctx context.Context, c *config.Config, stream *demo.Stream, flagged map[string][]int64) (string, error) {
	losses, err := stream.Losses()
	if err != nil {
		return "", err
	}
	bare, err := bareFlags(ctx, c, stream)
	if err != nil {
		return "", fmt.Errorf("demo: the bare rule: %w", err)
	}
	rule := fmt.Sprintf("the bare %.0f %% rule", 100*c.Scorer.Drop.Enter)
	return demo.OutcomesTable(stream.Judge("Winback", flagged, losses), stream.Judge(rule, bare, losses)), nil
}

// bareFlags are the times at which each user would have been flagged without a model.
func bareFlags(ctx context.Context, c *config.Config, stream *demo.Stream) (map[string][]int64, error) {
	vocabulary, err := c.Scorer.Vocabulary()
	if err != nil {
		return nil, err
	}
	engine, err := direct.New(direct.Config{Scorer: c.Scorer, State: c.PartitionState()}, vocabulary)
	if err != nil {
		return nil, err
	}
	events, err := stream.Events(vocabulary)
	if err != nil {
		return nil, err
	}
	flagged := map[string][]int64{}
	_, err = engine.Run(ctx, events, func(decisions []schemas.Decision) error {
		for i := range decisions {
			if d := &decisions[i]; d.Kind == schemas.KindEntered {
				flagged[d.User] = append(flagged[d.User], d.At)
			}
		}
		return nil
	})
	return flagged, err
}
