// Package apachekafka runs a single-node Apache Kafka (KRaft) on loopback for tests, out of jars that Maven fetches once per
// machine. What is claimed about Kafka is shown on it; the embedded broker is for the demo and quick tests.
//
// Only tests import it. It needs Java 17 or later and, the first time, Maven.
package apachekafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/segmentio/kafka-go"
)

// Config says where a broker keeps what.
type Config struct {
	Dir      string // its data, settings and log, made if it is not there; whoever calls removes it
	CacheDir string // the jars (WINBACK_CACHE_DIR); empty means winback below os.UserCacheDir
	Log      *slog.Logger
}

// Broker is a running Apache Kafka.
type Broker struct {
	addr string
	java *java
}

const (
	startPatience = 2 * time.Minute // Java on a busy machine
	askEvery      = 100 * time.Millisecond
	attempts      = 3
)

// errPort says that somebody took a port between our look and Kafka's.
var errPort = errors.New("a port was taken")

// Start returns once the broker answers. Errors name the cause and the remedy in one line.
func Start(ctx context.Context, c Config) (*Broker, error) {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	b, err := start(ctx, c)
	for range attempts - 1 {
		if !errors.Is(err, errPort) {
			break
		}
		b, err = start(ctx, c)
	}
	if err != nil {
		return nil, fmt.Errorf("apache kafka: %w", err)
	}
	return b, nil
}

func start(ctx context.Context, c Config) (*Broker, error) {
	runtime, err := findJava(ctx)
	if err != nil {
		return nil, err
	}
	jars, err := locateJars(ctx, c.CacheDir, c.Log)
	if err != nil {
		return nil, err
	}
	s, err := newSettings(c.Dir)
	if err != nil {
		return nil, err
	}
	if err := format(ctx, runtime, jars, s); err != nil {
		return nil, err
	}
	j, err := launch(runtime, jars, s)
	if err != nil {
		return nil, err
	}
	b := &Broker{addr: s.addr, java: j}
	if err := b.await(ctx); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// Addr returns host:port, for use as a bootstrap address.
func (b *Broker) Addr() string { return b.addr }

// Close kills the broker and waits until it is gone: its data is thrown away.
func (b *Broker) Close() error { return b.java.kill() }

// await asks until the broker names itself and a controller.
func (b *Broker) await(ctx context.Context) error {
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(b.addr), Transport: transport}
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for {
		answer, err := client.Metadata(ctx, &kafka.MetadataRequest{})
		if err == nil && len(answer.Brokers) == 1 && answer.Controller.Port != 0 {
			return nil
		}
		select {
		case <-ticker.C:
		case <-b.java.gone:
			return b.java.explain()
		case <-ctx.Done():
			return fmt.Errorf("no answer for %v: see %s", startPatience, b.java.log)
		}
	}
}
