package state

// ids keeps the user ids' bytes one after another in pages. A ref is a page's number and a place in it.
type ids struct{ pages [][]byte }

const idPage = 1 << 16

func (s *ids) put(id []byte) (ref uint32) {
	last := len(s.pages) - 1
	if last < 0 || len(s.pages[last])+len(id) > idPage {
		s.pages = append(s.pages, make([]byte, 0, idPage))
		last++
	}
	ref = uint32(last)<<16 | uint32(len(s.pages[last]))
	s.pages[last] = append(s.pages[last], id...)
	return ref
}

func (s *ids) get(ref uint32, length uint16) []byte {
	from := ref & (idPage - 1)
	return s.pages[ref>>16][from : from+uint32(length)]
}
