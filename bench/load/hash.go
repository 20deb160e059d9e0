package load

import "math"

// hash is what everything about a user that never changes is drawn from, so that none of it is stored.
type hash uint64

// The draws a user's hash can give, each independent of the others.
const (
	drawPattern = iota
	drawFrom
	drawUntil
	drawFactor
	drawZone
	drawDevice
	drawBasket
	drawRate
	drawRateAngle
)

func userHash(seed uint64, user int) hash { return hash(mix(mix(seed) ^ uint64(user))) }

func (h hash) bits(draw uint64) uint64 { return mix(uint64(h) + draw*0x9e3779b97f4a7c15) }

// unit returns a number in [0, 1).
func (h hash) unit(draw uint64) float64 { return float64(h.bits(draw)>>11) / (1 << 53) }

// normal returns a standard normal number (Box-Muller).
func (h hash) normal(draw, angle uint64) float64 {
	return math.Sqrt(-2*math.Log(1-h.unit(draw))) * math.Cos(2*math.Pi*h.unit(angle))
}

// mix is the finaliser of splitmix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
