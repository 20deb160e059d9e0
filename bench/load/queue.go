package load

// queue hands out values by time: a binary heap. Among equal times the order is arbitrary but always the same.
type queue[T any] struct{ items []due[T] }

type due[T any] struct {
	at    int64
	value T
}

func (q *queue[T]) empty() bool { return len(q.items) == 0 }

// next is when the first value is due. The queue must not be empty.
func (q *queue[T]) next() int64 { return q.items[0].at }

func (q *queue[T]) push(at int64, value T) {
	q.items = append(q.items, due[T]{at, value})
	i := len(q.items) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if q.items[parent].at <= at {
			break
		}
		q.items[i], q.items[parent] = q.items[parent], q.items[i]
		i = parent
	}
}

func (q *queue[T]) pop() T {
	first, last := q.items[0].value, len(q.items)-1
	q.items[0] = q.items[last]
	q.items = q.items[:last]
	q.siftDown()
	return first
}

// postpone makes the first value due at a later time.
func (q *queue[T]) postpone(at int64) {
	q.items[0].at = at
	q.siftDown()
}

// siftDown moves the first item to its place.
func (q *queue[T]) siftDown() {
	items := q.items
	if len(items) == 0 {
		return
	}
	i, moved := 0, items[0]
	for {
		child := 2*i + 1
		if child >= len(items) {
			break
		}
		if child+1 < len(items) && items[child+1].at < items[child].at {
			child++
		}
		if items[child].at >= moved.at {
			break
		}
		items[i] = items[child]
		i = child
	}
	items[i] = moved
}
