package bigdd

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/catalog"
	"purvey/internal/store"
)

var vendorFile = strings.Fields(`id name size type is_encrypted uploaded created_at updated_at`)

// BDD-16
func TestBDD16_Files(t *testing.T) {
	t.Parallel()
	onShelf(t, false, catalog.Options{}, func(s *shelf) {
		pdf := s.store("Übung.pdf", "%PDF-1.7")
		s.clock.Advance(time.Second)
		s.store("song.mp3", "ID3\x03")
		var p object
		s.ok(201, "POST", "digital-products", `{"name":"Book","file_ids":["`+pdf+`"]}`, &p)
		if err := s.db.Tx(t.Context(), func(tx *store.Tx) error {
			return tx.InsertFile(t.Context(), &purvey.File{ShopID: s.shop.ID, Name: "later.bin", Type: "application/octet-stream"})
		}); err != nil {
			t.Fatal(err)
		}
		var l []object
		s.ok(200, "GET", "files", "", &l)
		if len(l) != 3 || l[0]["name"] != "later.bin" || l[0]["uploaded"] != false || l[2]["id"] != pdf {
			t.Errorf("%v", l)
		}
		if odd := keys(l[2], vendorFile...); odd != "" || l[2]["type"] != "application/pdf" || l[2]["size"] != 8.0 || l[2]["is_encrypted"] != false {
			t.Errorf("%v: %s", l[2], odd)
		}
		for query, want := range map[string]int{
			"?type=application/pdf": 1, "?type=audio%2Fmpeg": 1, "?type=audio": 0, "?uploaded=true": 2, "?uploaded=false": 1, "?q=%C3%9CBUNG": 1, "?q=.": 3,
			"?uploaded=true&type=audio/mpeg&q=song": 1, "?limit=2": 2, "?type=": 3, "?cursor=": 3,
		} {
			if s.ok(200, "GET", "files"+query, "", &l); len(l) != want {
				t.Errorf("%s gives %d files, want %d", query, len(l), want)
			}
		}
		s.ok(200, "GET", "files?include=products&sort=created_at", "", &l)
		if fmt.Sprint(l[0]["products"]) != fmt.Sprintf("[map[id:%s name:Book]]", p["id"]) || fmt.Sprint(l[1]["products"]) != "[]" {
			t.Errorf("include=products: %v", l)
		}
		for _, query := range []string{"?uploaded=yes", "?include=product", "?limit=101", "?sort=size"} {
			s.refused(s.call(s.member, "GET", prefix+"files"+query, ""), 400, "validation_error")
		}
		foreign := s.token(s.newShop("other"), purvey.Admin, purvey.Live)
		if a := s.call(foreign, "GET", prefix+"files", ""); !strings.Contains(a.body, `"data":[]`) {
			t.Errorf("another shop sees %s", a.body)
		}
		var f object
		s.ok(200, "GET", "files/"+pdf+"?include=products", "", &f)
		if odd := keys(f, append(vendorFile, "products", "used_by", "sha256")...); odd != "" || len(f["sha256"].(string)) != 64 {
			t.Errorf("%v: %s", f, odd)
		}
		s.refused(s.call(foreign, "GET", prefix+"files/"+pdf, ""), 404, "not_found")
	})
}

// BDD-17
func TestBDD17_Upload(t *testing.T) {
	t.Parallel()
	onShelf(t, false, catalog.Options{}, func(s *shelf) {
		a := s.post([]part{{"note", "-", "", "hello"}, {"file", `C:\dir\Über uns.epub`, "application/octet-stream", "PK\x03\x04"}, {"more", "-", "", "x"}})
		var e struct{ Data object }
		a.into(t, &e)
		if odd := keys(e.Data, vendorFile...); odd != "" || a.status != 201 {
			t.Fatalf("%d %s: %s", a.status, a.body, odd)
		}
		if e.Data["name"] != "Über uns.epub" || e.Data["type"] != "application/epub+zip" || e.Data["size"] != 4.0 || e.Data["uploaded"] != true {
			t.Errorf("%v", e.Data)
		}
		for name, kept := range map[string]string{
			"../../etc/passwd": "passwd", "a\tb.txt": "ab.txt", strings.Repeat("x", 300) + ".pdf": strings.Repeat("x", 251) + ".pdf", "same.txt": "same.txt",
		} {
			for range 2 { // equal names are allowed
				a := s.post([]part{{"file", name, "text/plain; charset=utf-8", "x"}})
				if a.status != 201 || !strings.Contains(a.body, `"name":"`+kept+`"`) || !strings.Contains(a.body, `"type":"text/plain"`) {
					t.Errorf("%.20q: %d %s", name, a.status, a.body)
				}
			}
		}
		if a := s.post([]part{{"file", "empty.bin", "", ""}}); a.status != 201 || !strings.Contains(a.body, `"size":0`) {
			t.Errorf("an empty file: %d %s", a.status, a.body)
		}
		for name, parts := range map[string][]part{
			"no file": {{"other", "x.txt", "", "x"}}, "nothing": {}, "two files": {{"file", "a", "", "x"}, {"file", "b", "", "y"}},
			"no name": {{"file", "-", "", "x"}}, "empty name": {{"file", "", "", "x"}}, "no name left": {{"file", "..", "", "x"}},
			"two large files": {{"file", "a", "", strings.Repeat("x", 5000)}, {"file", "b", "", "y"}},
		} {
			if a := s.post(parts); a.status != 400 {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		body, contentType := form(part{"file", "cut.bin", "", strings.Repeat("x", 10_000)})
		for _, cut := range []int{1, 60, 200, 5000, len(body) - 3} {
			s.refused(s.call(s.member, "POST", prefix+"files", body[:cut], "Content-Type", contentType), 400, "validation_error")
		}
		s.refused(s.call(s.member, "POST", prefix+"files", `{"file":"x"}`), 415, "unsupported_media_type")
		s.refused(s.call(s.member, "POST", prefix+"files", "x", "Content-Type", "multipart/form-data"), 400, "validation_error")

		once := []part{{"file", "once.txt", "", "once"}}
		a, b := s.post(once, "Idempotency-Key", "k"), s.post(once, "Idempotency-Key", "k")
		if a.status != 201 || a.body != b.body || b.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("repeat: %d %s, %s", a.status, a.body, b.body)
		}
		s.refused(s.post([]part{{"file", "once.txt", "", "twice"}}, "Idempotency-Key", "k"), 409, "conflict")
		var l []object
		s.ok(200, "GET", "files?q=cut", "", &l)
		if len(l) != 0 {
			t.Errorf("refused uploads left %v", l)
		}
	})
}

// BDD-17
func TestBDD17_ExactlyTheLimitPasses(t *testing.T) {
	t.Parallel()
	onShelf(t, false, catalog.Options{}, func(s *shelf) {
		largest := strings.Repeat("x", maxFile)
		a := s.post([]part{{"file", "large.bin", "", largest}})
		if a.status != 201 || !strings.Contains(a.body, `"size":26214400`) {
			t.Errorf("%d %.200s", a.status, a.body)
		}
		s.refused(s.post([]part{{"file", "larger.bin", "", largest + "x"}}), 413, "payload_too_large")
		// One whose length is told is refused before anything is read.
		r, err := http.NewRequestWithContext(t.Context(), "POST", s.serve().URL+prefix+"files", io.LimitReader(neverRead{t}, 1<<40))
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = 1 << 40
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		r.Header.Set("Authorization", "Bearer "+s.member)
		r.Header.Set("Expect", "100-continue")
		client := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Minute}}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != 413 {
			t.Errorf("a length of 1 TiB: %d", res.StatusCode)
		}
	})
}

// neverRead fails the test when it is read.
type neverRead struct{ t *testing.T }

func (n neverRead) Read([]byte) (int, error) {
	n.t.Error("the body was read")
	return 0, io.EOF
}

// BDD-17
func TestBDD17_SixAMinute(t *testing.T) {
	t.Parallel()
	onShelf(t, true, catalog.Options{}, func(s *shelf) {
		for i := range 4 {
			if a := s.post([]part{{"other", "x", "", "x"}}); a.status != 400 { // does not count
				t.Errorf("refused upload: %d", a.status)
			}
			s.store("a.txt", fmt.Sprint(i))
		}
		s.clock.Advance(30 * time.Second)
		s.store("a.txt", "4")
		s.store("a.txt", "5")
		e := s.post([]part{{"file", "a.txt", "", "6"}})
		s.refused(e, 429, "rate_limited")
		if got := e.header.Get("Retry-After"); got != "30" {
			t.Errorf("Retry-After %q, want 30", got)
		}
		other := s.newShop("other")
		body, contentType := form(part{"file", "a.txt", "", "x"})
		if a := s.call(s.token(other, purvey.Member, purvey.Live), "POST", prefix+"files", body, "Content-Type", contentType); a.status != 201 {
			t.Errorf("another shop: %d", a.status)
		}
		s.clock.Advance(30 * time.Second) // the window slides
		for i := range 4 {
			s.store("a.txt", fmt.Sprint(7+i))
		}
		s.refused(s.post([]part{{"file", "a.txt", "", "x"}}), 429, "rate_limited")
	})
}

// BDD-18
func TestBDD18_DeleteFile(t *testing.T) {
	t.Parallel()
	onShelf(t, false, catalog.Options{}, func(s *shelf) {
		used, free := s.store("a.txt", "a"), s.store("b.txt", "b")
		s.ok(201, "POST", "digital-products", `{"name":"x","file_ids":["`+used+`"]}`, nil)
		e := s.refused(s.call(s.member, "DELETE", prefix+"files/"+used, ""), 409, "conflict")
		if !strings.Contains(e.Error.Message, "1 product version") {
			t.Errorf("message %q", e.Error.Message)
		}
		foreign := s.token(s.newShop("other"), purvey.Admin, purvey.Live)
		s.refused(s.call(foreign, "DELETE", prefix+"files/"+free, ""), 404, "not_found")
		var d object
		s.ok(200, "DELETE", "files/"+free, "", &d)
		if fmt.Sprint(d) != fmt.Sprintf("map[deleted:true id:%s]", free) {
			t.Errorf("%v", d)
		}
		s.refused(s.call(s.member, "DELETE", prefix+"files/"+free, ""), 404, "not_found")
		s.refused(s.call(s.member, "GET", prefix+"files/"+free+"/content", ""), 404, "not_found")
		s.refused(s.call(s.member, "PUT", prefix+"files/"+used, ""), 405, "method_not_allowed")
	})
}

func TestFileContent(t *testing.T) {
	t.Parallel()
	onShelf(t, false, catalog.Options{}, func(s *shelf) {
		id := s.store("Lied für \"Elise\".txt", "0123456789")
		path := prefix + "files/" + id + "/content"
		a := s.call(s.member, "GET", path, "")
		etag := a.header.Get("ETag")
		if a.status != 200 || a.body != "0123456789" || a.header.Get("Accept-Ranges") != "bytes" || !strings.HasPrefix(etag, `"`) || len(etag) != 66 {
			t.Errorf("%d %q %v", a.status, a.body, a.header)
		}
		if d := a.header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment; ") || !strings.Contains(d, "filename*=UTF-8''Lied%20f%C3%BCr") {
			t.Errorf("disposition %q", d)
		}
		for _, c := range []struct {
			headers []string
			status  int
			body    string
		}{
			{[]string{"Range", "bytes=2-4"}, 206, "234"},
			{[]string{"Range", "bytes=-3"}, 206, "789"},
			{[]string{"Range", "bytes=5-"}, 206, "56789"},
			{[]string{"Range", "bytes=99-"}, 416, ""},
			{[]string{"If-None-Match", etag}, 304, ""},
			{[]string{"Range", "bytes=0-1", "If-Range", etag}, 206, "01"},
			{[]string{"Range", "bytes=0-1", "If-Range", `"x"`}, 200, "0123456789"},
			{[]string{"If-Match", `"x"`}, 412, ""},
		} {
			a := s.call(s.member, "GET", path, "", c.headers...)
			if a.status != c.status || c.status < 300 && a.body != c.body {
				t.Errorf("%v: %d %q, want %d %q", c.headers, a.status, a.body, c.status, c.body)
			}
		}
		if a := s.call(s.member, "HEAD", path, ""); a.status != 200 || a.header.Get("Content-Length") != "10" {
			t.Errorf("HEAD: %d %v", a.status, a.header)
		}
		foreign := s.token(s.newShop("other"), purvey.Admin, purvey.Live)
		s.refused(s.call(foreign, "GET", path, ""), 404, "not_found")
	})
}

func TestUploadOfAFileStaysFlat(t *testing.T) {
	// Alone, since it measures the memory of the whole process.
	onShelf(t, false, catalog.Options{}, func(s *shelf) {
		head := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n"
		m := &meter{body: io.MultiReader(strings.NewReader(head), io.LimitReader(zeros{}, maxFile), strings.NewReader("\r\n--x--\r\n"))}
		m.look()
		base := m.most
		r, err := http.NewRequestWithContext(t.Context(), "POST", s.serve().URL+prefix+"files", m)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		r.Header.Set("Authorization", "Bearer "+s.member)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != 201 || m.most-base > 32<<20 {
			t.Errorf("%d; the heap grew by %d bytes", res.StatusCode, m.most-base)
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// meter looks at the heap after every 4 MiB that it gives.
type meter struct {
	body io.Reader
	n    int64
	most int64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.body.Read(p)
	if m.n += int64(n); m.n > 4<<20 {
		m.n = 0
		m.look()
	}
	return n, err
}

func (m *meter) look() {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	m.most = max(m.most, int64(stats.HeapAlloc))
}
