package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"winback/pipeline"
)

// Source is what the listener tells of.
type Source interface {
	Status() []pipeline.Status
	Ready() error // nil, or why the member does not deliver what it is there for
}

// Server is a listener that is open. Requests wait until Serve is called.
type Server struct {
	listener net.Listener
}

// Listen opens the port, so that one that is taken is found before anything else has begun.
func Listen(ctx context.Context, cfg Config) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("api.listen: %w: name another port, or leave it empty not to listen", err)
	}
	return &Server{listener}, nil
}

// Addr is the address it listens on.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close closes the port, whether Serve was called or not. A nil Server has none.
func (s *Server) Close() {
	if s != nil {
		_ = s.listener.Close() // Serve has closed it already, if it was called
	}
}

const (
	headerTimeout = 5 * time.Second // how long a client may take for its request line and headers
	leaveTimeout  = time.Second     // how long requests under way may take when the member leaves
)

// Serve answers until ctx ends, and closes the port then.
func (s *Server) Serve(ctx context.Context, of Source, version string) error {
	server := &http.Server{Handler: handler(of, version), ReadHeaderTimeout: headerTimeout}
	defer context.AfterFunc(ctx, func() {
		leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
		defer cancel()
		_ = server.Shutdown(leaving)
	})()
	if err := server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("api: %w", err)
	}
	return nil
}

func handler(of Source, version string) http.Handler {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(newCollector(of), buildInfo(version), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := of.Ready(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = fmt.Fprintln(w, "ok")
	})
	return mux
}
