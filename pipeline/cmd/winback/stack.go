package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"winback/pipeline/config"
	"winback/pipeline/embedded/broker"
	"winback/pipeline/embedded/engine"
	"winback/pipeline/embedded/library"
)

// embedded is a Kafka broker and a ClickHouse server inside this process tree.
type embedded struct {
	broker *broker.Broker
	engine *engine.Server
}

// stopPatience is how long the ClickHouse server may take to leave in order.
const stopPatience = 10 * time.Second

// startEmbedded starts both in the data directory and points the configuration at them. What was started is stopped again on error.
func (a *app) startEmbedded(ctx context.Context, c *config.Config, log *slog.Logger) (*embedded, error) {
	dir, err := a.dataDir(c.Embedded.DataDir)
	if err != nil {
		return nil, err
	}
	libchdb, err := a.libchdb(ctx, log)
	if err != nil {
		return nil, err
	}
	e := &embedded{}
	if e.broker, err = broker.Start(ctx, broker.Config{Dir: filepath.Join(dir, "kafka"), Port: c.Embedded.KafkaPort, Log: log}); err != nil {
		return nil, err
	}
	e.engine, err = engine.Start(ctx, engine.Config{Dir: filepath.Join(dir, "clickhouse"), Library: libchdb, MaxMemory: c.Embedded.MaxMemory, Log: log})
	if err != nil {
		return nil, errors.Join(err, e.broker.Close())
	}
	c.Kafka.Brokers, c.ClickHouse.DSN, c.ClickHouse.Addr = []string{e.broker.Addr()}, e.engine.DSN(), nil
	c.Topics.Replication = 0 // there is one broker, whatever the cluster has
	return e, nil
}

// stop stops both; connections to them must have been closed.
func (e *embedded) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopPatience)
	defer cancel()
	return errors.Join(e.engine.Stop(ctx), e.broker.Close())
}

// watch returns when ctx ends, or with an error when the server leaves, which it should not.
func (e *embedded) watch(ctx context.Context) error {
	select {
	case <-e.engine.Exited():
		return e.err()
	case <-ctx.Done():
		return nil
	}
}

// err says why the server has left; it is nil while it runs.
func (e *embedded) err() error {
	if err := e.engine.Err(); err != nil {
		return fmt.Errorf("the embedded ClickHouse server has left: %w", err)
	}
	return nil
}

// bind returns a context that ends with ctx, or when the server leaves. The caller calls the function returned before it stops the
// servers.
func (e *embedded) bind(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if e.watch(ctx) != nil {
			cancel()
		}
	}()
	return ctx, func() {
		cancel()
		<-done
	}
}

// dataDir is where embedded data lives if the configuration does not say.
func (a *app) dataDir(named string) (string, error) {
	if named != "" {
		return named, nil
	}
	base := a.getenv("XDG_DATA_HOME")
	if base == "" {
		home := a.getenv("HOME")
		if home == "" {
			return "", errors.New("no home directory: set embedded.data_dir to a directory for the data")
		}
		base = filepath.Join(home, ".local", "share")
	}
	dir := filepath.Join(base, "winback")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("%w: set embedded.data_dir to a directory that can be written to", err)
	}
	return dir, nil
}

// libchdb finds the ClickHouse library, and shows how far it is if it must be fetched.
func (a *app) libchdb(ctx context.Context, log *slog.Logger) (string, error) {
	bars := map[string]*progress{}
	defer func() {
		for _, bar := range bars {
			bar.end()
		}
	}()
	return library.Locate(ctx, library.Config{
		Path: a.getenv("CHDB_LIB_PATH"), CacheDir: a.getenv(config.CacheVariable), Log: log,
		Progress: func(p library.Progress) {
			if bars[p.Stage] == nil {
				bars[p.Stage] = a.newProgress(p.Stage+" of the ClickHouse library", true)
			}
			bars[p.Stage].show(p.Done, p.Total)
		},
	})
}

func (a *app) getenv(name string) string {
	for _, entry := range a.environ {
		if value, found := strings.CutPrefix(entry, name+"="); found {
			return value
		}
	}
	return ""
}
