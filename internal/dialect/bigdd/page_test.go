package bigdd

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

func asked(query string) *request {
	r := httptest.NewRequest("GET", "/", nil)
	r.URL.RawQuery = query
	return &request{Request: r}
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// BDD-25: the vendor's sample cursors, raw and encoded; the sort is kept.
func TestBDD25_Cursor(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, 5, 15, 14, 30, 0, 123456000, time.UTC)
	if got := cursorAfter(purvey.Page{Sort: purvey.SortNewest}, "key_abc123", created); got != "eyJpZCI6ImtleV9hYmMxMjMifQ==" {
		t.Errorf("the vendor's sample is %s", got)
	}
	// An id whose base64 holds + and /.
	const odd = "a>>>?"
	for _, sort := range []purvey.Sort{purvey.SortNewest, purvey.SortOldest, purvey.SortCreated, purvey.SortCreatedDown} {
		c := cursorAfter(purvey.Page{Sort: sort}, odd, created)
		want := purvey.Page{Limit: 50, Sort: sort, AfterID: odd}
		if want.ByTime() {
			want.AfterAt = created
		}
		for _, q := range []string{
			"cursor=" + c, "cursor=" + url.QueryEscape(c), "cursor=" + strings.TrimRight(c, "="), "cursor=" + strings.ReplaceAll(c, "+", "%20"),
			"sort=" + url.QueryEscape(string(sort)) + "&cursor=" + c,
		} {
			if got, err := asked(q).page(); err != nil || got != want {
				t.Errorf("%s: %+v %v, want %+v", q, got, err, want)
			}
		}
	}
	for _, bad := range []string{
		"cursor=%21%21", "cursor=e", "cursor=" + b64(`{}`), "cursor=" + b64(`[]`), "cursor=" + b64(`{"id":7}`), "cursor=" + b64(`{"id":"x","sort":"name"}`),
		"cursor=" + b64(`{"id":"x","sort":"created_at"}`), "cursor=" + b64(`{"id":"x","sort":"created_at","v":"soon"}`),
		"cursor=" + b64(`{"id":"\u0000"}`), "cursor=" + b64("{\"id\":\"\xff\"}"), "sort=id&cursor=" + b64(`{"id":"x"}`), "sort=-id&cursor=" + b64(`{"id":"x","sort":"id"}`),
		"sort=name", "sort=", "limit=0", "limit=101", "limit=-1", "limit=1.5", "limit=ten", "limit=", "limit=+5", "limit=99999999999",
	} {
		if p, err := asked(bad).page(); !errors.Is(err, purvey.Invalid) {
			t.Errorf("%s: %+v %v", bad, p, err)
		}
	}
	for q, want := range map[string]int{"": 50, "limit=1": 1, "limit=100": 100, "cursor=": 50} {
		if p, err := asked(q).page(); err != nil || p.Limit != want {
			t.Errorf("%s: %+v %v", q, p, err)
		}
	}
}

// BDD-25: while rows are being added, no page repeats or hides a row, in any
// sort, and rows of one instant are told apart by their ids.
func TestBDD25_PagesNeverSkipOrRepeat(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		f := newFrame(t, db)
		add := func() {
			if _, _, err := f.backend.Auth.CreateToken(t.Context(), f.shop.ID, auth.TokenRequest{Name: "x"}); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 20 {
			add()
			if i%3 == 0 { // some share an instant
				clock.Advance(time.Microsecond)
			}
		}
		type piece struct {
			Data       []wireToken
			Pagination struct {
				HasMore    bool    `json:"has_more"`
				NextCursor *string `json:"next_cursor"`
			}
		}
		var all piece
		f.call(f.admin, "GET", "/public-api/v1/api-tokens?sort=id&limit=100", "").into(t, &all)
		for _, sort := range []string{"", "-id", "id", "created_at", "-created_at"} {
			var ids []string
			query := url.Values{"limit": {"4"}}
			if sort != "" {
				query.Set("sort", sort)
			}
			for {
				var p piece
				a := f.call(f.admin, "GET", "/public-api/v1/api-tokens?"+query.Encode(), "")
				a.into(t, &p)
				if a.status != 200 || len(p.Data) > 4 || p.Pagination.HasMore != (p.Pagination.NextCursor != nil) {
					t.Fatalf("%d %s", a.status, a.body)
				}
				for _, d := range p.Data {
					ids = append(ids, d.ID)
				}
				add()
				clock.Advance(time.Microsecond)
				if !p.Pagination.HasMore {
					break
				}
				// The cursor carries the sort.
				query = url.Values{"limit": {"4"}, "cursor": {*p.Pagination.NextCursor}}
			}
			seen := map[string]bool{}
			for _, id := range ids {
				if seen[id] {
					t.Errorf("sort %q: %s twice", sort, id)
				}
				seen[id] = true
			}
			for _, d := range all.Data {
				if !seen[d.ID] {
					t.Errorf("sort %q: %s is missing", sort, d.ID)
				}
			}
			sorted := slices.Clone(ids)
			slices.Sort(sorted)
			if sort == "" || strings.HasPrefix(sort, "-") {
				slices.Reverse(sorted)
			}
			if !slices.Equal(ids, sorted) {
				t.Errorf("sort %q: %v", sort, ids)
			}
			if len(ids) > 80 {
				t.Fatalf("sort %q does not end", sort)
			}
			if strings.HasPrefix(sort, "-") || sort == "" { // what came later is not shown behind
				all = piece{}
				f.call(f.admin, "GET", "/public-api/v1/api-tokens?sort=id&limit=100", "").into(t, &all)
			}
		}
	})
}

// BDD-26: parameters of every kind.
func TestBDD26_Parameters(t *testing.T) {
	t.Parallel()
	for q, want := range map[string]string{
		"":                    "[]",
		"s=PAID":              "[PAID]",
		"s=PAID&s=PENDING":    "[PAID PENDING]",
		"s[]=PAID&s[]=VOIDED": "[PAID VOIDED]",
		"s%5B%5D=PAID":        "[PAID]",
		"s=PAID,PENDING":      "[PAID PENDING]",
		"s=PAID&s[]=VOIDED":   "[PAID VOIDED]",
		"s=PAID%2C+PAID,":     "[PAID]",
		"s=":                  "[]",
	} {
		if got, err := asked(q).enumList("s", "PAID", "PENDING", "VOIDED"); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %v %v, want %s", q, got, err, want)
		}
	}
	for _, q := range []string{"s=paid", "s=PAID,x", "s[]=x", "s=" + strings.Repeat("PAID,", 3) + "y"} {
		if _, err := asked(q).enumList("s", "PAID"); !errors.Is(err, purvey.Invalid) {
			t.Errorf("%s: %v", q, err)
		}
	}
	var many []string
	for i := range 101 {
		many = append(many, fmt.Sprint(i))
	}
	if _, err := asked("s=" + strings.Join(many, ",")).listParam("s"); !errors.Is(err, purvey.Invalid) {
		t.Error("101 values were taken")
	}

	if v, err := asked("").boolParam("b"); v != nil || err != nil {
		t.Error(v, err)
	}
	for q, want := range map[string]bool{"b=true": true, "b=false": false} {
		if v, err := asked(q).boolParam("b"); err != nil || v == nil || *v != want {
			t.Errorf("%s: %v", q, err)
		}
	}
	for _, q := range []string{"b=", "b=1", "b=True", "b=yes"} {
		if _, err := asked(q).boolParam("b"); !errors.Is(err, purvey.Invalid) {
			t.Errorf("%s: %v", q, err)
		}
	}
	if v, err := asked("status=assigned").enumParam("status", "available", "assigned"); v != "assigned" || err != nil {
		t.Error(v, err)
	}
	for _, q := range []string{"status=", "status=burnt"} {
		if _, err := asked(q).enumParam("status", "available"); !errors.Is(err, purvey.Invalid) {
			t.Errorf("%s: %v", q, err)
		}
	}

	// A filter that can't be read is told of: left out, it would let all through.
	for raw, want := range map[string]string{"q=a;b": "a;b", "q=%3B": ";", "x=1;q=2": "", "q=a%2Bb": "a+b"} {
		if got := asked(raw).stringParam("q"); got != want || sound(asked(raw).Request) != nil {
			t.Errorf("%s: %q", raw, got)
		}
	}
	for _, raw := range []string{"q=100%", "q=%zz&limit=5", "%=1", "q=a%2"} {
		if err := sound(asked(raw).Request); !errors.Is(err, purvey.Invalid) {
			t.Errorf("%s: %v", raw, err)
		}
	}
	if v, err := asked("q=" + url.QueryEscape(strings.Repeat("é", 120))).search(); err != nil || len(v) != 240 {
		t.Errorf("%d bytes, %v", len(v), err)
	}
	if _, err := asked("q=" + strings.Repeat("x", 121)).search(); !errors.Is(err, purvey.Invalid) {
		t.Error(err)
	}
	if v, err := asked("q=+%20").search(); v != "" || err != nil {
		t.Errorf("%q %v", v, err)
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-05-15T14:30:00.000Z":               "2026-05-15T14:30:00.000Z",
		"2026-05-15T14:30:00Z":                   "2026-05-15T14:30:00.000Z",
		"2026-05-15t14:30:00z":                   "2026-05-15T14:30:00.000Z",
		"2026-05-15T14:30:00.5%2B02:00":          "2026-05-15T12:30:00.500Z",
		"2026-05-15T14:30:00+02:00":              "2026-05-15T12:30:00.000Z",
		"2026-05-15T14:30:00-0330":               "2026-05-15T18:00:00.000Z",
		"2026-05-15T14:30:00+02":                 "2026-05-15T12:30:00.000Z",
		"2026-05-15T14:30":                       "2026-05-15T14:30:00.000Z",
		"2026-05-15T14:30:00.123456789":          "2026-05-15T14:30:00.123Z",
		"2026-05-01":                             "2026-05-01T00:00:00.000Z",
		"":                                       "refused",
		"yesterday":                              "refused",
		"2026-13-01":                             "refused",
		"2026-02-30":                             "refused",
		"1767225600":                             "refused",
		"2026-05-15T25:00:00Z":                   "refused",
		"0000-01-01":                             "refused",
		"0001-01-01":                             "refused", // absent is told by it
		"0001-01-01T00:00:00%2B12:00":            "refused",
		"9999-12-31T23:59:59-12:00":              "refused",
		"20260515T143000Z":                       "2026-05-15T14:30:00.000Z",
		"20260515":                               "2026-05-15T00:00:00.000Z",
		"2026-05-15T14:30:00Z2026-05-15T14:30:0": "refused",
	} {
		got := "refused"
		if v, err := asked("at=" + text).timeParam("at"); err == nil {
			got = wireTime(v)
		}
		if got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	if v, err := asked("").timeParam("at"); !v.IsZero() || err != nil {
		t.Error(v, err)
	}
	if nullTime(time.Time{}) != nil || nullString("") != nil || *nullString("x") != "x" || notNull[int](nil) == nil {
		t.Error("nulls")
	}
}
