package ingest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"winback/pipeline/ingest"
	"winback/schemas"
	"winback/schemas/secure"
)

func TestKafkaValidateNamesEveryFault(t *testing.T) {
	k := ingest.Kafka{
		Brokers: []string{"fine:9092", "noport"},
		TLS:     secure.TLS{CertFile: "c.pem"},
		SASL:    ingest.SASL{Mechanism: "kerberos"},
	}
	var fields []string
	for _, f := range schemas.FaultsOf(k.Validate()) {
		fields = append(fields, f.Field)
	}
	want := []string{"brokers[1]", "tls.enabled", "tls.cert_file", "sasl.mechanism", "sasl.username", "sasl.password"}
	if len(fields) != len(want) {
		t.Fatalf("faults in %q, want %q", fields, want)
	}
	for i := range want {
		if fields[i] != want[i] {
			t.Errorf("fault %d in %q, want %q", i, fields[i], want[i])
		}
	}
	if err := ingest.DefaultKafka().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

func TestConfigValidateNamesEveryFault(t *testing.T) {
	if faults := schemas.FaultsOf(ingest.Config{}.Validate()); len(faults) != 9 {
		t.Errorf("%d faults, want 9: %v", len(faults), faults)
	}
	cfg := ingest.Defaults()
	cfg.Topic, cfg.Group = "t", "g"
	if err := cfg.Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

// authority is a certificate that vouches for itself as "127.0.0.1", and the file it is in.
func authority(t *testing.T, expires time.Time) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: expires,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

func TestTLSAndSASL(t *testing.T) {
	noLeak(t)
	certificate, ca := authority(t, time.Now().Add(time.Hour))
	_, stranger := authority(t, time.Now().Add(time.Hour))
	b := startBroker(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{certificate}}), kfake.EnableSASL(),
		kfake.Superuser("PLAIN", "p", "secret"), kfake.Superuser("SCRAM-SHA-256", "s", "secret"), kfake.Superuser("SCRAM-SHA-512", "t", "secret"))
	b.topic("clicks", 2, nil)
	trust := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // the producer of a test
	b.produce("clicks", 0, 0, 10, kgo.DialTLSConfig(trust), kgo.SASL(scram.Auth{User: "s", Pass: "secret"}.AsSha256Mechanism()))

	for _, login := range []ingest.SASL{
		{Mechanism: "plain", Username: "p", Password: "secret"},
		{Mechanism: "scram-sha-256", Username: "s", Password: "secret"},
		{Mechanism: "scram-sha-512", Username: "t", Password: "secret"},
	} {
		t.Run(login.Mechanism, func(t *testing.T) {
			conn := b.connect(func(k *ingest.Kafka) { k.TLS, k.SASL = secure.TLS{Enabled: true, CAFile: ca}, login })
			cfg := quickGroup("clicks")
			cfg.Group = login.Mechanism
			l := newLedger(t)
			r := run(t, conn, cfg, l.handler("only"))
			within(t, 10*time.Second, "10 records", func() bool { n, _ := l.total(); return n == 10 })
			r.leave()
		})
	}

	good := ingest.SASL{Mechanism: "plain", Username: "p", Password: "secret"}
	for name, c := range map[string]struct {
		tls  secure.TLS
		sasl ingest.SASL
		want string
	}{
		"wrong password":    {secure.TLS{Enabled: true, CAFile: ca}, ingest.SASL{Mechanism: "scram-sha-512", Username: "t", Password: "x"}, "is the login right (sasl.mechanism, sasl.username, sasl.password)"},
		"unknown authority": {secure.TLS{Enabled: true, CAFile: stranger}, good, "set tls.ca_file"},
		"another name":      {secure.TLS{Enabled: true, CAFile: ca, ServerName: "elsewhere"}, good, "set tls.server_name"},
		"no TLS":            {secure.TLS{}, good, "does this port want TLS (tls.enabled)"},
		"no login":          {secure.TLS{Enabled: true, CAFile: ca}, ingest.SASL{}, "does it want a login (sasl.mechanism)"},
	} {
		t.Run(name, func(t *testing.T) {
			conn := b.connect(func(k *ingest.Kafka) { k.TLS, k.SASL = c.tls, c.sasl })
			_, err := conn.Partitions(t.Context(), "clicks")
			wantError(t, err, c.want, "clicks")
		})
	}
}

// Brokers hang up on what looks like a request of gigabytes.
func TestTLSOnAPlainPortNamesTheRemedy(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4))
			_ = conn.Close()
		}
	}()
	k := ingest.DefaultKafka()
	k.Brokers, k.TLS.Enabled = []string{listener.Addr().String()}, true
	conn, err := k.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = conn.Partitions(t.Context(), "clicks")
	wantError(t, err, "topic clicks", "does not speak TLS on this port", "tls.enabled")
}

func TestUnreachableBroker(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	k := ingest.DefaultKafka()
	k.Brokers = []string{address}
	conn, err := k.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	cfg := quickGroup("clicks")
	err = ingest.Run(t.Context(), conn, cfg, silent(), nil)
	wantError(t, err, address, "nothing listens there", "check brokers")
}

func TestPermissions(t *testing.T) {
	allow := func(resource kmsg.ACLResourceType, name string, operation kmsg.ACLOperation) kfake.ACL {
		return kfake.ACL{Resource: resource, Name: name, Pattern: kmsg.ACLResourcePatternTypeLiteral, Operation: operation, Allow: true}
	}
	b := startBroker(t, kfake.EnableSASL(), kfake.EnableACLs(), kfake.Superuser("PLAIN", "root", "secret"),
		kfake.User("PLAIN", "looker", "secret", allow(kmsg.ACLResourceTypeTopic, "clicks", kmsg.ACLOperationDescribe),
			allow(kmsg.ACLResourceTypeGroup, "group-clicks", kmsg.ACLOperationRead)),
		kfake.User("PLAIN", "reader", "secret", allow(kmsg.ACLResourceTypeTopic, "clicks", kmsg.ACLOperationRead)))
	b.topic("clicks", 1, nil)
	as := func(user string) *ingest.Connection {
		return b.connect(func(k *ingest.Kafka) {
			k.SASL = ingest.SASL{Mechanism: "plain", Username: user, Password: "secret"}
		})
	}
	t.Run("topic not to be seen", func(t *testing.T) {
		_, err := as("reader").Partitions(t.Context(), "hidden")
		wantError(t, err, "topic hidden", "permission")
	})
	t.Run("topic not to be made", func(t *testing.T) {
		err := as("looker").EnsureTopic(t.Context(), "triggers", 1, ingest.TopicConfig{})
		wantError(t, err, "topic triggers", "permission")
	})
	t.Run("topic not to be read", func(t *testing.T) {
		l := newLedger(t)
		err := <-run(t, as("looker"), quickGroup("clicks"), l.handler("only")).done
		wantError(t, err, "topic clicks", "give this user READ")
	})
	t.Run("group not to be joined", func(t *testing.T) {
		l := newLedger(t)
		err := <-run(t, as("reader"), quickGroup("clicks"), l.handler("only")).done
		wantError(t, err, "consumer group group-clicks", "give this user READ")
	})
}
