package stamp

import "bytes"

// Limits of what is unpacked to look for unbalanced operators; a page beyond
// them is taken to be balanced.
const (
	maxPageContent = 8 << 20
	maxAllContent  = 96 << 20
)

// balance says what a page's content leaves open. Correct pages leave nothing;
// the others would move, scale or hide whatever is drawn after them.
type balance struct {
	deficit int  // how many more Q than q were seen at the worst place
	open    int  // q without Q at the end, once the deficit is made good
	text    bool // BT without ET
	marked  int  // BMC or BDC without EMC
}

// maxUnbalanced bounds the operators written to make up for a bad page.
const maxUnbalanced = 5000

func (l balance) mild() bool {
	return l.deficit <= maxUnbalanced && l.open <= maxUnbalanced && l.marked <= maxUnbalanced
}

// weigh reads a content stream. ok is false if it cannot be told apart into
// operators.
func weigh(b []byte) (l balance, ok bool) {
	// A trailing blank spares every reader below a check for the end.
	b = append(b[:len(b):len(b)], '\n')
	for i := 0; ; {
		if i = skipSpace(b, i); i >= len(b) {
			l.open += l.deficit
			return l, true
		}
		var err error
		switch c := b[i]; {
		case c == '(':
			i, err = skipString(b, i)
		case c == '<' && b[i+1] != '<':
			i, err = skipHex(b, i)
		case isDelimiter(c): // of arrays, dictionaries and names, whose insides may pass as operands
			if i++; c == '/' {
				i, err = skipRegular(b, i)
			} else if c == '<' || c == '>' {
				i++
			}
		default:
			start := i
			if i, err = skipRegular(b, i); err != nil {
				break
			}
			switch string(b[start:i]) {
			case "q":
				l.open++
			case "Q":
				if l.open--; l.open < -l.deficit {
					l.deficit = -l.open
				}
			case "BT":
				l.text = true
			case "ET":
				l.text = false
			case "BMC", "BDC":
				l.marked++
			case "EMC":
				l.marked = max(0, l.marked-1)
			case "ID":
				i, err = skipImage(b, i)
			}
		}
		if err != nil {
			return balance{}, false
		}
	}
}

// skipImage passes the data of an inline image, which ends at an EI that
// stands alone and is followed by text rather than more data.
func skipImage(b []byte, i int) (int, error) {
	for {
		k := bytes.Index(b[i:], []byte("EI"))
		if k < 0 {
			return 0, errOdd
		}
		at := i + k
		i = at + 2
		if !isSpace(b[at-1]) || i < len(b) && isRegular(b[i]) {
			continue
		}
		readable := true
		for _, c := range b[i:min(i+16, len(b))] {
			readable = readable && (c >= ' ' && c < 127 || c == '\n' || c == '\r' || c == '\t')
		}
		if readable {
			return i, nil
		}
	}
}

// before gives the operators to write in front of the page's content.
func (l balance) before() []byte {
	return append(bytes.Repeat([]byte("q "), 1+l.deficit), '\n')
}

// after gives the operators that end what the content left open.
func (l balance) after() []byte {
	out := []byte("\n")
	if l.text {
		out = append(out, "ET "...)
	}
	out = append(out, bytes.Repeat([]byte("EMC "), l.marked)...)
	return append(out, bytes.Repeat([]byte("Q "), 1+l.open)...)
}
