package clickhouse

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"regexp"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"winback/schemas"
	"winback/schemas/secure"
	"winback/sinks/retry"
)

// Config says which server and database the rows go to, and how.
type Config struct {
	DSN      string     `yaml:"dsn"`      // clickhouse://user:password@host:9000/database; what is set below overrides its parts
	Addr     []string   `yaml:"addr"`     // host:port of the native protocol; the first that answers is used
	Database string     `yaml:"database"` // made by winback migrate if it is not there; empty takes the DSN's, else "winback"
	Username string     `yaml:"username"` // to log in with; empty takes the DSN's, else "default"
	Password string     `yaml:"password"` // better set as an environment variable
	TLS      secure.TLS `yaml:"tls"`

	MaxConns int              `yaml:"max_conns"` // inserts under way at once; more wait their turn
	Timeout  schemas.Duration `yaml:"timeout"`   // one insert and its answer
	Retry    retry.Config     `yaml:"retry"`
}

// Defaults returns a Config for a server on this machine.
func Defaults() Config {
	return Config{MaxConns: 4, Timeout: schemas.Minute, Retry: retry.Defaults()}
}

// defaultDatabase is the one used when neither database nor dsn names one.
const defaultDatabase = "winback"

const dsnForm = "cannot be read: write clickhouse://user:password@host:9000/database"

// Validate reports every fault. It does not read the files that TLS names.
func (c Config) Validate() error {
	var faults schemas.Faults
	if _, err := c.parseDSN(); err != nil {
		faults.Add("dsn", dsnForm)
	}
	if c.DSN == "" && len(c.Addr) == 0 {
		faults.Add("addr", "no server is named: set addr (host:9000) or dsn")
	}
	if name := c.database(); !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,127}$`).MatchString(name) {
		faults.Add("database", "%q is not a database name: use letters, digits and '_', no digit first", name)
	}
	faults.Under("tls", c.TLS.Validate())
	c.validateLimits(&faults)
	faults.Under("retry", c.Retry.Validate())
	return faults.Err()
}

func (c Config) validateLimits(faults *schemas.Faults) {
	if c.MaxConns < 1 {
		faults.Add("max_conns", "must be above 0")
	}
	if c.Timeout <= 0 {
		faults.Add("timeout", "must be above 0, such as %q", Defaults().Timeout)
	}
}

// parseDSN's error leaves out the DSN, which holds a password.
func (c Config) parseDSN() (*clickhouse.Options, error) {
	if c.DSN == "" {
		return new(clickhouse.Options), nil
	}
	o, err := clickhouse.ParseDSN(c.DSN)
	if err != nil {
		return nil, errors.New("dsn " + dsnForm)
	}
	return o, nil
}

func (c Config) database() string {
	name := c.Database
	if o, err := c.parseDSN(); err == nil && name == "" {
		name = o.Auth.Database
	}
	if name == "" {
		name = defaultDatabase
	}
	return name
}

// options are clickhouse-go's, for connections that start out in the database given.
func (c Config) options(database string) (*clickhouse.Options, error) {
	o, err := c.parseDSN()
	if err != nil {
		return nil, err
	}
	if len(c.Addr) > 0 {
		o.Addr = c.Addr
	}
	if c.Username != "" {
		o.Auth.Username = c.Username
	}
	if c.Password != "" {
		o.Auth.Password = c.Password
	}
	if c.TLS.Enabled { // else the DSN's word counts
		if o.TLS, err = c.TLS.Config(); err != nil {
			return nil, err
		}
	}
	o.Auth.Database = database
	o.Compression = &clickhouse.Compression{Method: clickhouse.CompressionLZ4}
	o.DialTimeout, o.DialContext = dialTimeout, dialer(o.TLS)
	o.MaxOpenConns, o.MaxIdleConns = c.MaxConns+2, c.MaxConns+2 // Ping and Version get through while inserts are under way
	return o, nil
}

// dialTimeout also bounds the handshake, which ignores a context.
const dialTimeout = 5 * time.Second

// dialer stands in for clickhouse-go's own, which does not end with its context.
func dialer(secure *tls.Config) func(context.Context, string) (net.Conn, error) {
	if secure == nil {
		return func(ctx context.Context, addr string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", addr)
		}
	}
	return func(ctx context.Context, addr string) (net.Conn, error) {
		return (&tls.Dialer{Config: secure}).DialContext(ctx, "tcp", addr)
	}
}
