package scorer

import "math/bits"

// plan is what records of a shape are made of: so many numbers, counts and sums as they come, and the cells they make.
type plan struct {
	shape   Shape
	numbers int            // -1 if there are too many, or other things than numbers
	orders  [planned]uint8 // by which they are written
	cells   [2]planCells   // of judged lanes, and of all
}

// planned is how many numbers a record with a plan has at the most, a power of two.
const planned = 8

type planCells struct {
	n     uint8
	cells [planned]planCell
}

// planCell is a cell, from the highest lane down, with the numbers that make it, from 1 on; 0 stands for the number 0.
type planCell struct{ lane, count, sum, sign uint8 }

func (r *Rules) plan(s Shape) plan {
	p := plan{shape: s}
	if s.Lanes&r.spans != 0 || bits.OnesCount64(s.Lanes) > planned || bits.OnesCount64(s.Many)+bits.OnesCount64(s.Lanes&r.summed) > planned {
		p.numbers = -1
		return p
	}
	for left := s.Lanes; left != 0; {
		lane := uint8(bits.Len64(left) - 1)
		left &^= 1 << lane
		c := planCell{lane: lane}
		if s.Many>>lane&1 == 1 {
			c.count = p.number(countOrder)
		}
		if kind := r.sums[lane]; kind != noSum {
			c.sum, c.sign = p.number(orders[kind]), signs[kind]
		}
		for kept := range p.cells {
			if lanes(kept) == everyLane || r.judged>>lane&1 == 1 {
				p.cells[kept].add(c)
			}
		}
	}
	return p
}

func (p *plan) number(order int) uint8 {
	p.orders[p.numbers] = uint8(order)
	p.numbers++
	return uint8(p.numbers)
}

func (p *planCells) add(c planCell) {
	p.cells[p.n] = c
	p.n++
}
