// Package broker runs one Kafka-protocol broker inside this process, for the demo, for one machine and for tests. It listens
// on loopback only and keeps its topics and groups in a directory, so that they survive a restart and a SIGKILL.
//
// cmd/winback and tests start it; no other room knows that it exists: they get an address.
package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"golang.org/x/sys/unix"

	"winback/pipeline/embedded/filelock"
)

const (
	// Kafka's minimum of 6 s would make every test of a crashed member wait as long.
	minSessionTimeout = time.Second
	lockPatience      = time.Second
)

// Broker is a running broker.
type Broker struct {
	cluster *kfake.Cluster
	addr    string
	log     *logger
	lock    *os.File
	close   func() error
}

// Start serves until Close. Topics are never created on demand: create them, or a fetch answers that they do not exist. ctx
// bounds the start only.
func Start(ctx context.Context, c Config) (*Broker, error) {
	b, err := start(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("embedded broker: %w", err)
	}
	return b, nil
}

func start(ctx context.Context, c Config) (*Broker, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	_, missing := os.Stat(filepath.Join(c.Dir, filelock.DataDir))
	lock, err := filelock.TakeDirectory(ctx, c.Dir, lockPatience)
	if err != nil {
		return nil, err
	}
	log := &logger{to: c.log()}
	cluster, err := kfake.NewCluster(options(c, log)...)
	if err != nil {
		if missing != nil { // made a moment ago: nothing of anybody's is in it
			_ = os.RemoveAll(filepath.Join(c.Dir, filelock.DataDir))
		}
		_ = lock.Close()
		return nil, explain(err, c)
	}
	b := &Broker{cluster: cluster, addr: cluster.ListenAddrs()[0], log: log, lock: lock}
	b.close = sync.OnceValue(b.shutDown)
	c.log().Info("embedded broker is up", "dir", c.Dir, "address", b.addr)
	return b, nil
}

func options(c Config, log *logger) []kfake.Opt {
	options := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.DataDir(filepath.Join(c.Dir, filelock.DataDir)),
		kfake.GroupMinSessionTimeout(minSessionTimeout),
		kfake.WithLogger(log),
		// The port is not passed on as kfake.Ports: the address is ours to choose, and it is loopback.
		kfake.ListenFn(func(string, string) (net.Listener, error) {
			return net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Port)))
		}),
	}
	if c.TLS != nil {
		options = append(options, kfake.TLS(c.TLS))
	}
	if c.SASL != nil {
		options = append(options, kfake.EnableSASL(), kfake.Superuser(c.SASL.Mechanism, c.SASL.User, c.SASL.Password))
	}
	return options
}

// explain adds the remedy to what kept the broker from starting, in one line: kfake tells of every file it could not write.
func explain(err error, c Config) error {
	if first, _, more := strings.Cut(err.Error(), "\n"); more {
		err = &oneLine{text: first, err: err}
	}
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		return fmt.Errorf("%w: choose another port, or 0 for any", err)
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		return fmt.Errorf("no room in %s: %w: make room or choose another directory", c.Dir, err)
	case errors.Is(err, os.ErrPermission), errors.Is(err, unix.EROFS):
		return fmt.Errorf("cannot write to %s: %w: choose another directory", c.Dir, err)
	default:
		return fmt.Errorf("%w: if its data in %s is damaged, remove that directory", err, c.Dir)
	}
}

// oneLine is an error that shows only the first line of another.
type oneLine struct {
	text string
	err  error
}

func (o *oneLine) Error() string { return o.text }
func (o *oneLine) Unwrap() error { return o.err }

// Addr returns host:port, for use as a bootstrap address.
func (b *Broker) Addr() string { return b.addr }

// Close stops serving, writes what is in memory to the directory and gives the directory free. It says what could not be
// written. A second call returns what the first did.
func (b *Broker) Close() error { return b.close() }

func (b *Broker) shutDown() error {
	if err := b.log.errorDuring(b.cluster.Close); err != nil {
		return errors.Join(fmt.Errorf("embedded broker: closing: %w", err), b.lock.Close())
	}
	return b.lock.Close()
}
