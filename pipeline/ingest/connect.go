package ingest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"winback/schemas"
	"winback/schemas/secure"
)

// Kafka says how to reach a cluster.
type Kafka struct {
	Brokers  []string   `yaml:"brokers"`   // host:port, the ones to ask first
	ClientID string     `yaml:"client_id"` // the name in the brokers' logs and quotas
	TLS      secure.TLS `yaml:"tls"`
	SASL     SASL       `yaml:"sasl"`
}

// SASL logs in if Mechanism is set.
type SASL struct {
	Mechanism string `yaml:"mechanism"` // empty, plain, scram-sha-256 or scram-sha-512
	Username  string `yaml:"username"`  // to log in with
	Password  string `yaml:"password"`  // better set as an environment variable
}

// DefaultKafka is a broker on this machine, without TLS and SASL.
func DefaultKafka() Kafka {
	return Kafka{Brokers: []string{"127.0.0.1:9092"}, ClientID: "winback"}
}

// Validate reports every fault. It does not touch the network or the files; Connect reads the files.
func (k Kafka) Validate() error {
	var faults schemas.Faults
	if len(k.Brokers) == 0 {
		faults.Add("brokers", `is empty: name at least one broker, such as "localhost:9092"`)
	}
	for i, address := range k.Brokers {
		if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" {
			faults.Add(fmt.Sprintf("brokers[%d]", i), `%q is not an address: write host:port, such as "localhost:9092"`, address)
		}
	}
	faults.Under("tls", k.TLS.Validate())
	k.SASL.check(&faults)
	return faults.Err()
}

func (s SASL) check(faults *schemas.Faults) {
	switch s.Mechanism {
	case "":
		if s != (SASL{}) {
			faults.Add("sasl.mechanism", "is empty although a user or password is given: write plain, scram-sha-256 or scram-sha-512")
		}
		return
	case "plain", "scram-sha-256", "scram-sha-512":
	default:
		faults.Add("sasl.mechanism", "%q is unknown: write plain, scram-sha-256 or scram-sha-512", s.Mechanism)
	}
	if s.Username == "" {
		faults.Add("sasl.username", "is empty: the mechanism %s needs one", s.Mechanism)
	}
	if s.Password == "" {
		faults.Add("sasl.password", "is empty: the mechanism %s needs one", s.Mechanism)
	}
}

const (
	dialTimeout    = 5 * time.Second  // TCP, TLS and SASL together
	requestTimeout = 10 * time.Second // one request, its answer included
	metadataTTL    = 3 * time.Second  // how long a moved leader may go unnoticed
)

// Connection is a pool of connections to one cluster, opened when first used. It is safe for concurrent use; whoever made it closes it
// after everything that uses it has ended.
type Connection struct {
	brokers   []string
	encrypted bool
	transport *kafka.Transport
	dialer    *kafka.Dialer
	client    *kafka.Client
	cancel    context.CancelFunc
	buffers   bufferPool
	refreshed atomic.Int64 // when the Transport's picture of the cluster was last thrown away, Unix nanoseconds
}

// Connect reads the certificate files and prepares the connection. It does not dial: ask for Partitions to see whether the cluster
// answers.
func (k Kafka) Connect() (*Connection, error) {
	if err := k.Validate(); err != nil {
		return nil, err
	}
	encryption, err := k.TLS.Config()
	if err != nil {
		return nil, err
	}
	login, err := k.SASL.mechanism()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	dial := dialer(encryption)
	transport := &kafka.Transport{
		Dial: dial, DialTimeout: dialTimeout, MetadataTTL: metadataTTL, ClientID: k.ClientID, SASL: login, Context: ctx,
	}
	return &Connection{
		brokers:   k.Brokers,
		encrypted: encryption != nil,
		transport: transport,
		dialer:    &kafka.Dialer{ClientID: k.ClientID, Timeout: dialTimeout, DialFunc: dial, SASLMechanism: login},
		client:    &kafka.Client{Addr: kafka.TCP(k.Brokers...), Timeout: requestTimeout, Transport: transport},
		cancel:    cancel,
	}, nil
}

// dialFunc opens a connection, as net.Dialer's DialContext does.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// errHandshake is in an error that came up before Kafka's own protocol began.
var errHandshake = errors.New("TLS handshake")

// dialer dials with TLS if encryption is given. Left to kafka-go, a handshake that fails could not be told from a refused login.
func dialer(encryption *tls.Config) dialFunc {
	plain := &net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}
	if encryption == nil {
		return plain.DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		raw, err := plain.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		config := encryption.Clone()
		if config.ServerName == "" {
			config.ServerName, _, _ = net.SplitHostPort(address) // an address that was dialled has the form
		}
		conn := tls.Client(raw, config)
		if err := conn.HandshakeContext(ctx); err != nil {
			_ = raw.Close() // the handshake's error says more
			return nil, fmt.Errorf("%w: %w", errHandshake, err)
		}
		return conn, nil
	}
}

// Client gives kafka-go's client over this connection, for whatever else is asked of the cluster.
func (c *Connection) Client() *kafka.Client { return c.client }

// Close ends the pool. Requests still under way fail.
func (c *Connection) Close() {
	c.transport.CloseIdleConnections()
	c.cancel()
}

// refreshPause keeps a topic that does not exist from costing a new connection for every attempt to read it.
const refreshPause = 250 * time.Millisecond

// refresh makes the Transport look up the leaders again, if err says that it asked the wrong broker; by itself it would only after
// metadataTTL. Requests under way are not disturbed.
func (c *Connection) refresh(err error) {
	now, last := time.Now().UnixNano(), c.refreshed.Load()
	if misrouted(err) && now-last > int64(refreshPause) && c.refreshed.CompareAndSwap(last, now) {
		c.transport.CloseIdleConnections()
	}
}

func (s SASL) mechanism() (sasl.Mechanism, error) {
	var login sasl.Mechanism
	var err error
	switch s.Mechanism {
	case "":
		return nil, nil
	case "plain":
		login = plain.Mechanism{Username: s.Username, Password: s.Password}
	case "scram-sha-256":
		login, err = scram.Mechanism(scram.SHA256, s.Username, s.Password)
	case "scram-sha-512":
		login, err = scram.Mechanism(scram.SHA512, s.Username, s.Password)
	default:
		err = errors.New("unknown mechanism")
	}
	if err != nil {
		return nil, fmt.Errorf("sasl: user %q: %w", s.Username, err)
	}
	return login, nil
}
