// Package broker runs one Kafka-protocol broker inside this process, for the demo, for one machine and for tests. It listens
// on loopback only and keeps its topics and groups in a directory, so that they survive a restart and a SIGKILL.
//
// cmd/winback and tests start it; no other room knows that it exists: they get an address.
package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
)

// Config says where the broker keeps its data and who may log in.
type Config struct {
	Dir  string `yaml:"dir"`  // data directory, made if it is not there; one broker at a time
	Port int    `yaml:"port"` // on 127.0.0.1; 0 takes a free one

	TLS  *tls.Config  `yaml:"-"` // serve TLS with these certificates; nil serves plain text
	SASL *Login       `yaml:"-"` // demand this login; nil lets everybody in
	Log  *slog.Logger `yaml:"-"` // nil discards
}

// Login is the one account of a broker that asks for a login.
type Login struct {
	Mechanism string // PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512
	User      string
	Password  string
}

// Broker is a running broker.
type Broker struct{}

// Start serves until Close. Topics are never created on demand: create them, or a fetch answers that they do not exist.
func Start(ctx context.Context, c Config) (*Broker, error) { return nil, errors.New("to come") }

// Addr returns host:port, for use as a bootstrap address.
func (b *Broker) Addr() string { return "" }

// Close stops serving, writes what is in memory to the directory and gives the directory free. A second call does nothing.
func (b *Broker) Close() error { return nil }
