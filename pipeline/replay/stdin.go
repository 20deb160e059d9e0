package replay

import "io"

// interruptibleReader reads from what may never answer, such as a terminal or an idle pipe, until it is stopped. A read that is under way
// then goes on in its goroutine, because nothing can end it.
type interruptibleReader struct {
	in      io.Reader
	stopped <-chan struct{}
	cause   func() error
	buffer  [1 << 16]byte
	rest    []byte
	err     error
}

func (p *interruptibleReader) Read(b []byte) (int, error) {
	if len(p.rest) == 0 && p.err == nil {
		var n int
		var err error
		done := make(chan struct{})
		go func() {
			defer close(done)
			n, err = p.in.Read(p.buffer[:])
		}()
		select {
		case <-done:
			p.rest, p.err = p.buffer[:n], err
		case <-p.stopped:
			return 0, p.cause()
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	if len(p.rest) == 0 && p.err != nil {
		return n, p.err
	}
	return n, nil
}
