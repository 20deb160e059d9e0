package apachekafka

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// settings are one broker's files and address.
type settings struct {
	addr      string
	cluster   string // its id
	path      string // server.properties
	logging   string // log4j2.properties
	log       string // what Kafka says
	directory string
}

// Kafka's own defaults suit a cluster; these suit one node with short-lived data on a small machine.
const properties = `process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=%[2]s
listeners=PLAINTEXT://%[1]s,CONTROLLER://%[2]s
advertised.listeners=PLAINTEXT://%[1]s
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=%[3]s
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
log.segment.bytes=67108864
`

const logging = `rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %m (%c)%n
`

// newSettings picks free ports and writes the files anew into dir.
func newSettings(dir string) (settings, error) {
	s := settings{
		path: filepath.Join(dir, "server.properties"), logging: filepath.Join(dir, "log4j2.properties"),
		log: filepath.Join(dir, "kafka.log"), directory: filepath.Join(dir, "data"),
	}
	ports, err := freeAddresses(2)
	if err != nil {
		return s, fmt.Errorf("no free port on 127.0.0.1: %w", err)
	}
	s.addr, s.cluster = ports[0], newID()
	text := fmt.Sprintf(properties, ports[0], ports[1], s.directory)
	for _, step := range []func() error{
		func() error { return os.RemoveAll(s.directory) }, // of an attempt that failed
		func() error { return os.MkdirAll(dir, 0o755) },
		func() error { return os.WriteFile(s.path, []byte(text), 0o600) },
		func() error { return os.WriteFile(s.logging, []byte(logging), 0o600) },
	} {
		if err := step(); err != nil {
			return s, err
		}
	}
	return s, nil
}

// newID makes a cluster id in Kafka's form: 16 bytes in base64. Its tools take a leading "-" for an option.
func newID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return strings.Replace(base64.RawURLEncoding.EncodeToString(id[:]), "-", "A", 1)
}

// freeAddresses returns addresses on loopback that were free a moment ago. Kafka must know its controller's before it listens.
func freeAddresses(n int) ([]string, error) {
	var addresses []string
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close() // at the end: or the next one is the same
		addresses = append(addresses, listener.Addr().String())
	}
	return addresses, nil
}
