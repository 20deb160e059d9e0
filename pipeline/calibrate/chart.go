package calibrate

import (
	"fmt"
	"strings"
)

// The chart's measures, in pixels.
const (
	chartWidth, chartHeight = 760, 420
	plotLeft, plotRight     = 70, 730
	plotTop, plotBottom     = 50, 360
)

// SVG draws the curve of returns with the thresholds found on it.
func (r *Returns) SVG() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">`+"\n", chartWidth, chartHeight)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="white"/>`+"\n", chartWidth, chartHeight)
	fmt.Fprintf(&b, `<text x="%d" y="24" font-size="16">Of silences of so many days, the share that ends in a return</text>`+"\n", plotLeft)
	r.axes(&b)
	var points []string
	for d := 1; d <= r.Longest; d++ {
		share, _ := r.Share(d)
		points = append(points, fmt.Sprintf("%.1f,%.1f", r.x(d), shareY(share)))
	}
	fmt.Fprintf(&b, `<polyline fill="none" stroke="#1f5fa8" stroke-width="2" points="%s"/>`+"\n", strings.Join(points, " "))
	for i := range r.Levels {
		r.mark(&b, &r.Levels[i], plotTop+14+16*i)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// x is where a length lies: day 1 at the left, the longest at the right.
func (r *Returns) x(days int) float64 {
	return plotLeft + float64(plotRight-plotLeft)*float64(days-1)/float64(max(1, r.Longest-1))
}

func shareY(share float64) float64 { return plotBottom - float64(plotBottom-plotTop)*share }

func (r *Returns) axes(b *strings.Builder) {
	for percent := 0; percent <= 100; percent += 20 {
		y := shareY(float64(percent) / 100)
		fmt.Fprintf(b, `<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%d %%</text>`+"\n",
			plotLeft, plotRight, y, y, plotLeft-8, y+4, percent)
	}
	step := max(1, (r.Longest+7)/8)
	for d := 1; d <= r.Longest; d += step {
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", r.x(d), plotBottom+20, d)
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">days of silence</text>`+"\n", (plotLeft+plotRight)/2, plotBottom+44)
}

// mark draws a threshold, its name at a height of its own.
func (r *Returns) mark(b *strings.Builder, l *Level, y int) {
	if l.Err != nil {
		return
	}
	x, side, anchor := r.x(l.Days), 5, "start"
	if x > (plotLeft+plotRight)/2 {
		side, anchor = -5, "end"
	}
	fmt.Fprintf(b, `<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="#c0392b" stroke-dasharray="4 3"/><text x="%.1f" y="%d" text-anchor="%s" fill="#c0392b">%s %dd</text>`+"\n",
		x, x, plotTop, plotBottom, x+float64(side), y, anchor, l.name(), l.Days)
}
