package ingest

import "sync"

// bufferPool keeps the buffers of fetch responses for all partitions of a Connection.
type bufferPool struct{ free sync.Pool }

// keepBuffer is the largest buffer worth keeping.
const keepBuffer = 32 << 20

func (p *bufferPool) get() *[]byte {
	if b, ok := p.free.Get().(*[]byte); ok {
		return b
	}
	return new([]byte)
}

func (p *bufferPool) put(b *[]byte) {
	if cap(*b) <= keepBuffer {
		p.free.Put(b)
	}
}
