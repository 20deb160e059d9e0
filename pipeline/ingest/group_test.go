package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"winback/pipeline/ingest"
	"winback/schemas"
)

// ledger counts, over all members, how often each offset of each partition was delivered, and checks what a session promises.
type ledger struct {
	t     *testing.T
	mu    sync.Mutex
	seen  map[int32][]int
	live  map[int32]int // sessions at this moment
	owner map[int32]string
	moves int
	flush time.Duration // what a handler may take after revocation
}

func newLedger(t *testing.T) *ledger {
	return &ledger{t: t, seen: map[int32][]int{}, live: map[int32]int{}, owner: map[int32]string{}, flush: 5 * time.Second}
}

// handler delivers, and commits with every batch and once more after revocation.
func (l *ledger) handler(member string) ingest.Handler {
	return func(ctx context.Context, s *ingest.Session) error {
		l.enter(member, s.Partition())
		defer l.leave(s.Partition())
		next := max(s.Committed(), 0)
		for b := range s.Batches(ctx) {
			if b.From != next {
				l.t.Errorf("partition %d: batch from %d, want %d", s.Partition(), b.From, next)
			}
			l.deliver(s.Partition(), b)
			if next = b.Next; next%7 == 0 {
				if err := s.Commit(ctx, next, ""); err != nil && ctx.Err() == nil {
					return err
				}
			}
		}
		flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.flush)
		defer cancel()
		if err := s.Commit(flush, next, ""); err != nil {
			return err
		}
		return s.Err()
	}
}

func (l *ledger) enter(member string, partition int32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.live[partition]++; l.live[partition] > 1 {
		l.t.Errorf("partition %d has %d sessions at once", partition, l.live[partition])
	}
	if l.owner[partition] != member {
		l.moves++
	}
	l.owner[partition] = member
}

func (l *ledger) leave(partition int32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.live[partition]--
}

func (l *ledger) deliver(partition int32, b *ingest.Batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for r := range b.Records() {
		for int64(len(l.seen[partition])) <= r.Offset {
			l.seen[partition] = append(l.seen[partition], 0)
		}
		l.seen[partition][r.Offset]++
		if want := string(value(int(r.Offset))); string(r.Value) != want {
			l.t.Errorf("partition %d, offset %d: value %q, want %q", partition, r.Offset, r.Value, want)
		}
	}
}

// total returns how many offsets have been delivered, and how many deliveries were repeats.
func (l *ledger) total() (offsets, repeats int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, counts := range l.seen {
		for _, n := range counts {
			if n > 0 {
				offsets, repeats = offsets+1, repeats+n-1
			}
		}
	}
	return offsets, repeats
}

func (l *ledger) owners() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := map[string]int{}
	for p, live := range l.live {
		if live > 0 {
			n[l.owner[p]]++
		}
	}
	return n
}

// running is a Run on its own goroutine.
type running struct {
	t    *testing.T
	stop context.CancelFunc
	done chan error
}

func run(t *testing.T, conn *ingest.Connection, cfg ingest.Config, handle ingest.Handler) *running {
	ctx, stop := context.WithCancel(context.Background())
	r := &running{t: t, stop: stop, done: make(chan error, 1)}
	go func() { r.done <- ingest.Run(ctx, conn, cfg, silent(), handle) }()
	t.Cleanup(stop)
	return r
}

// leave stops the member and returns how long that took.
func (r *running) leave() time.Duration {
	r.t.Helper()
	began := time.Now()
	r.stop()
	if err := <-r.done; err != nil {
		r.t.Errorf("Run: %v", err)
	}
	return time.Since(began)
}

// noLeak checks at the end of the test, after all its other clean-ups, that its goroutines have ended. Call it first.
func noLeak(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				stacks := make([]byte, 1<<20)
				t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
			}
		}
	})
}

// brokerWithClicks returns a broker that has a topic clicks, in a test that must not leave goroutines behind.
func brokerWithClicks(t *testing.T, partitions int32) *broker {
	noLeak(t)
	b := startBroker(t)
	b.topic("clicks", partitions, nil)
	return b
}

func TestMembersJoinAndLeave(t *testing.T) {
	const partitions, each = 6, 400
	b := brokerWithClicks(t, partitions)
	cfg := quickGroup("clicks")
	l := newLedger(t)
	produce := func(from, to int) {
		for p := range int32(partitions) {
			b.produce("clicks", p, from, to)
		}
	}
	arrived := func(n int) {
		t.Helper()
		within(t, 10*time.Second, fmt.Sprintf("%d records delivered", n), func() bool { got, _ := l.total(); return got == n })
	}

	first := run(t, b.connect(), cfg, l.handler("first"))
	produce(0, each)
	arrived(partitions * each)

	second := run(t, b.connect(), cfg, l.handler("second"))
	within(t, 10*time.Second, "an even spread", func() bool { o := l.owners(); return o["first"] == 3 && o["second"] == 3 })
	if l.moves != partitions+3 {
		t.Errorf("%d partitions changed hands, want 3 beside the first %d: the assignment is not sticky", l.moves, partitions)
	}
	produce(each, 2*each)
	arrived(partitions * 2 * each)

	first.leave()
	within(t, 10*time.Second, "the second takes over", func() bool { return l.owners()["second"] == partitions })
	produce(2*each, 3*each)
	arrived(partitions * 3 * each)
	second.leave()

	if _, repeats := l.total(); repeats > 0 {
		t.Errorf("%d records delivered again although every handler committed before it left", repeats)
	}
	if members := b.GroupInfo(cfg.Group); len(members.Members) != 0 {
		t.Errorf("members left behind: %+v", members.Members)
	}
}

func TestLeavesWithinASecond(t *testing.T) {
	b := brokerWithClicks(t, 4)
	cfg := quickGroup("clicks")
	cfg.MaxWait = 30 * schemas.Second // a long poll must not hold up the leaving
	l := newLedger(t)
	r := run(t, b.connect(), cfg, l.handler("only"))
	within(t, 5*time.Second, "the assignment", func() bool { return l.owners()["only"] == 4 })
	if took := r.leave(); took > time.Second {
		t.Errorf("leaving took %s", took)
	}
}

// A member that waits to be let in, because another is slow to flush, must be able to give up.
func TestLeavesWhileJoining(t *testing.T) {
	b := brokerWithClicks(t, 2)
	cfg := quickGroup("clicks")
	began, flushing, flushed := make(chan struct{}, 2), make(chan struct{}, 2), make(chan struct{})
	slow := run(t, b.connect(), cfg, func(ctx context.Context, s *ingest.Session) error {
		began <- struct{}{}
		for b := range s.Batches(ctx) {
			for range b.Records() {
			}
		}
		flushing <- struct{}{}
		<-flushed
		return s.Err()
	})
	<-began
	<-began
	waiting := run(t, b.connect(), cfg, newLedger(t).handler("waiting"))
	<-flushing
	<-flushing
	if took := waiting.leave(); took > 2*time.Second {
		t.Errorf("leaving took %s", took)
	}
	close(flushed)
	slow.leave()
}

func TestBrokerRestarts(t *testing.T) {
	b := brokerWithClicks(t, 2)
	l := newLedger(t)
	r := run(t, b.connect(), quickGroup("clicks"), l.handler("only"))
	for round := range 3 {
		for p := range int32(2) {
			b.produce("clicks", p, round*100, round*100+100)
		}
		want := 2 * (round*100 + 100)
		within(t, 15*time.Second, fmt.Sprint(want, " records"), func() bool { n, _ := l.total(); return n == want })
		b.Close()
		b.start()
	}
	r.leave()
}

// An outage that lasts longer than the handlers may flush ends their sessions, but not Run.
func TestAFlushThatAnOutageOutlastsLosesNothing(t *testing.T) {
	b := brokerWithClicks(t, 2)
	l := newLedger(t)
	l.flush = 100 * time.Millisecond
	r := run(t, b.connect(), quickGroup("clicks"), l.handler("only"))
	arrived := func(n int) {
		t.Helper()
		within(t, 15*time.Second, fmt.Sprint(n, " records"), func() bool { got, _ := l.total(); return got == n })
	}
	b.produce("clicks", 0, 0, 50)
	arrived(50)
	b.Close()
	within(t, 10*time.Second, "the sessions end", func() bool { return len(l.owners()) == 0 })
	b.start()
	back := time.Now()
	b.produce("clicks", 1, 0, 50)
	arrived(100)
	if took := time.Since(back); took > 4*time.Second {
		t.Errorf("it took %s to be back: the group has waited for a member that was gone", took)
	}
	r.leave()
}

func TestHandlerErrorEndsRun(t *testing.T) {
	b := brokerWithClicks(t, 3)
	cause := errors.New("disk full")
	l := newLedger(t)
	good := l.handler("only")
	r := run(t, b.connect(), quickGroup("clicks"), func(ctx context.Context, s *ingest.Session) error {
		if s.Partition() == 1 {
			return cause
		}
		return good(ctx, s)
	})
	err := <-r.done
	if !errors.Is(err, cause) || !strings.Contains(err.Error(), "topic clicks, partition 1") {
		t.Fatalf("Run: %v", err)
	}
	if n := l.owners(); len(n) != 0 {
		t.Errorf("sessions still live: %v", n)
	}
}

func TestHandlerThatGivesUpEarlyIsAnError(t *testing.T) {
	b := brokerWithClicks(t, 1)
	r := run(t, b.connect(), quickGroup("clicks"), func(context.Context, *ingest.Session) error { return nil })
	if err := <-r.done; err == nil || !strings.Contains(err.Error(), "partition 0") {
		t.Fatalf("Run: %v", err)
	}
}

func TestPartitionCountChanges(t *testing.T) {
	b := brokerWithClicks(t, 2)
	cfg := quickGroup("clicks")
	cfg.WatchEvery = 100 * schemas.Millisecond
	l := newLedger(t)
	conn := b.connect()
	r := run(t, conn, cfg, l.handler("only"))
	within(t, 5*time.Second, "the assignment", func() bool { return l.owners()["only"] == 2 })
	grow(t, conn, "clicks", 5)
	err := <-r.done
	if err == nil || !strings.Contains(err.Error(), "had 2 partitions and now has 5") {
		t.Fatalf("Run: %v", err)
	}
}

// What the coordinator calls an old generation must come back as ErrLost, and must not end Run.
func TestAnOldGenerationIsErrLostAndDoesNotEndRun(t *testing.T) {
	b := brokerWithClicks(t, 1)
	cfg := quickGroup("clicks")
	generations := make(chan int32, 10)
	r := run(t, b.connect(), cfg, func(ctx context.Context, s *ingest.Session) error {
		generations <- s.Generation()
		for range s.Batches(ctx) {
			if s.Generation() == 1 {
				b.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Topic: "clicks", Err: kerr.IllegalGeneration})
				err := s.Commit(ctx, 0, "")
				if !errors.Is(err, ingest.ErrLost) {
					t.Errorf("Commit: %v", err)
				}
				return err
			}
		}
		return s.Err()
	})
	if first, second := <-generations, <-generations; second <= first {
		t.Errorf("generation %d after %d", second, first)
	}
	r.leave()
}
