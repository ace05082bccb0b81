package buyer

import (
	"errors"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

// span is a run of bytes, from inclusive, to exclusive.
type span struct{ from, to int64 }

func (s span) contentRange(size int64) string {
	return "bytes " + strconv.FormatInt(s.from, 10) + "-" + strconv.FormatInt(s.to-1, 10) + "/" + strconv.FormatInt(size, 10)
}

// plan is how a request for bytes is to be answered: 200 with all of them, 206
// with some, or 304, 412 or 416 with none.
type plan struct {
	status int
	spans  []span // one and all of it for 200
}

// lowest is the first byte that will be sent, by number.
func (p plan) lowest() int64 {
	low := p.spans[0].from
	for _, s := range p.spans {
		low = min(low, s.from)
	}
	return low
}

// length is how many bytes of the representation will be sent.
func (p plan) length() int64 {
	var n int64
	for _, s := range p.spans {
		n += s.to - s.from
	}
	return n
}

// evaluate reads the conditions and ranges of a GET or HEAD for a
// representation (RFC 9110, sections 13 and 14). modified may be zero.
func evaluate(r *http.Request, etag string, modified time.Time, size int64) plan {
	h := r.Header
	switch {
	case h.Get("If-Match") != "":
		if !matches(h.Values("If-Match"), etag, false) {
			return plan{status: http.StatusPreconditionFailed}
		}
	case laterThan(modified, h.Get("If-Unmodified-Since")):
		return plan{status: http.StatusPreconditionFailed}
	}
	switch {
	case h.Get("If-None-Match") != "":
		if matches(h.Values("If-None-Match"), etag, true) {
			return plan{status: http.StatusNotModified}
		}
	case notLaterThan(modified, h.Get("If-Modified-Since")):
		return plan{status: http.StatusNotModified}
	}
	whole := plan{status: http.StatusOK, spans: []span{{0, size}}}
	// Ranges are defined for GET alone.
	if r.Method != http.MethodGet || !sameRepresentation(h.Get("If-Range"), etag, modified) {
		return whole
	}
	spans, err := parseRanges(h.Get("Range"), size)
	switch {
	case errors.Is(err, errNoOverlap) && size == 0: // clients that send a range with everything
		return whole
	case err != nil:
		return plan{status: http.StatusRequestedRangeNotSatisfiable}
	case len(spans) == 0:
		return whole
	}
	part := plan{status: http.StatusPartialContent, spans: spans}
	if part.length() > size { // overlaps that ask for more than there is: an error or an attack
		return whole
	}
	return part
}

// sameRepresentation tells whether an If-Range condition holds. Only a strong
// tag or the exact date does.
func sameRepresentation(ifRange, etag string, modified time.Time) bool {
	switch {
	case ifRange == "":
		return true
	case strings.HasPrefix(ifRange, `"`):
		return ifRange == etag
	case modified.IsZero():
		return false
	}
	t, err := http.ParseTime(ifRange)
	return err == nil && t.Unix() == modified.Unix()
}

// matches looks for the tag in the lists of If-Match or If-None-Match.
func matches(lists []string, etag string, weak bool) bool {
	list := textproto.TrimString(strings.Join(lists, ","))
	if list == "*" {
		return true
	}
	for list != "" {
		list = strings.TrimLeft(list, " \t,")
		isWeak := strings.HasPrefix(list, "W/")
		tag := strings.TrimPrefix(list, "W/")
		if !strings.HasPrefix(tag, `"`) {
			return false
		}
		end := strings.IndexByte(tag[1:], '"')
		if end < 0 {
			return false
		}
		if tag[:end+2] == etag && (weak || !isWeak) {
			return true
		}
		list = tag[end+2:]
	}
	return false
}

// laterThan tells whether a representation changed after a header's date.
func laterThan(modified time.Time, date string) bool {
	t, err := http.ParseTime(date)
	return date != "" && err == nil && !modified.IsZero() && modified.Unix() > t.Unix()
}

// notLaterThan is the opposite where both dates are known.
func notLaterThan(modified time.Time, date string) bool {
	t, err := http.ParseTime(date)
	return date != "" && err == nil && !modified.IsZero() && modified.Unix() <= t.Unix()
}

var (
	errRange     = errors.New("malformed range")
	errNoOverlap = errors.New("no range lies in the representation")
)

// maxSpans bounds the ranges of one request.
const maxSpans = 100

// parseRanges reads a Range header. None, and one of a unit that is not bytes,
// which must be ignored, gives no spans.
func parseRanges(s string, size int64) ([]span, error) {
	unit, set, ok := strings.Cut(s, "=")
	if !ok || !strings.EqualFold(textproto.TrimString(unit), "bytes") {
		if s != "" && !ok {
			return nil, errRange
		}
		return nil, nil
	}
	var spans []span
	outside := false
	for part := range strings.SplitSeq(set, ",") {
		part = textproto.TrimString(part)
		if part == "" {
			continue
		}
		sp, in, err := parseSpan(part, size)
		if err != nil {
			return nil, err
		}
		if !in {
			outside = true
			continue
		}
		if spans = append(spans, sp); len(spans) > maxSpans {
			return nil, errRange
		}
	}
	if outside && len(spans) == 0 {
		return nil, errNoOverlap
	}
	return spans, nil
}

// parseSpan reads one range; in is false when it lies outside.
func parseSpan(s string, size int64) (sp span, in bool, err error) {
	first, last, ok := strings.Cut(s, "-")
	if !ok {
		return sp, false, errRange
	}
	first, last = textproto.TrimString(first), textproto.TrimString(last)
	if first == "" {
		n, err := position(last)
		if err != nil {
			return sp, false, err
		}
		// The last n bytes. None of them, or of nothing, can be given.
		return span{max(size-n, 0), size}, n > 0 && size > 0, nil
	}
	from, err := position(first)
	if err != nil {
		return sp, false, err
	}
	to := size
	if last != "" {
		n, err := position(last)
		if err != nil || n < from {
			return sp, false, errRange
		}
		if n < size {
			to = n + 1
		}
	}
	return span{from, to}, from < size, nil
}

// position reads a byte position: digits alone. One beyond what fits is the
// largest that does.
func position(s string) (int64, error) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, errRange
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return 1<<63 - 1, nil
	}
	return n, err
}
