package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"winback/bench/load"
	"winback/schemas"
)

// What -only can name.
const (
	onlyLoad     = "load"
	onlyLine     = "line"
	onlyFloor    = "floor"
	onlyPipeline = "pipeline"
)

// options are the command line's.
type options struct {
	only       string
	brokers    []string
	topic      string
	partitions int
	repeats    int
	events     int64
	days       int
	rate       float64
	rows       string
	cpuProfile string
	servers    []int // process ids of the children
	population load.Config
}

func parse(args []string, out io.Writer) (options, error) {
	o := options{population: load.Defaults()}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(out)
	brokers := f.String("brokers", "", "addresses of a Kafka cluster, host:port,...; empty starts a broker of its own in a child process")
	f.StringVar(&o.only, "only", "", "run one part only: load (write events to -brokers and -topic), line, floor or pipeline")
	f.StringVar(&o.topic, "topic", "", "the topic to write to with -only load; the others make one of their own and delete it")
	f.IntVar(&o.partitions, "partitions", 4, "partitions of the topic, and goroutines of each contender; the more, the fewer events in a partition's minute, and the more rows an event")
	f.IntVar(&o.repeats, "repeats", 3, "runs of each contender; the median counts")
	f.Int64Var(&o.events, "events", 5_000_000, "events written")
	f.IntVar(&o.population.Users, "users", 0, "users of the population, and rows of the floor's table; 0 takes one for every 50 events")
	f.IntVar(&o.days, "days", 42, "event time the events are spread over, in days; the windows of the default rules reach 35 back")
	f.Float64Var(&o.rate, "rate", 0, "with -only load: events a second; 0 writes as fast as the brokers take them")
	f.StringVar(&o.rows, "rows", "", "where the pipeline's rows go: clickhouse (a server of the bench's own), memory or discard; empty takes clickhouse if it can be had, else memory")
	f.StringVar(&o.cpuProfile, "cpuprofile", "", "write a CPU profile of the pipeline's last run to this file")
	f.Float64Var(&o.population.Faults, "faults", 0, "share of events that get a fault, 0 to 0.5")
	f.Uint64Var(&o.population.Seed, "seed", 1, "seed of the population")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if *brokers != "" {
		o.brokers = strings.Split(*brokers, ",")
	}
	return o, o.derivePopulation()
}

// derivePopulation sets the population by the events and days, and reports every fault.
func (o *options) derivePopulation() error {
	var faults schemas.Faults
	if !slices.Contains([]string{"", onlyLoad, onlyLine, onlyFloor, onlyPipeline}, o.only) {
		faults.Add("-only", "%q: write load, line, floor or pipeline", o.only)
	}
	if o.only == onlyLoad && (o.topic == "" || len(o.brokers) == 0) {
		faults.Add("-only load", "needs -brokers and -topic: say where to write")
	}
	if !slices.Contains([]string{"", rowsClickHouse, rowsMemory, rowsDiscard}, o.rows) {
		faults.Add("-rows", "%q: write clickhouse, memory or discard", o.rows)
	}
	if o.partitions < 1 || o.repeats < 1 || o.events < 1 || o.days < 1 || o.rate < 0 {
		faults.Add("-partitions, -repeats, -events, -days", "must be positive, and -rate not negative")
	}
	p := &o.population
	if p.Users == 0 {
		p.Users = int(max(1, o.events/eventsPerUser))
	}
	p.End = p.Start + int64(o.days)*int64(24*time.Hour/time.Millisecond)
	p.EventsPerUserDay = float64(o.events) / float64(max(1, p.Users)) / float64(max(1, o.days))
	faults.Under("population", p.Validate())
	return faults.Err()
}

// eventsPerUser is the default: one event a user and day, a visit with eight events a week.
const eventsPerUser = 50

// generator returns a source that is good for the events asked for. Patterns reduce the population's events, so the rate is raised by as much,
// and by 2 % for chance: the caller stops at the number asked for.
func (o *options) generator() (*load.Generator, error) {
	g, err := load.New(o.population)
	if err != nil {
		return nil, err
	}
	cfg := o.population
	cfg.EventsPerUserDay *= 1.02 * float64(o.events) / g.Expected()
	if g, err = load.New(cfg); err != nil {
		return nil, fmt.Errorf("for %d events: %w", o.events, err)
	}
	return g, nil
}
