package main

import (
	"flag"
	"io"
	"strconv"
	"strings"

	"winback/bench/load"
	"winback/schemas"
)

// options are the command line's.
type options struct {
	users      []int
	events     int
	template   int
	fill       int // days that the population itself is run for; 0 copies a smaller one
	tags       bool
	presets    []string // each measured by itself, with the first of the users
	settings   settings
	cpuProfile string
	seed       uint64
}

const (
	fillClone    = "clone"
	standardDays = 84 // as in load.Defaults
	million      = 1_000_000
)

// settings are what -set gave.
type settings []string

// String lists the settings.
func (s *settings) String() string { return strings.Join(*s, " ") }

// Set adds one.
func (s *settings) Set(setting string) error {
	*s = append(*s, setting)
	return nil
}

func parse(args []string, out io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench-scorer", flag.ContinueOnError)
	f.SetOutput(out)
	users := f.String("users", "1000000,10000000", "populations to measure, each after the other")
	fill := f.String("fill", fillClone, "how a population gets its past: clone copies the users of a smaller one that lived 84 days, a number runs the population itself for so many days")
	short := f.Bool("short", false, "a quick look: 100,000 users, and fewer events")
	f.IntVar(&o.events, "events", 12*million, "events over which the rate is taken; as many again go to warming up, to the parts, to the comparison with one by one, and to the collector's pauses")
	f.IntVar(&o.template, "template", 50_000, "users of the population that is copied")
	presets := f.String("presets", "learning,daily_app,ecommerce,subscription", "presets to measure too, each with the first of the -users; empty for none")
	f.BoolVar(&o.tags, "tags", false, "under the default configuration, let users bear three tags: night_owl, searcher, browser")
	f.Var(&o.settings, "set", "path=value of the configuration, such as scorer.risk.model=none for no risk; may be given more than once")
	f.StringVar(&o.cpuProfile, "cpuprofile", "", "keep the CPU profile of all that is measured by part in this file")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the populations")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if *short {
		*users, o.events, o.template = "100000", min(o.events, 2*million), min(o.template, 20_000)
	}
	return o, o.readLists(*users, *fill, *presets)
}

// readLists reads the lists and reports every fault.
func (o *options) readLists(users, fill, presets string) error {
	var faults schemas.Faults
	if days, err := strconv.Atoi(fill); fill != fillClone {
		if o.fill = days; err != nil || days < 1 || days >= standardDays {
			faults.Add("-fill", "%q: write clone or a number of days, 1 to %d", fill, standardDays-1)
			o.fill = 0
		}
	}
	if o.events < 1 || o.template < 1 {
		faults.Add("-events, -template", "must be positive")
	}
	for text := range strings.SplitSeq(users, ",") {
		n, err := strconv.Atoi(text)
		switch {
		case err != nil || n < 1 || n > load.MaxUsers/2:
			faults.Add("-users", "%q: write numbers from 1 to %d, with commas between them", text, load.MaxUsers/2)
		case o.fill == 0 && o.template > 0 && n%o.template != 0:
			faults.Add("-users", "%d: must be a multiple of -template (%d), whose users are copied", n, o.template)
		default:
			o.users = append(o.users, n)
		}
	}
	if presets != "" {
		o.presets = strings.Split(presets, ",")
	}
	return faults.Err()
}

// population is the standard one, with so many users.
func (o *options) population(users int) load.Config {
	c := load.Defaults()
	c.Users, c.Seed = users, o.seed
	return c
}
