package replay

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/parquet-go/parquet-go"

	"winback/schemas/mapping"
)

// rows are the values of a file's records, one after the other. mapping.Scanner cuts them out of text.
type rows interface {
	Scan() bool
	Bytes() []byte
	Line() int64
	Fault() string
	Recut() bool
	Err() error
}

// parquetRows makes a text of every row of a Parquet file, a few at a time: a JSON object, or a CSV row if the mapping reads CSV. A row's
// line is its number.
type parquetRows struct {
	source *source
	size   int64 // of the file as stored, 0 if it came unpacked or through a pipe and has been counted
	file   *parquet.File
	form   rowForm

	group int
	rows  parquet.Rows // of the group
	batch []parquet.Row
	next  int // in batch
	line  int64
	text  []byte
	err   error
}

// rowForm writes a row as text.
type rowForm interface {
	header() []byte // nil if there is none
	append(dst []byte, row parquet.Row) ([]byte, error)
}

// batchRows is how many rows are decoded at a time. Their values' memory is that of the file's pages.
const batchRows = 64

func openParquet(cfg Config, s *source, m *mapping.Mapping) (*parquetRows, error) {
	p := &parquetRows{source: s, batch: make([]parquet.Row, 0, batchRows)}
	file, err := p.seekable(cfg)
	if err != nil {
		return nil, err
	}
	return p, p.open(file, m)
}

func (p *parquetRows) open(file *os.File, m *mapping.Mapping) (err error) {
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("%s: %w", p.source.name, err)
	}
	defer func() { err = p.damage(recover(), err) }()
	if p.file, err = parquet.OpenFile(file, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true)); err != nil {
		return err
	}
	root, err := parquetFields(p.file.Metadata().Schema)
	if err != nil {
		return err
	}
	p.form, err = newRowForm(root, m, p.source.name)
	return err
}

// seekable is the file itself, or a copy of it where it comes packed or through a pipe: what a Parquet file holds stands at its end.
func (p *parquetRows) seekable(cfg Config) (*os.File, error) {
	if info, err := fileInfo(p.source.file); err == nil && info.Mode().IsRegular() && p.source.packed == "" {
		p.size = info.Size()
		return p.source.file, nil
	}
	f, err := unnamedFile(cfg)
	if err != nil {
		return nil, fmt.Errorf("%s is Parquet, which is read from its end, so it is copied first: %w", p.source.name, err)
	}
	p.source.closers = append(p.source.closers, func() { _ = f.Close() })
	if _, err := io.Copy(f, p.source.in); err != nil {
		if p.source.raw.err != nil || p.source.packed != "" {
			return nil, p.source.fault(err)
		}
		return nil, diskFault(cfg, err)
	}
	return f, nil
}

func fileInfo(f *os.File) (os.FileInfo, error) {
	if f == nil {
		return nil, os.ErrNotExist
	}
	return f.Stat()
}

// damage says where the file is damaged. The Parquet library can panic on such files.
func (p *parquetRows) damage(panicked any, err error) error {
	var fault columnFault
	switch {
	case panicked != nil:
		err = fmt.Errorf("%v", panicked)
	case err == nil || errors.As(err, &fault):
		return err
	}
	where := "its description at the end"
	if p.file != nil && p.group < len(p.file.RowGroups()) {
		where = fmt.Sprintf("row group %d of %d, after row %d", p.group+1, len(p.file.RowGroups()), p.line)
	}
	return fmt.Errorf("%s is damaged or cut off: Parquet, in %s (%w): fetch it again", p.source.name, where, err)
}

// Scan goes on to the next row.
func (p *parquetRows) Scan() bool {
	for p.err == nil {
		if p.next < len(p.batch) {
			p.text, p.err = p.form.append(p.text[:0], p.batch[p.next])
			p.err = p.damage(nil, p.err)
			p.next, p.line = p.next+1, p.line+1
			return p.err == nil
		}
		if !p.fill() {
			return false
		}
	}
	return false
}

// fill reads the next rows, and reports false at the end.
func (p *parquetRows) fill() (more bool) {
	defer func() {
		if p.err = p.damage(recover(), p.err); p.err != nil {
			more = false
		}
	}()
	for p.group < len(p.file.RowGroups()) {
		if p.file.RowGroups()[p.group].NumRows() == 0 { // an empty table, as Arrow writes it: there is no page that the library could look for
			p.group++
			continue
		}
		if p.rows == nil {
			p.rows = p.file.RowGroups()[p.group].Rows()
		}
		n, err := p.rows.ReadRows(p.batch[:batchRows])
		p.batch, p.next = p.batch[:n], 0
		if err != nil && !errors.Is(err, io.EOF) {
			p.err = err
			return false
		}
		p.progress(int64(n))
		if n > 0 {
			return true
		}
		if err := p.endGroup(); err != nil {
			p.err = err
			return false
		}
	}
	return false
}

// endGroup goes on to the next row group. One that held fewer rows than it says is damaged.
func (p *parquetRows) endGroup() error {
	err := p.rows.Close()
	p.rows = nil
	var rows int64
	for _, group := range p.file.RowGroups()[:p.group+1] {
		rows += group.NumRows()
	}
	if err == nil && rows != p.line {
		err = fmt.Errorf("%d rows up to here, not %d", p.line, rows)
	}
	if err == nil {
		p.group++
	}
	return err
}

// progress reports the share of the file that its rows so far are.
func (p *parquetRows) progress(n int64) {
	if all := p.file.NumRows(); p.size > 0 && all > 0 {
		if done := int64(float64(p.size) * float64(p.line+n) / float64(all)); done > p.source.raw.n {
			p.source.raw.report(int(done - p.source.raw.n))
			p.source.raw.n = done
		}
	}
}

func (p *parquetRows) Bytes() []byte { return p.text }
func (p *parquetRows) Line() int64   { return p.line }
func (*parquetRows) Fault() string   { return "" }
func (*parquetRows) Recut() bool     { return false }
func (p *parquetRows) Err() error    { return p.err }
