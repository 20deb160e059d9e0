package state

import "winback/scorer"

// arena holds the cells of all users in blocks of 2, 4, 8, ... cells without pointers. Blocks of a class lie in pages and are
// reused through a free list.
type arena struct{ classes [arenaClasses]class }

// arenaClasses bounds a user at 2^26 cells, one GiB: more than a bot makes in a minute-grained year.
const arenaClasses = 26

type class struct {
	pages [][]scorer.Cell
	used  uint32 // blocks ever given out
	free  []uint32
}

// block is a user's piece of the arena: the class says how many cells it holds, length how many are in use.
type block struct {
	number uint32
	length uint32
	class  uint8 // one above the class's place; 0 means no block
}

const pageCells = 1 << 12

func capacity(class uint8) int { return 1 << class }

// perPage is how many blocks of a class share a page; a large block has a page of its own.
func perPage(class uint8) uint32 { return uint32(max(1, pageCells/capacity(class))) }

// cells returns the block's cells; its capacity ends with the block.
func (a *arena) cells(b block) []scorer.Cell {
	if b.class == 0 {
		return nil
	}
	n := perPage(b.class)
	page := a.classes[b.class-1].pages[b.number/n]
	from := int(b.number%n) * capacity(b.class)
	return page[from : from+int(b.length) : from+capacity(b.class)]
}

// fit moves the cells to a block that holds at least n.
func (a *arena) fit(b block, n int) block {
	want := uint8(1)
	for capacity(want) < n {
		want++
	}
	if want == b.class {
		return b
	}
	moved := a.take(want)
	moved.length = b.length
	copy(a.cells(moved), a.cells(b))
	a.release(b)
	return moved
}

func (a *arena) take(want uint8) block {
	c := &a.classes[want-1]
	if last := len(c.free) - 1; last >= 0 {
		number := c.free[last]
		c.free = c.free[:last]
		return block{number: number, class: want}
	}
	n := perPage(want)
	if c.used == uint32(len(c.pages))*n {
		c.pages = append(c.pages, make([]scorer.Cell, int(n)*capacity(want)))
	}
	c.used++
	return block{number: c.used - 1, class: want}
}

func (a *arena) release(b block) {
	if b.class > 0 {
		c := &a.classes[b.class-1]
		c.free = append(c.free, b.number)
	}
}
