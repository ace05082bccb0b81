package bigdd

import (
	"time"

	"purvey"
	"purvey/internal/httpjson"
)

// timeForm is ISO 8601 in UTC with milliseconds.
const timeForm = "2006-01-02T15:04:05.000Z"

// wireTime writes an instant, cut to the millisecond.
func wireTime(t time.Time) string { return t.UTC().Format(timeForm) }

// nullTime is wireTime, and null for the zero time.
func nullTime(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := wireTime(t)
	return &s
}

// nullString is null for "".
func nullString(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// notNull writes an empty slice as [], never as null.
func notNull[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// deleted is the data of an answer to DELETE.
type deleted struct {
	ID      string `json:"id"`
	Deleted bool   `json:"deleted"`
}

// list is the data of an answer that is one piece of a list.
type list struct {
	items any
	more  bool
	next  string // cursor; only when more
	// totals sum the whole list; nil: it has none.
	totals any
}

// listOf makes a list: each item as show writes it, and the cursor of the next
// piece from the last item's id and creation time.
func listOf[T, W any](p purvey.Page, l purvey.Listed[T], show func(T) W, key func(T) (id string, created time.Time)) list {
	items := make([]W, 0, len(l.Items))
	for _, v := range l.Items {
		items = append(items, show(v))
	}
	out := list{items: items}
	if l.HasMore && len(l.Items) > 0 {
		id, created := key(l.Items[len(l.Items)-1])
		out.more, out.next = true, cursorAfter(p, id, created)
	}
	return out
}

type pagination struct {
	HasMore    bool    `json:"has_more"`
	NextCursor *string `json:"next_cursor"`
}

// envelope puts data into the shape of every success.
func envelope(data any) any {
	if l, ok := data.(list); ok {
		return struct {
			Data       any        `json:"data"`
			Pagination pagination `json:"pagination"`
			Totals     any        `json:"totals,omitempty"`
		}{l.items, pagination{l.more, nullString(l.next)}, l.totals}
	}
	return enveloped{data}
}

type enveloped struct {
	Data any `json:"data"`
}

// AppendJSON implements httpjson.Appender.
func (e enveloped) AppendJSON(b []byte) []byte {
	b = append(b, `{"data":`...)
	if long, ok := e.Data.(httpjson.Appender); ok {
		b = long.AppendJSON(b)
	} else {
		b = append(b, httpjson.Encode(e.Data)...)
	}
	return append(b, '}')
}
