package api

import (
	"net"

	"winback/schemas"
)

// Config says where to listen.
type Config struct {
	Listen string `yaml:"listen"` // host:port, such as ":9464"; empty does not listen
}

// Validate reports every fault.
func (c Config) Validate() error {
	var faults schemas.Faults
	if c.Listen != "" {
		if _, port, err := net.SplitHostPort(c.Listen); err != nil || port == "" {
			faults.Add("listen", `%q is not an address: write host:port, such as "127.0.0.1:9464", or ":9464" for all interfaces`, c.Listen)
		}
	}
	return faults.Err()
}
