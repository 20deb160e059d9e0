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
	constant int64   // what it is compared with, unless that is a fraction: a number, minor units or milliseconds
	fraction float64 // the constant if the unit is fraction
}

// readConstant reads what the function is compared with, which also decides how far months() has to look back.
func (c *comparison) readConstant(t token) error {
	if t.kind != number && t.kind != quoted || !c.parseConstant(t.text) {
		return t.fault("%s: %s() is compared with %s", t.display(), c.function.name, constantExamples[c.function.unit])
	}
	if c.args.Quantity == Months {
		if c.constant > MostMonths {
			return t.fault("months() looks back %d months at most: %s is too many", MostMonths, t.text)
		}
		c.args.MaxMonths = int(c.constant) + 1
		if c.operator == less || c.operator == greater|equal {
			c.args.MaxMonths--
		}
	}
	switch always, never := c.alwaysOrNever(); {
	case always:
		return t.fault("%s() %v %s always holds: drop it", c.function.name, c.operator, t.text)
	case never:
		return t.fault("%s() %v %s never holds: drop it", c.function.name, c.operator, t.text)
	}
	return nil
}

// parseConstant reads the constant in the function's unit. It reports whether it is one.
func (c *comparison) parseConstant(text string) bool {
	var err error
	switch c.function.unit {
	case fraction:
		c.fraction, err = strconv.ParseFloat(text, 64)
		return err == nil && c.fraction <= 1 && strings.Trim(text, "0123456789.") == ""
	case durationUnit:
		var d schemas.Duration
		d, err = schemas.ParseDuration(text)
		c.constant = d.Milliseconds()
		return err == nil
	}
	c.constant, err = strconv.ParseInt(text, 10, 64)
	return err == nil && (c.constant >= 0 || c.function.unit == minorUnit)
}

// alwaysOrNever reports whether the comparison holds whatever the function's value is, or never. A ratio may be undefined, and then it never holds.
func (c *comparison) alwaysOrNever() (always, never bool) {
	switch {
	case c.function.unit == minorUnit:
		return false, false
	case c.function.unit == fraction && c.fraction == 1 && c.operator == greater:
		return false, true
	case c.constant != 0 || c.fraction != 0:
		return false, false
	}
	return c.operator == greater|equal && c.function.ratio == noRatio, c.operator == less
}

func (c *comparison) String() string {
	constant := strconv.FormatInt(c.constant, 10)
	switch c.function.unit {
	case fraction:
		constant = strconv.FormatFloat(c.fraction, 'f', -1, 64)
	case durationUnit:
		constant = schemas.Duration(c.constant).String()
	}
	return fmt.Sprintf("%s %v %s", c.args.call(c.function.name), c.operator, constant)
}
