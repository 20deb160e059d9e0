package secure

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"winback/schemas"
)

func TestFilesThatCannotBeUsed(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]TLS{
		"tls.ca_file: open missing.pem": {Enabled: true, CAFile: "missing.pem"},
		"holds no certificate":          {Enabled: true, CAFile: empty},
		"tls.cert_file":                 {Enabled: true, CertFile: empty, KeyFile: empty},
	} {
		if _, err := c.Config(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %q", err, want)
		}
	}
}

func TestRefusedCertificatesAreToldFromOtherFaults(t *testing.T) {
	for err, want := range map[error]bool{
		&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}: true,
		tls.RecordHeaderError{Msg: "not TLS"}:                                true,
		x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}:      true,
		io.ErrUnexpectedEOF: false,
	} {
		if got := Refused(fmt.Errorf("dial: %w", err)); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
	if Refused(nil) {
		t.Error("no error is a refusal")
	}
}

func TestDisabledIsNoTLS(t *testing.T) {
	if config, err := (TLS{}).Config(); config != nil || err != nil {
		t.Errorf("%v, %v", config, err)
	}
}

func TestValidateReportsAll(t *testing.T) {
	faults := schemas.FaultsOf(TLS{CertFile: "c.pem"}.Validate())
	if len(faults) != 2 || faults[0].Field != "enabled" || faults[1].Field != "cert_file" {
		t.Errorf("%v", faults)
	}
}
