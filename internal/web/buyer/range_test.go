package buyer_test

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestRanges is the table of RFC 9110, sections 13 and 14, over a file of
// 1,000 bytes with a strong tag and a date.
func TestRanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	goods := content(1000)
	f := w.file("a.bin", goods)
	path := w.page(w.order(w.product(0, f))) + "/files/" + f.ID
	head := w.do("HEAD", path)
	tag, date := head.Header.Get("ETag"), head.Header.Get("Last-Modified")
	if !strings.HasPrefix(tag, `"`) || date == "" {
		t.Fatalf("tag %s, date %s", tag, date)
	}
	when, err := http.ParseTime(date)
	w.must(err)
	before, after := when.Add(-time.Hour).Format(http.TimeFormat), when.Add(time.Hour).Format(http.TimeFormat)
	weak := "W/" + tag

	for _, c := range []struct {
		name    string
		headers []string
		status  int
		from    int
		to      int // exclusive; the bytes of a 200 or 206
	}{
		{"no condition", nil, 200, 0, 1000},
		{"first byte", []string{"Range", "bytes=0-0"}, 206, 0, 1},
		{"last byte", []string{"Range", "bytes=999-999"}, 206, 999, 1000},
		{"open", []string{"Range", "bytes=0-"}, 206, 0, 1000},
		{"open from the middle", []string{"Range", "bytes=500-"}, 206, 500, 1000},
		{"beyond the end", []string{"Range", "bytes=900-5000"}, 206, 900, 1000},
		{"to the largest number", []string{"Range", "bytes=900-99999999999999999999999"}, 206, 900, 1000},
		{"suffix", []string{"Range", "bytes=-100"}, 206, 900, 1000},
		{"suffix longer than all", []string{"Range", "bytes=-5000"}, 206, 0, 1000},
		{"suffix of the largest number", []string{"Range", "bytes=-99999999999999999999999"}, 206, 0, 1000},
		{"spaces", []string{"Range", "bytes= 10-19 "}, 206, 10, 20},
		{"unit in capitals", []string{"Range", "Bytes=10-19"}, 206, 10, 20},
		{"empty members", []string{"Range", "bytes=,10-19,,"}, 206, 10, 20},
		{"of two, one outside", []string{"Range", "bytes=5000-,10-19"}, 206, 10, 20},
		{"start at the end", []string{"Range", "bytes=1000-"}, 416, 0, 0},
		{"start beyond the end", []string{"Range", "bytes=99999999999999999999-"}, 416, 0, 0},
		{"suffix of none", []string{"Range", "bytes=-0"}, 416, 0, 0},
		{"backwards", []string{"Range", "bytes=20-10"}, 416, 0, 0},
		{"no number", []string{"Range", "bytes=a-b"}, 416, 0, 0},
		{"two signs", []string{"Range", "bytes=--10"}, 416, 0, 0},
		{"plus", []string{"Range", "bytes=+1-2"}, 416, 0, 0},
		{"no dash", []string{"Range", "bytes=10"}, 416, 0, 0},
		{"no set", []string{"Range", "bytes"}, 416, 0, 0},
		{"another unit", []string{"Range", "seconds=0-1"}, 200, 0, 1000},
		{"empty set", []string{"Range", "bytes="}, 200, 0, 1000},
		{"overlapping, more than all", []string{"Range", "bytes=0-,0-,0-"}, 200, 0, 1000},

		{"If-Range, same tag", []string{"Range", "bytes=10-19", "If-Range", tag}, 206, 10, 20},
		{"If-Range, other tag", []string{"Range", "bytes=10-19", "If-Range", `"other"`}, 200, 0, 1000},
		{"If-Range, weak tag", []string{"Range", "bytes=10-19", "If-Range", weak}, 200, 0, 1000},
		{"If-Range, same date", []string{"Range", "bytes=10-19", "If-Range", date}, 206, 10, 20},
		{"If-Range, later date", []string{"Range", "bytes=10-19", "If-Range", after}, 200, 0, 1000},
		{"If-Range, earlier date", []string{"Range", "bytes=10-19", "If-Range", before}, 200, 0, 1000},
		{"If-Range, nonsense", []string{"Range", "bytes=10-19", "If-Range", "nonsense"}, 200, 0, 1000},
		{"If-Range alone", []string{"If-Range", tag}, 200, 0, 1000},
		{"If-Range fails before the range is judged", []string{"Range", "bytes=5000-", "If-Range", `"other"`}, 200, 0, 1000},

		{"If-None-Match, same", []string{"If-None-Match", tag}, 304, 0, 0},
		{"If-None-Match, weak", []string{"If-None-Match", weak}, 304, 0, 0},
		{"If-None-Match, any", []string{"If-None-Match", "*"}, 304, 0, 0},
		{"If-None-Match, in a list", []string{"If-None-Match", `"a", W/"b" ,` + tag}, 304, 0, 0},
		{"If-None-Match, other", []string{"If-None-Match", `"other"`}, 200, 0, 1000},
		{"If-None-Match wins over the date", []string{"If-None-Match", `"other"`, "If-Modified-Since", after}, 200, 0, 1000},
		{"If-None-Match with a range", []string{"If-None-Match", tag, "Range", "bytes=0-9"}, 304, 0, 0},
		{"If-Modified-Since, same", []string{"If-Modified-Since", date}, 304, 0, 0},
		{"If-Modified-Since, earlier", []string{"If-Modified-Since", before}, 200, 0, 1000},
		{"If-Modified-Since, nonsense", []string{"If-Modified-Since", "yesterday"}, 200, 0, 1000},

		{"If-Match, same", []string{"If-Match", tag}, 200, 0, 1000},
		{"If-Match, any", []string{"If-Match", "*"}, 200, 0, 1000},
		{"If-Match, weak", []string{"If-Match", weak}, 412, 0, 0},
		{"If-Match, other", []string{"If-Match", `"other"`, "Range", "bytes=0-9"}, 412, 0, 0},
		{"If-Unmodified-Since, same", []string{"If-Unmodified-Since", date}, 200, 0, 1000},
		{"If-Unmodified-Since, earlier", []string{"If-Unmodified-Since", before}, 412, 0, 0},
		{"If-Match wins over the date", []string{"If-Match", tag, "If-Unmodified-Since", before}, 200, 0, 1000},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := w.get(path, c.headers...)
			if a.err != nil || a.StatusCode != c.status {
				t.Fatalf("%d (%v), want %d", a.StatusCode, a.err, c.status)
			}
			if !bytes.Equal(a.body, goods[c.from:c.to]) {
				t.Fatalf("%d bytes, want %d to %d", len(a.body), c.from, c.to)
			}
			want := map[int]string{206: fmt.Sprintf("bytes %d-%d/1000", c.from, c.to-1), 416: "bytes */1000"}[c.status]
			if got := a.Header.Get("Content-Range"); got != want {
				t.Fatalf("Content-Range %q, want %q", got, want)
			}
			if a.Header.Get("ETag") != tag || a.Header.Get("Accept-Ranges") != "bytes" {
				t.Fatalf("headers %v", a.Header)
			}
			if c.status == 200 && a.ContentLength != 1000 {
				t.Fatalf("Content-Length %d", a.ContentLength)
			}
		})
	}
	for _, headers := range [][]string{nil, {"Range", "bytes=0-9"}} {
		if a := w.do("HEAD", path, headers...); a.StatusCode != 200 || a.ContentLength != 1000 || len(a.body) != 0 {
			t.Errorf("HEAD %v: %d, length %d", headers, a.StatusCode, a.ContentLength)
		}
	}
}

func TestSeveralRangesInOneAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	goods := content(200_000)
	f := w.file("a.pdf", goods)
	o := w.order(w.product(1, f))
	a := w.get(w.page(o)+"/files/"+f.ID, "Range", "bytes=100000-100009, 5-9 ,-3")
	w.want(a, 206)
	kind, params, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	w.must(err)
	if kind != "multipart/byteranges" || a.ContentLength != int64(len(a.body)) {
		t.Fatalf("%s, %d of %d bytes", kind, len(a.body), a.ContentLength)
	}
	r := multipart.NewReader(bytes.NewReader(a.body), params["boundary"])
	for _, span := range [][2]int{{100000, 100010}, {5, 10}, {199997, 200000}} {
		p, err := r.NextPart()
		w.must(err)
		got, err := io.ReadAll(p)
		w.must(err)
		if want := fmt.Sprintf("bytes %d-%d/200000", span[0], span[1]-1); p.Header.Get("Content-Range") != want || p.Header.Get("Content-Type") != "application/pdf" {
			t.Fatalf("part %v, want %s", p.Header, want)
		}
		if !bytes.Equal(got, goods[span[0]:span[1]]) {
			t.Fatalf("part %v holds other bytes", span)
		}
	}
	if got := w.copies(o); len(got) != 1 || got[0].Sent != 18 {
		t.Fatalf("%+v", got)
	}
}

// TestLikeTheStandardLibrary compares answers with http.ServeContent's for
// ranges and conditions put together in many ways. It differs on purpose in
// four: other units are ignored, HEAD has no ranges, "the last 0 bytes" is not
// satisfiable, and no range of an empty file is "bytes 0--1/0".
func TestLikeTheStandardLibrary(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	for _, size := range []int{1, 1000} {
		goods := content(size)
		f := w.file("a.bin", goods)
		path := w.page(w.order(w.product(0, f))) + "/files/" + f.ID
		head := w.do("HEAD", path)
		tag, date := head.Header.Get("ETag"), head.Header.Get("Last-Modified")
		modified, err := http.ParseTime(date)
		w.must(err)
		standard := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("ETag", tag)
			rw.Header().Set("Content-Type", "application/octet-stream")
			http.ServeContent(rw, r, "", modified, bytes.NewReader(goods))
		}))
		ours := w.server
		earlier := modified.Add(-time.Minute).Format(http.TimeFormat)
		n := 0
		for _, ranges := range []string{"", "bytes=0-0", "bytes=0-", "bytes=1-", "bytes=-1", "bytes=999-", "bytes=1000-", "bytes=5-3", "bytes=0-4,6-9", "bytes=x", "bytes=0-9,5000-", "bytes=0-999,0-999"} {
			for _, ifRange := range []string{"", tag, `"x"`, "W/" + tag, date, earlier} {
				for _, condition := range [][]string{nil, {"If-None-Match", tag}, {"If-None-Match", `"x"`}, {"If-Match", tag}, {"If-Match", `"x"`}, {"If-Modified-Since", date}, {"If-Unmodified-Since", earlier}} {
					headers := append([]string{}, condition...)
					if ranges != "" {
						headers = append(headers, "Range", ranges)
					}
					if ifRange != "" {
						headers = append(headers, "If-Range", ifRange)
					}
					w.server = ours
					a := w.get(path, headers...)
					w.server = standard
					b := w.get("/", headers...)
					n++
					same := a.StatusCode == b.StatusCode
					if a.StatusCode == 200 || a.StatusCode == 206 {
						multi := strings.HasPrefix(a.Header.Get("Content-Type"), "multipart/")
						same = same && a.Header.Get("Content-Range") == b.Header.Get("Content-Range") && (multi || bytes.Equal(a.body, b.body))
					}
					if !same {
						t.Errorf("size %d, %v: %d %q %d bytes, the standard library: %d %q %d bytes", size, headers,
							a.StatusCode, a.Header.Get("Content-Range"), len(a.body), b.StatusCode, b.Header.Get("Content-Range"), len(b.body))
					}
				}
			}
		}
		w.server = ours
		standard.Close()
		if n < 500 {
			t.Fatalf("%d requests compared", n)
		}
	}
}
