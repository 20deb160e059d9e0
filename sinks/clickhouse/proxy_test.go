package clickhouse_test

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
)

// proxy is one address for a server that comes and goes. While target is empty it refuses. It puts each server's own password
// in the place of the one clients know, because the engine takes a new one at every start.
type proxy struct {
	listener net.Listener
	password string

	mu     sync.Mutex
	target string
	swap   string
	conns  []net.Conn
}

func newProxy(t *testing.T, password string) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, password: password}
	var served sync.WaitGroup
	served.Go(func() { p.serve(&served) })
	t.Cleanup(func() {
		_ = l.Close()
		p.point("", "")
		served.Wait()
	})
	return p
}

// point cuts every connection and sends new ones to target.
func (p *proxy) point(target, password string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target, p.swap = target, password
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

func (p *proxy) serve(served *sync.WaitGroup) {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
		} else {
			p.conns = append(p.conns, client, server)
			swap := p.swap
			served.Go(func() { p.copy(server, client, swap) })
			served.Go(func() { p.copy(client, server, "") })
		}
		p.mu.Unlock()
	}
}

func (p *proxy) copy(to, from net.Conn, swap string) {
	defer to.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		chunk := buf[:n]
		if swap != "" {
			chunk = bytes.Replace(chunk, []byte(p.password), []byte(swap), 1)
		}
		if _, werr := to.Write(chunk); err != nil || werr != nil {
			_, _ = io.Copy(io.Discard, from)
			return
		}
	}
}
