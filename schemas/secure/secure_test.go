package secure

import (
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
