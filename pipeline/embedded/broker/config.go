package broker

import (
	"crypto/tls"
	"log/slog"
	"slices"

	"winback/schemas"
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

// Validate reports every fault of the configuration.
func (c Config) Validate() error {
	var faults schemas.Faults
	if c.Dir == "" {
		faults.Add("dir", "is empty: name a directory for the embedded broker")
	}
	if c.Port < 0 || c.Port > 65535 {
		faults.Add("port", "is %d: choose 1 to 65535, or 0 for any", c.Port)
	}
	if c.SASL != nil && !slices.Contains([]string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}, c.SASL.Mechanism) {
		faults.Add("sasl.mechanism", "is %q: choose PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512", c.SASL.Mechanism)
	}
	return faults.Err()
}

func (c Config) log() *slog.Logger {
	if c.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Log
}
