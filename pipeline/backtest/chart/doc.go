// Package chart draws the charts of a backtest as SVG. They are lines over two axes and nothing else, which is a page of code; the libraries that
// draw such charts bring fonts, rasters and further formats, and SVG that does not follow the reader's dark or light page.
package chart
