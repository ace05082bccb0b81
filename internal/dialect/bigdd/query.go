package bigdd

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"purvey"
)

// query gives the parameters of the URL; those that are broken are left out.
func (r *request) query() url.Values { return r.URL.Query() }

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
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02",
}

// parseTime reads an ISO 8601 time with any offset, or a bare date.
func parseTime(s string) (time.Time, bool) {
	s = strings.ToUpper(s)
	for _, form := range timeForms {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC(), t.Year() >= 1 && t.Year() <= 9999
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
	if !strings.Contains(req.URL.RawQuery, "%") {
		return nil
	}
	for name, values := range req.URL.Query() {
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

// holdsNUL tells whether a string of a JSON body has an escaped U+0000.
func holdsNUL(body []byte) bool {
	for rest := body; ; {
		i := bytes.Index(rest, []byte(`\u0000`))
		if i < 0 {
			return false
		}
		before := 0 // backslashes in front, which would escape this one
		for before < i && rest[i-1-before] == '\\' {
			before++
		}
		if before%2 == 0 {
			return true
		}
		rest = rest[i+1:]
	}
}
