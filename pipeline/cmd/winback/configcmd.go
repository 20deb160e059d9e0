package main

import (
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) configCommand() *cobra.Command {
	var variables bool
	c := &cobra.Command{
		Use: "config", Short: "Print the settings in force and where they come from", Args: cobra.NoArgs, ValidArgsFunction: nothing,
		Long: `Prints every setting as YAML that --config can read back. What is not a default says in a comment where it comes from.
Secrets are not shown. With --variables it lists the environment variables instead.`,
		RunE: func(*cobra.Command, []string) error { return a.printConfig(variables) },
	}
	c.Flags().BoolVar(&variables, "variables", false, "list the environment variable of every setting")
	return c
}

func (a *app) printConfig(variables bool) error {
	loaded, err := a.load(0)
	if err != nil {
		return err
	}
	text, err := loaded.Print()
	if variables {
		text, err = []byte(strings.Join(loaded.Variables(), "\n")+"\n"), nil
	}
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(text)
	return err
}
