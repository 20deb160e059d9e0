package chart

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// Drawing is lines over an axis of numbers and one of shares, 0 to 1.
type Drawing struct {
	Title    string
	X, Y     string // what the axes are
	From, To float64
	Step     float64 // between two marks of the axis of numbers
	Percent  bool    // of the axis of numbers
	Lines    []Line
}

// Line is one line of a drawing, with its name in the legend.
type Line struct {
	Name   string
	Points []Point
	Dashed bool
	Dots   bool // each point is marked
}

// Point is where a line goes.
type Point struct{ X, Y float64 }

// The picture's measures, in pixels of the SVG.
const (
	width, height            = 640, 400
	left, right, top, bottom = 60, 20, 40, 84
)

// colours can be told apart by people who do not see all of them (Okabe and Ito 2008), on white and on black.
var colours = []string{"#0072b2", "#d55e00", "#009e73", "#888888"}

// SVG draws.
func (d *Drawing) SVG() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" font-family="sans-serif" font-size="12">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n", escaped(d.Title))
	b.WriteString("<style>text{fill:#222}.axis{stroke:#222}.grid{stroke:#ddd}@media(prefers-color-scheme:dark){text{fill:#ddd}.axis{stroke:#ddd}.grid{stroke:#444}}</style>\n")
	fmt.Fprintf(&b, `<text x="%d" y="22" font-size="15">%s</text>`+"\n", left, escaped(d.Title))
	d.axes(&b)
	for i := range d.Lines {
		d.line(&b, i)
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

func (d *Drawing) axes(b *strings.Builder) {
	for n := range 6 {
		y := float64(n) / 5
		fmt.Fprintf(b, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text x="%d" y="%.1f" text-anchor="end">%d %%</text>`+"\n",
			left, width-right, d.y(y), d.y(y), left-8, d.y(y)+4, n*20)
	}
	unit := ""
	if d.Percent {
		unit = " %"
	}
	for x := d.From; x <= d.To+d.Step/1000; x += d.Step {
		fmt.Fprintf(b, `<line class="axis" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/><text x="%.1f" y="%d" text-anchor="middle">%g%s</text>`+"\n",
			d.x(x), d.x(x), height-bottom, height-bottom+5, d.x(x), height-bottom+20, x, unit)
	}
	fmt.Fprintf(b, `<path class="axis" fill="none" d="M%d %dV%dH%d"/>`+"\n", left, top, height-bottom, width-right)
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", (left+width-right)/2, height-bottom+40, escaped(d.X))
	middle := (top + height - bottom) / 2
	fmt.Fprintf(b, `<text x="14" y="%d" text-anchor="middle" transform="rotate(-90 14 %d)">%s</text>`+"\n", middle, middle, escaped(d.Y))
}

// line draws one line and its name below the picture.
func (d *Drawing) line(b *strings.Builder, i int) {
	l, colour, dashes := &d.Lines[i], colours[i%len(colours)], ""
	if l.Dashed {
		dashes = ` stroke-dasharray="6 4"`
	}
	var points []string
	for _, p := range l.Points {
		points = append(points, fmt.Sprintf("%.1f,%.1f", d.x(p.X), d.y(p.Y)))
	}
	fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="2"%s points="%s"/>`+"\n", colour, dashes, strings.Join(points, " "))
	for _, p := range l.Points {
		if l.Dots {
			fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", d.x(p.X), d.y(p.Y), colour)
		}
	}
	x, y := left+i*(width-left-right)/max(len(d.Lines), 1), height-14
	fmt.Fprintf(b, `<line x1="%d" x2="%d" y1="%d" y2="%d" stroke="%s" stroke-width="2"%s/><text x="%d" y="%d">%s</text>`+"\n",
		x, x+24, y-4, y-4, colour, dashes, x+30, y, escaped(l.Name))
}

func (d *Drawing) x(v float64) float64 {
	return left + (v-d.From)/(d.To-d.From)*(width-left-right)
}

func (d *Drawing) y(v float64) float64 { return height - bottom - v*(height-top-bottom) }

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a strings.Builder takes everything
	return b.String()
}
