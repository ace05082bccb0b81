package bigdd

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"purvey"
)

// query gives the parameters of the URL, which sound has found whole.
func (r *request) query() url.Values {
	q, _ := parseQuery(r.URL.RawQuery)
	return q
}

// parseQuery reads parameters. A semicolon is a character like any other, as
// browsers take it, and parts nothing.
func parseQuery(raw string) (url.Values, error) {
	return url.ParseQuery(strings.ReplaceAll(raw, ";", "%3B"))
}

// stringParam gives a parameter, "" when it is absent.
func (r *request) stringParam(name string) string { return r.query().Get(name) }

// search gives the parameter q, of at most 120 characters, without outer space.
func (r *request) search() (string, error) { return r.searchText("q") }

// searchText is search by the name of another parameter.
func (r *request) searchText(name string) (string, error) {
	v := r.stringParam(name)
	if utf8.RuneCountInString(v) > purvey.MaxQuery {
		return "", purvey.BadField(name, "must be at most %d characters", purvey.MaxQuery)
	}
	return strings.TrimSpace(v), nil
}

// boolParam gives a parameter that is true or false; nil when it is absent.
func (r *request) boolParam(name string) (*bool, error) {
	q := r.query()
	if !q.Has(name) {
		return nil, nil
	}
	v := q.Get(name)
	if v != "true" && v != "false" {
		return nil, purvey.BadField(name, "must be true or false")
	}
	is := v == "true"
	return &is, nil
}

// enumParam gives a parameter that is one of the allowed; "" when it is
// absent.
func (r *request) enumParam(name string, allowed ...string) (string, error) {
	q := r.query()
	if !q.Has(name) {
		return "", nil
	}
	v := q.Get(name)
	if !slices.Contains(allowed, v) {
		return "", purvey.BadField(name, "must be one of %s", strings.Join(allowed, ", "))
	}
	return v, nil
}

// maxValues bounds the values of an array parameter.
const maxValues = 100

// listParam gives an array parameter in any of its three forms: repeated,
// name[]=, or separated by commas. Repeats and empty values are dropped.
func (r *request) listParam(name string) ([]string, error) {
	q := r.query()
	var out []string
	for _, values := range [][]string{q[name], q[name+"[]"]} {
		for _, joined := range values {
			for v := range strings.SplitSeq(joined, ",") {
				if v = strings.TrimSpace(v); v != "" && !slices.Contains(out, v) {
					out = append(out, v)
				}
				if len(out) > maxValues {
					return nil, purvey.BadField(name, "must have at most %d values", maxValues)
				}
			}
		}
	}
	return out, nil
}

// enumList is listParam for values that are all of the allowed.
func (r *request) enumList(name string, allowed ...string) ([]string, error) {
	out, err := r.listParam(name)
	if err != nil {
		return nil, err
	}
	for _, v := range out {
		if !slices.Contains(allowed, v) {
			return nil, purvey.BadField(name, "must be one of %s", strings.Join(allowed, ", "))
		}
	}
	return out, nil
}

// timeParam gives a parameter that is an ISO 8601 time; the zero time when it
// is absent.
func (r *request) timeParam(name string) (time.Time, error) {
	q := r.query()
	if !q.Has(name) {
		return time.Time{}, nil
	}
	// Reading a query turns the + of an offset into a space.
	t, ok := parseTime(strings.ReplaceAll(q.Get(name), " ", "+"))
	if !ok {
		return time.Time{}, purvey.BadField(name, "must be an ISO 8601 time such as 2026-05-15T14:30:00Z")
	}
	return t, nil
}

// timeForms are what a time may look like, in capitals. A date is its midnight
// in UTC, and so is a time without an offset; a fraction may stand behind the
// seconds of any.
var timeForms = [...]string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04:05",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02", "20060102T150405Z0700", "20060102T150405", "20060102",
}

// parseTime reads an ISO 8601 time with any offset, or a bare date.
func parseTime(s string) (time.Time, bool) {
	s = strings.ToUpper(s)
	for _, form := range timeForms {
		if t, err := time.Parse(form, s); err == nil {
			t = t.UTC()
			return t, !t.IsZero() && t.Year() >= 1 && t.Year() <= 9999 // the zero time is what absent ones are
		}
	}
	return time.Time{}, false
}

// sound refuses text that no column can hold: an id of that form is unknown, a
// parameter malformed.
func sound(req *http.Request) error {
	if !text(req.URL.Path) {
		return purvey.Missing("object")
	}
	if !strings.Contains(req.URL.RawQuery, "%") && utf8.ValidString(req.URL.RawQuery) {
		return nil
	}
	q, err := parseQuery(req.URL.RawQuery)
	if err != nil {
		// Left out, a broken filter would widen what is asked for.
		return purvey.Errorf(purvey.Invalid, "the query has a %% that begins no escape of two hex digits")
	}
	for name, values := range q {
		for _, v := range values {
			if !text(name) || !text(v) {
				return purvey.Errorf(purvey.Invalid, "the query must be UTF-8 text without the character U+0000")
			}
		}
	}
	return nil
}

// text tells whether a text column can hold s.
func text(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// badEscape tells what is wrong with an escape in a string of valid JSON, ""
// nothing: U+0000 no column can hold, and half of a surrogate pair is no
// character, so that another would be stored in its place.
func badEscape(body []byte) string {
	for {
		i := bytes.IndexByte(body, '\\')
		if i < 0 {
			return ""
		}
		body = body[i:]
		switch r := escaped(body); {
		case r < 0:
			body = body[2:]
		case r == 0:
			return "must not hold the character U+0000"
		case !utf16.IsSurrogate(r):
			body = body[6:]
		case utf16.DecodeRune(r, escaped(body[6:])) == utf8.RuneError:
			return "must not hold half of a surrogate pair"
		default:
			body = body[12:]
		}
	}
}

// escaped gives the code of a \u escape that b begins with; -1 when it begins
// with none.
func escaped(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}
