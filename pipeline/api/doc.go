// Package api is the HTTP listener of a running member: /metrics for Prometheus, /healthz and /readyz for whoever supervises the process. It
// reads what the pipeline says of itself and changes nothing.
//
// Used by cmd/winback.
package api
