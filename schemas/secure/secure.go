// Package secure is the settings of an encrypted connection, the same for Kafka and for ClickHouse, the crypto/tls configuration made
// of them, and the recognition of a refused certificate. pipeline/ingest and the sinks call it.
package secure

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"winback/schemas"
)

// TLS encrypts the connections if Enabled. The system's certificate authorities are trusted unless CAFile names others. Files are PEM.
type TLS struct {
	Enabled            bool   `yaml:"enabled"`              // encrypts the connections
	CAFile             string `yaml:"ca_file"`              // PEM: the certificate authorities that are trusted; empty: the system's
	CertFile           string `yaml:"cert_file"`            // PEM, with key_file: this client's own certificate (mutual TLS)
	KeyFile            string `yaml:"key_file"`             // PEM: the key of cert_file
	ServerName         string `yaml:"server_name"`          // expected in the servers' certificates; default: the host dialled
	InsecureSkipVerify bool   `yaml:"insecure_skip_verify"` // takes any certificate: for trying out alone
}

// Validate reports every fault. It does not read the files.
func (t TLS) Validate() error {
	var faults schemas.Faults
	if !t.Enabled && t != (TLS{}) {
		faults.Add("enabled", "is false although other tls settings are given: set it to true, or remove them")
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		faults.Add("cert_file", "and tls.key_file belong together: give both or neither")
	}
	return faults.Err()
}

// Config reads the files. It returns nil without an error if TLS is not enabled.
func (t TLS) Config() (*tls.Config, error) {
	if !t.Enabled {
		return nil, nil
	}
	//nolint:gosec // G402: skipping the verification is the user's choice, and its name warns of it.
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName, InsecureSkipVerify: t.InsecureSkipVerify}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("tls.ca_file: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls.ca_file: %s holds no certificate: it must be in PEM form", t.CAFile)
		}
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("tls.cert_file %s with tls.key_file %s: %w", t.CertFile, t.KeyFile, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// Refused reports whether a connection failed for the server's certificate, or because the port does not speak TLS: waiting does not
// mend that.
func Refused(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		record       tls.RecordHeaderError
		authority    x509.UnknownAuthorityError
		host         x509.HostnameError
	)
	return errors.As(err, &verification) || errors.As(err, &record) || errors.As(err, &authority) || errors.As(err, &host)
}
