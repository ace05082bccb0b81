package stamp

import "errors"

// maxNesting bounds arrays and dictionaries inside one another. Real files
// stay below 20.
const maxNesting = 100

var (
	errShort = errors.New("the object goes on behind the bytes read so far")
	// errOdd is what the strict reader says to anything it does not take:
	// damage, or a feature that a rewrite by pdfcpu may iron out.
	errOdd = errors.New("not a plain PDF")
)

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDelimiter(c byte) bool {
	switch c {
	case '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return true
	}
	return false
}

func isRegular(c byte) bool { return !isSpace(c) && !isDelimiter(c) }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// skipSpace gives the place of the first byte from i on that is neither white
// space nor part of a comment, or len(b).
func skipSpace(b []byte, i int) int {
	for i < len(b) {
		switch {
		case isSpace(b[i]):
			i++
		case b[i] == '%':
			for i < len(b) && b[i] != '\n' && b[i] != '\r' {
				i++
			}
		default:
			return i
		}
	}
	return i
}

// skipObject gives the place behind the object that starts at i, which must
// not be white space. It does not recurse. An object that touches the end of b
// is errShort, since it may go on.
func skipObject(b []byte, i int) (int, error) {
	var open [maxNesting]byte
	depth := 0
	for {
		if i = skipSpace(b, i); i+1 >= len(b) {
			return 0, errShort
		}
		var err error
		switch c := b[i]; {
		case c == '[' || c == '<' && b[i+1] == '<':
			if depth == maxNesting {
				return 0, errOdd
			}
			open[depth] = c
			depth++
			if i++; c == '<' {
				i++
			}
			continue
		case c == ']' || c == '>':
			if depth == 0 || (c == ']') != (open[depth-1] == '[') || c == '>' && b[i+1] != '>' {
				return 0, errOdd
			}
			depth--
			if i++; c == '>' {
				i++
			}
		case c == '(':
			i, err = skipString(b, i)
		case c == '<':
			i, err = skipHex(b, i)
		case c == '/':
			i, err = skipRegular(b, i+1)
		case isDelimiter(c):
			return 0, errOdd
		default:
			i, err = skipWord(b, i)
		}
		if err != nil || depth == 0 {
			return i, err
		}
	}
}

func skipRegular(b []byte, i int) (int, error) {
	for i < len(b) && isRegular(b[i]) {
		i++
	}
	if i == len(b) {
		return 0, errShort
	}
	return i, nil
}

// skipString passes a literal string; parentheses in it are balanced or
// escaped.
func skipString(b []byte, i int) (int, error) {
	depth := 0
	for ; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1, nil
			}
		}
	}
	return 0, errShort
}

func skipHex(b []byte, i int) (int, error) {
	for i++; i < len(b); i++ {
		if b[i] == '>' {
			return i + 1, nil
		}
		if !isSpace(b[i]) && !isHex(b[i]) {
			return 0, errOdd
		}
	}
	return 0, errShort
}

func isHex(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// skipWord passes a number, a reference, true, false or null.
func skipWord(b []byte, i int) (int, error) {
	end, err := skipRegular(b, i)
	if err != nil {
		return 0, err
	}
	switch word := string(b[i:end]); {
	case word == "true" || word == "false" || word == "null":
		return end, nil
	case !isNumber(b[i:end]):
		return 0, errOdd
	}
	if !isInteger(b[i:end]) {
		return end, nil
	}
	// An integer may begin a reference: "12 0 R".
	j := skipSpace(b, end)
	if j == len(b) {
		return 0, errShort
	}
	if !isDigit(b[j]) {
		return end, nil
	}
	genEnd, err := skipRegular(b, j)
	if err != nil {
		return 0, err
	}
	k := skipSpace(b, genEnd)
	if k == len(b) || b[k] == 'R' && k+1 == len(b) {
		return 0, errShort
	}
	if isInteger(b[j:genEnd]) && b[k] == 'R' && !isRegular(b[k+1]) {
		return k + 1, nil
	}
	return end, nil
}

func isInteger(b []byte) bool {
	for _, c := range b {
		if !isDigit(c) {
			return false
		}
	}
	return len(b) > 0 && len(b) <= 10
}

func isNumber(b []byte) bool {
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		b = b[1:]
	}
	digits, dots := 0, 0
	for _, c := range b {
		switch {
		case isDigit(c):
			digits++
		case c == '.':
			dots++
		default:
			return false
		}
	}
	return digits > 0 && dots <= 1
}
