package tags

import (
	"fmt"
	"strconv"
	"strings"

	"winback/schemas"
)

// MostMonths is the longest run that months() can be compared with.
const MostMonths = 24

// comparison is one function compared with one constant.
type comparison struct {
	function *function
	args     Selector
	operator operator
	want     int64   // the constant, unless it is a fraction
	fraction float64 // the constant if the unit is fraction
}

// against reads the constant, which decides how far months() has to look.
func (c *comparison) against(t token) error {
	if t.kind != number && t.kind != quoted || !c.read(t.text) {
		return t.fault("%s: %s() is compared with %s", t.show(), c.function.name, examples[c.function.with])
	}
	if c.args.Quantity == Months {
		if c.want > MostMonths {
			return t.fault("months() looks back %d months at most: %s is too many", MostMonths, t.text)
		}
		c.args.MaxMonths = int(c.want) + 1
		if c.operator == less || c.operator == greater|equal {
			c.args.MaxMonths--
		}
	}
	switch always, never := c.trivial(); {
	case always:
		return t.fault("%s() %v %s always holds: drop it", c.function.name, c.operator, t.text)
	case never:
		return t.fault("%s() %v %s never holds: drop it", c.function.name, c.operator, t.text)
	}
	return nil
}

// read takes the constant in the function's unit.
func (c *comparison) read(text string) bool {
	var err error
	switch c.function.with {
	case fraction:
		c.fraction, err = strconv.ParseFloat(text, 64)
		return err == nil && c.fraction <= 1 && strings.Trim(text, "0123456789.") == ""
	case span:
		var d schemas.Duration
		d, err = schemas.ParseDuration(text)
		c.want = d.Milliseconds()
		return err == nil
	}
	c.want, err = strconv.ParseInt(text, 10, 64)
	return err == nil && (c.want >= 0 || c.function.with == minorUnit)
}

// trivial reports whether no value at all can make the comparison fail, or hold. That of a ratio may be undefined, and then it fails.
func (c *comparison) trivial() (always, never bool) {
	switch {
	case c.function.with == minorUnit:
		return false, false
	case c.function.with == fraction && c.fraction == 1 && c.operator == greater:
		return false, true
	case c.want != 0 || c.fraction != 0:
		return false, false
	}
	return c.operator == greater|equal && c.function.ratio == plain, c.operator == less
}

func (c *comparison) String() string {
	constant := strconv.FormatInt(c.want, 10)
	switch c.function.with {
	case fraction:
		constant = strconv.FormatFloat(c.fraction, 'f', -1, 64)
	case span:
		constant = schemas.Duration(c.want).String()
	}
	return fmt.Sprintf("%s %v %s", c.args.call(c.function.name), c.operator, constant)
}
