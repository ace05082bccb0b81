package stamp

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
)

// Objects are kept as the bytes they are written with and are looked into only
// where the stamp has business. What is not touched is written back byte by
// byte, so no number loses a digit and no string its spelling.

// ref names an indirect object.
type ref struct{ num, gen int }

func (r ref) String() string { return fmt.Sprintf("%d %d R", r.num, r.gen) }

// asRef reads "12 0 R".
func asRef(b []byte) (ref, bool) {
	if len(b) < 5 || b[len(b)-1] != 'R' || !isDigit(b[0]) {
		return ref{}, false
	}
	f := bytes.FieldsFunc(b[:len(b)-1], func(r rune) bool { return r < 128 && isSpace(byte(r)) })
	if len(f) != 2 || !isInteger(f[0]) || !isInteger(f[1]) {
		return ref{}, false
	}
	n, _ := strconv.Atoi(string(f[0]))
	g, _ := strconv.Atoi(string(f[1]))
	return ref{n, g}, n > 0 && g < 65536
}

// asInt reads a whole number, also one written as 12.0.
func asInt(b []byte) (int64, bool) {
	f, ok := asNumber(b)
	if !ok || f != math.Trunc(f) || math.Abs(f) > 1<<52 {
		return 0, false
	}
	return int64(f), true
}

func asNumber(b []byte) (float64, bool) {
	if !isNumber(b) {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(b), 64)
	return f, err == nil && !math.IsInf(f, 0)
}

// asName reads /Name; b must not hold anything else.
func asName(b []byte) (string, bool) {
	if len(b) == 0 || b[0] != '/' {
		return "", false
	}
	return decodeName(b[1:]), true
}

func isName(b []byte, want string) bool {
	n, ok := asName(b)
	return ok && n == want
}

func isNull(b []byte) bool { return len(b) == 0 || string(b) == "null" }

func isDict(b []byte) bool { return len(b) > 1 && b[0] == '<' && b[1] == '<' }

func isArray(b []byte) bool { return len(b) > 0 && b[0] == '[' }

func decodeName(b []byte) string {
	if bytes.IndexByte(b, '#') < 0 {
		return string(b)
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '#' && i+2 < len(b) && isHex(b[i+1]) && isHex(b[i+2]) {
			n, _ := strconv.ParseUint(string(b[i+1:i+3]), 16, 8)
			out = append(out, byte(n))
			i += 2
			continue
		}
		out = append(out, b[i])
	}
	return string(out)
}

func appendName(out []byte, name string) []byte {
	out = append(out, '/')
	for i := range len(name) {
		if c := name[i]; c > ' ' && c < 127 && c != '#' && isRegular(c) {
			out = append(out, c)
		} else {
			out = fmt.Appendf(out, "#%02x", c)
		}
	}
	return out
}

// asString decodes a literal or hexadecimal string.
func asString(b []byte) ([]byte, bool) {
	switch {
	case len(b) >= 2 && b[0] == '(' && b[len(b)-1] == ')':
		return decodeLiteral(b[1 : len(b)-1]), true
	case len(b) >= 2 && b[0] == '<' && b[1] != '<':
		var out []byte
		half, have := byte(0), false
		for _, c := range b[1 : len(b)-1] {
			if !isHex(c) {
				continue
			}
			v, _ := strconv.ParseUint(string(c), 16, 8)
			if have {
				out = append(out, half<<4|byte(v))
			}
			half, have = byte(v), !have
		}
		if have {
			out = append(out, half<<4)
		}
		return out, true
	}
	return nil, false
}

func decodeLiteral(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == '\r' { // every line end inside a string counts as \n
			if i+1 < len(b) && b[i+1] == '\n' {
				i++
			}
			c = '\n'
		}
		if c != '\\' {
			out = append(out, c)
			continue
		}
		if i++; i == len(b) {
			break
		}
		switch c = b[i]; {
		case c >= '0' && c <= '7':
			n := 0
			for k := 0; k < 3 && i < len(b) && b[i] >= '0' && b[i] <= '7'; k++ {
				n = n<<3 | int(b[i]-'0')
				i++
			}
			i--
			out = append(out, byte(n))
		case c == '\r':
			if i+1 < len(b) && b[i+1] == '\n' {
				i++
			}
		case c == '\n':
		default:
			if k := bytes.IndexByte([]byte("nrtbf"), c); k >= 0 {
				c = "\n\r\t\b\f"[k]
			}
			out = append(out, c)
		}
	}
	return out
}

// elements splits an array.
func elements(b []byte) ([][]byte, error) {
	if !isArray(b) {
		return nil, errOdd
	}
	var out [][]byte
	for i := 1; ; {
		if i = skipSpace(b, i); i >= len(b) {
			return nil, errOdd
		}
		if b[i] == ']' {
			return out, nil
		}
		end, err := skipObject(b, i)
		if err != nil {
			return nil, errOdd
		}
		out = append(out, b[i:end])
		i = end
	}
}

// dict is a dictionary in the order of the file.
type dict []entry

type entry struct {
	key   string
	value []byte
}

func asDict(b []byte) (dict, error) {
	if !isDict(b) {
		return nil, errOdd
	}
	var d dict
	for i := 2; ; {
		if i = skipSpace(b, i); i >= len(b) {
			return nil, errOdd
		}
		if b[i] == '>' {
			return d, nil
		}
		if b[i] != '/' {
			return nil, errOdd
		}
		end, err := skipRegular(b, i+1)
		if err != nil {
			return nil, errOdd
		}
		key := decodeName(b[i+1 : end])
		i = skipSpace(b, end)
		if end, err = skipObject(b, i); err != nil {
			return nil, errOdd
		}
		d = append(d, entry{key, b[i:end]})
		i = end
	}
}

// get gives the value of key, or nil. Of keys written twice the last counts.
func (d dict) get(key string) []byte {
	for i := len(d) - 1; i >= 0; i-- {
		if d[i].key == key {
			return d[i].value
		}
	}
	return nil
}

func (d *dict) set(key string, value []byte) {
	d.drop(key)
	*d = append(*d, entry{key, value})
}

func (d *dict) drop(keys ...string) {
	out := make(dict, 0, len(*d)+1)
	for _, e := range *d {
		keep := true
		for _, k := range keys {
			keep = keep && e.key != k
		}
		if keep {
			out = append(out, e)
		}
	}
	*d = out
}

func (d dict) bytes() []byte {
	out := []byte("<<")
	for _, e := range d {
		out = appendName(out, e.key)
		out = append(append(out, ' '), e.value...)
	}
	return append(out, ">>"...)
}

// num writes a number as PDF takes it, without an exponent.
func num(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		f = 0
	}
	return strconv.FormatFloat(math.Round(f*1e5)/1e5, 'f', -1, 64)
}
