package ingest

import (
	"context"
	"errors"
	"net"
	"sync"
)

// closableDialer dials for a kafka.ConsumerGroup and can close all of its connections: closing the group while it waits to be let in would
// otherwise take as long as the slowest other member.
type closableDialer struct {
	dialFunc dialFunc

	mu   sync.Mutex
	open map[net.Conn]struct{}
	shut bool // close was called
}

var errShut = errors.New("leaving the consumer group")

func newClosableDialer(dial dialFunc) *closableDialer {
	return &closableDialer{dialFunc: dial, open: map[net.Conn]struct{}{}}
}

func (d *closableDialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.dialFunc(ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut {
		_ = conn.Close() // never used
		return nil, errShut
	}
	tracked := &closableConn{Conn: conn, dialer: d}
	d.open[tracked] = struct{}{}
	return tracked, nil
}

// close closes every open connection and refuses to dial from now on.
func (d *closableDialer) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shut = true
	for conn := range d.open {
		_ = conn.(*closableConn).Conn.Close() // whoever uses it gets the error
	}
}

type closableConn struct {
	net.Conn
	dialer *closableDialer
}

func (c *closableConn) Close() error {
	c.dialer.mu.Lock()
	delete(c.dialer.open, c)
	c.dialer.mu.Unlock()
	return c.Conn.Close()
}
