package connect

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"purvey"
)

// part is a piece of a body whose members go by names that nobody promised: a
// merchant chooses those of FastSpring Classic, and VibraCart Pro's are not
// written down. JSON objects, XML elements and form fields all become parts,
// so that each store is read once, whatever its bodies are written in. Names
// are folded: "Item_ID" and "itemId" are both "itemid". The elements of a list
// are parts of one name, and an XML attribute is a part like an element.
type part struct {
	name  string
	text  text
	parts []*part
}

// maxDepth is how deep a body may be nested. What the stores send is nested
// some four deep.
const maxDepth = 32

// document reads a body that is JSON, XML or form fields. Its errors are
// purvey.Invalid.
func document(body []byte) (*part, error) {
	body = bytes.TrimSpace(body)
	top := &part{}
	var err error
	switch {
	case len(body) == 0:
		err = io.EOF
	case body[0] == '{' || body[0] == '[':
		err = top.readJSON(body)
	case body[0] == '<':
		err = top.readXML(body)
	default:
		err = top.readForm(string(body))
	}
	if err != nil {
		return nil, purvey.Errorf(purvey.Invalid, "the body must be JSON, XML or form fields")
	}
	if len(top.parts) == 1 && len(top.parts[0].parts) > 0 {
		return top.parts[0], nil
	}
	return top, nil
}

// plain makes the text of a body that was sent in an older encoding one that
// every column takes. A zero byte stands in no text.
func plain(body []byte) ([]byte, error) {
	if bytes.IndexByte(body, 0) >= 0 {
		return nil, purvey.Errorf(purvey.Invalid, "the body must be text")
	}
	return []byte(latin1(string(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))))), nil
}

// latin1 reads text that is no UTF-8 as ISO 8859-1.
func latin1(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	out := make([]rune, len(s))
	for i := range len(s) {
		out[i] = rune(s[i])
	}
	return string(out)
}

// folded keeps the letters and digits of a name, in lower case.
func folded(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

func textOf(s string) text { return text(strings.ReplaceAll(s, "\x00", "")) }

func (p *part) add(name string) *part {
	child := &part{name: name}
	p.parts = append(p.parts, child)
	return child
}

var errDepth = errors.New("nested too deep")

func (p *part) readJSON(body []byte) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := p.readValue(dec, "", 0); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more follows")
	}
	return nil
}

// readValue adds a value to p, and each value of a list.
func (p *part) readValue(dec *json.Decoder, name string, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	token, err := dec.Token()
	if err != nil {
		return err
	}
	switch v := token.(type) {
	case json.Delim:
		to := p
		if v == '{' {
			to = p.add(name)
		}
		for dec.More() {
			inner := name
			if v == '{' {
				key, err := dec.Token()
				if err != nil {
					return err
				}
				s, _ := key.(string)
				inner = folded(s)
			}
			if err := to.readValue(dec, inner, depth+1); err != nil {
				return err
			}
		}
		_, err = dec.Token()
		return err
	case string:
		p.add(name).text = textOf(v)
	case json.Number:
		p.add(name).text = text(v)
	case bool:
		p.add(name).text = text(strconv.FormatBool(v))
	}
	return nil
}

func (p *part) readXML(body []byte) error {
	dec := xml.NewDecoder(bytes.NewReader(body))
	dec.Entity = xml.HTMLEntity
	// Whatever the body says that it is written in, it was made UTF-8 before it was kept.
	dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	open := []*part{p}
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) && len(p.parts) == 1 {
			return nil
		}
		if err != nil {
			return err
		}
		in := open[len(open)-1]
		switch v := token.(type) {
		case xml.StartElement:
			if len(open) > maxDepth {
				return errDepth
			}
			child := in.add(folded(v.Name.Local))
			for _, a := range v.Attr {
				child.add(folded(a.Name.Local)).text = textOf(a.Value)
			}
			open = append(open, child)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(bytes.TrimSpace(v)) > 0 {
				in.text += textOf(string(v))
			}
		}
	}
}

// maxFields bounds the fields of a form.
const maxFields = 5000

// readForm reads form fields. Brackets nest: items[0][id].
func (p *part) readForm(body string) error {
	if strings.Count(body, "&") >= maxFields {
		return errors.New("too many fields")
	}
	for field := range strings.SplitSeq(body, "&") {
		name, value, found := strings.Cut(field, "=")
		if !found {
			return errors.New("no form field")
		}
		name, err := url.QueryUnescape(name)
		if err != nil {
			return err
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return err
		}
		path := strings.Split(strings.ReplaceAll(latin1(name), "]", ""), "[")
		if len(path) > maxDepth {
			return errDepth
		}
		in := p
		for _, step := range path[:len(path)-1] {
			step = folded(step)
			i := slices.IndexFunc(in.parts, func(x *part) bool { return x.name == step && x.text == "" })
			if i < 0 {
				in = in.add(step)
			} else {
				in = in.parts[i]
			}
		}
		in.add(folded(path[len(path)-1])).text = textOf(latin1(value))
	}
	return nil
}

// get is the text of the first of the names that a direct part has; of a part
// that is an object, that of its path, id or name.
func (p *part) get(names ...string) text {
	for _, name := range names {
		for _, x := range p.parts {
			if x.name != name {
				continue
			}
			if t := x.text.String(); t != "" {
				return text(t)
			}
			if t := x.get("path", "reference", "id", "name"); t != "" {
				return t
			}
		}
	}
	return ""
}

// rows are the lines of a body: the outermost objects that have one of the
// names, or what is numbered in one object, itemid1, quantity1, itemid2 and so
// on. What is no line is added to rest, the outermost first.
func (p *part) rows(rest *[]*part, names ...string) []*part {
	var out []*part
	level := []*part{p}
	for len(level) > 0 {
		var deeper []*part
		for _, x := range level {
			lines := x.numbered(names)
			out = append(out, lines...)
			if len(lines) == 0 || x == p || x.tellsWho() {
				*rest = append(*rest, x)
				deeper = append(deeper, x.parts...)
			}
		}
		level = deeper
	}
	return out
}

// tellsWho tells whether a part says who bought.
func (p *part) tellsWho() bool {
	return slices.ContainsFunc(p.parts, func(x *part) bool {
		return strings.HasSuffix(x.name, "email") || slices.Contains([]string{"customer", "buyer", "purchaser", "payer", "billing"}, x.name)
	})
}

// numbered splits what an object says by the number at the end of each name;
// what has none is a line of its own. Only lines with one of the names count.
func (p *part) numbered(names []string) []*part {
	var out []*part
	by := map[string]*part{}
	seen := map[string]int{}
	for _, x := range p.parts {
		name := strings.TrimRight(x.name, "0123456789")
		number := x.name[len(name):]
		if seen[x.name]++; seen[x.name] > 1 {
			number += "/" + strconv.Itoa(seen[x.name]) // the next of a list
		}
		line := by[number]
		if line == nil {
			line = &part{name: p.name}
			by[number] = line
			out = append(out, line)
		}
		line.parts = append(line.parts, &part{name: name, text: x.text, parts: x.parts})
	}
	return slices.DeleteFunc(out, func(line *part) bool { return line.get(names...) == "" })
}

// find is the text of the first of the names that any of the parts has.
func find(parts []*part, names ...string) text {
	for _, name := range names {
		for _, p := range parts {
			if t := p.get(name); t != "" {
				return t
			}
		}
	}
	return ""
}

// money reads an amount as people write it, "USD 1,234.50" or "12,50 €"; ok is
// false where there is none.
func (t text) money(currency text) (amount int64, ok bool) {
	s := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '.' || r == ',' || r == '-' {
			return r
		}
		return -1
	}, t.String())
	s = strings.Trim(s, ".,")
	if i := strings.LastIndexAny(s, ".,"); i >= 0 && (s[i] == '.' && strings.Count(s, ".") == 1 || s[i] == ',' && len(s)-i != 4) {
		s = strings.NewReplacer(".", "", ",", "").Replace(s[:i]) + "." + s[i+1:]
	} else {
		s = strings.NewReplacer(".", "", ",", "").Replace(s)
	}
	amount, ok = purvey.ParseAmount(s, currency.code())
	return bounded(amount), ok
}

// bounded keeps an amount within what sums can hold.
func bounded(amount int64) int64 {
	const most = 1 << 40
	return min(max(amount, -most), most)
}

// number reads a whole number; what is none is otherwise.
func (t text) number(otherwise int) int {
	n, err := strconv.ParseFloat(t.String(), 64)
	if err != nil || n != n || n > 1<<30 || n < -1<<30 {
		return otherwise
	}
	return int(n)
}

// yes tells whether a flag is set.
func (t text) yes() bool {
	switch strings.ToLower(t.String()) {
	case "true", "yes", "y", "on", "1", "test", "sandbox":
		return true
	}
	return false
}
