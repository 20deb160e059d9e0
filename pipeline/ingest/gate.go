package ingest

import (
	"context"
	"errors"
	"net"
	"sync"
)

// gate dials for a ConsumerGroup and can hang up on it: closing one while it waits to be let into its group would otherwise last as long
// as the slowest other member.
type gate struct {
	dialThrough dialFunc

	mu   sync.Mutex
	open map[net.Conn]struct{}
	shut bool
}

var errShut = errors.New("leaving the consumer group")

func newGate(dial dialFunc) *gate { return &gate{dialThrough: dial, open: map[net.Conn]struct{}{}} }

func (g *gate) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := g.dialThrough(ctx, network, address)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		_ = conn.Close() // never used
		return nil, errShut
	}
	through := &gateConn{Conn: conn, gate: g}
	g.open[through] = struct{}{}
	return through, nil
}

// close hangs up, and lets nobody dial any longer.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
	for conn := range g.open {
		_ = conn.(*gateConn).Conn.Close() // whoever uses it gets the error
	}
}

type gateConn struct {
	net.Conn
	gate *gate
}

func (c *gateConn) Close() error {
	c.gate.mu.Lock()
	delete(c.gate.open, c)
	c.gate.mu.Unlock()
	return c.Conn.Close()
}
