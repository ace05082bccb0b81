package bigdd

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"purvey"
)

// cursor is what a list's next_cursor holds: the last row given and, unless
// the sort is the default, the sort and the row's value in it.
type cursor struct {
	ID   string `json:"id"`
	Sort string `json:"sort,omitempty"`
	V    string `json:"v,omitempty"`
}

// cursorTime keeps the microseconds that rows are sorted by.
const cursorTime = "2006-01-02T15:04:05.000000Z"

// cursorAfter writes the cursor behind a row: padded base64 of compact JSON.
func cursorAfter(p purvey.Page, id string, created time.Time) string {
	c := cursor{ID: id}
	if p.Sort != purvey.SortNewest && p.Sort != "" {
		c.Sort = string(p.Sort)
	}
	if p.ByTime() {
		c.V = created.UTC().Format(cursorTime)
	}
	b, err := json.Marshal(c)
	if err != nil {
		return "" // three strings marshal without failing
	}
	return base64.StdEncoding.EncodeToString(b)
}

// readCursor takes a cursor raw or percent-encoded: reading a query turns a
// raw + into a space.
func readCursor(text string) (cursor, bool) {
	text = strings.TrimRight(strings.ReplaceAll(text, " ", "+"), "=")
	b, err := base64.RawStdEncoding.DecodeString(text)
	var c cursor
	if err != nil || !utf8.Valid(b) || json.Unmarshal(b, &c) != nil || c.ID == "" || strings.ContainsRune(c.ID, 0) {
		return c, false
	}
	if c.Sort == "" {
		c.Sort = string(purvey.SortNewest)
	}
	return c, validSort(c.Sort)
}

func validSort(s string) bool {
	switch purvey.Sort(s) {
	case purvey.SortNewest, purvey.SortOldest, purvey.SortCreated, purvey.SortCreatedDown:
		return true
	}
	return false
}

// page reads limit, cursor and sort.
func (r *request) page() (purvey.Page, error) {
	q := r.query()
	p := purvey.Page{Limit: purvey.DefaultListLimit, Sort: purvey.SortNewest}
	var c purvey.Checker
	if q.Has("limit") {
		n, ok := wholeNumber(q.Get("limit"))
		c.Require(ok && n >= 1 && n <= purvey.MaxListLimit, "limit", "must be between 1 and %d", purvey.MaxListLimit)
		p.Limit = n
	}
	sort := q.Get("sort")
	if q.Has("sort") {
		c.Require(validSort(sort), "sort", "must be one of -id, id, created_at, -created_at")
		p.Sort = purvey.Sort(sort)
	}
	if text := q.Get("cursor"); text != "" {
		cur, ok := readCursor(text)
		switch {
		case !ok:
			c.Require(false, "cursor", "is not one that this API gave")
		case q.Has("sort") && sort != cur.Sort:
			c.Require(false, "sort", "must be the cursor's, %s", cur.Sort)
		default:
			p.Sort, p.AfterID = purvey.Sort(cur.Sort), cur.ID
		}
		if ok && p.ByTime() {
			at, err := time.Parse(cursorTime, cur.V)
			c.Require(err == nil, "cursor", "is not one that this API gave")
			p.AfterAt = at
		}
	}
	return p, c.Err()
}

// wholeNumber takes decimal digits alone.
func wholeNumber(s string) (int, bool) {
	if s == "" || len(s) > 9 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}
