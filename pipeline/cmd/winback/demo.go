package main

import (
	"errors"

	"github.com/spf13/cobra"
)

func (a *app) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use: "demo", Short: "Show it all on this machine: a clickstream, users who slip away, and their recall", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return errors.New("to come") },
	}
}
