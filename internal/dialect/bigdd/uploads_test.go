package bigdd

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/catalog"
)

// tus makes a request of the protocol.
func (s *shelf) tus(method, path, body string, headers ...string) answer {
	s.t.Helper()
	headers = append([]string{"Tus-Resumable", "1.0.0"}, headers...)
	if method == "PATCH" {
		headers = append([]string{"Content-Type", tusBody}, headers...)
	}
	return s.call(s.member, method, path, body, headers...)
}

// begin creates an upload and gives its path.
func (s *shelf) begin(length int, headers ...string) string {
	s.t.Helper()
	a := s.tus("POST", uploadsPath, "", append([]string{"Upload-Length", strconv.Itoa(length)}, headers...)...)
	if a.status != 201 {
		s.t.Fatalf("create: %d %s", a.status, a.body)
	}
	return a.header.Get("Location")
}

// want checks the status and a header of an answer.
func (a answer) want(t *testing.T, status int, headers ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("%d %s, want %d", a.status, a.body, status)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if got := a.header.Get(headers[i]); got != headers[i+1] {
			t.Errorf("%s is %q, want %q", headers[i], got, headers[i+1])
		}
	}
}

func metadata(pairs ...string) string {
	var out []string
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, pairs[i]+" "+base64.StdEncoding.EncodeToString([]byte(pairs[i+1])))
	}
	return strings.Join(out, ",")
}

func TestTusCore(t *testing.T) {
	t.Parallel()
	onShelf(t, false, catalog.Options{UploadMax: 1 << 30}, func(s *shelf) {
		s.call(s.member, "OPTIONS", uploadsPath, "").want(t, 204, "Tus-Version", "1.0.0", "Tus-Max-Size", "1073741824", "Tus-Resumable", "1.0.0",
			"Tus-Checksum-Algorithm", "sha1,sha256,md5", "Tus-Extension", "creation,creation-with-upload,creation-defer-length,checksum,expiration,termination")

		meta := metadata("filename", "Ünïcode 長.epub", "filetype", "application/epub+zip") + ",is_confidential"
		a := s.tus("POST", uploadsPath, "", "Upload-Length", "10", "Upload-Metadata", meta)
		a.want(t, 201, "Tus-Resumable", "1.0.0", "Purvey-File-Id", "")
		at := a.header.Get("Location")
		if u, err := url.Parse(at); err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(at, uploadsPath+"/") {
			t.Fatalf("Location %q", at)
		}
		if end, err := http.ParseTime(a.header.Get("Upload-Expires")); err != nil || !end.Equal(s.clock.Now().Add(catalog.UploadLife)) {
			t.Errorf("Upload-Expires %q", a.header.Get("Upload-Expires"))
		}
		head := func() answer { return s.tus("HEAD", at, "") }
		head().want(t, 200, "Upload-Offset", "0", "Upload-Length", "10", "Cache-Control", "no-store", "Upload-Metadata", meta, "Purvey-File-Id", "")
		s.tus("PATCH", at, "01234", "Upload-Offset", "0").want(t, 204, "Upload-Offset", "5", "Tus-Resumable", "1.0.0", "Purvey-File-Id", "")
		head().want(t, 200, "Upload-Offset", "5")
		for _, offset := range []string{"0", "4", "6", "10", "99999999999999"} {
			s.tus("PATCH", at, "x", "Upload-Offset", offset).want(t, 409)
		}
		for _, offset := range []string{"", "-1", "+5", "5.0", "x", "99999999999999999999"} {
			s.tus("PATCH", at, "x", "Upload-Offset", offset).want(t, 400)
		}
		s.tus("PATCH", at, "x", "Upload-Offset", "5", "Content-Type", "application/octet-stream").want(t, 415)
		s.tus("PATCH", at, "567890", "Upload-Offset", "5").want(t, 413)
		head().want(t, 200, "Upload-Offset", "5")
		a = s.tus("PATCH", at, "56789", "Upload-Offset", "5")
		a.want(t, 204, "Upload-Offset", "10", "Upload-Expires", "")
		id := a.header.Get("Purvey-File-Id")
		head().want(t, 200, "Upload-Offset", "10", "Purvey-File-Id", id)
		s.tus("PATCH", at, "", "Upload-Offset", "10").want(t, 204, "Purvey-File-Id", id) // repeated
		s.tus("PATCH", at, "56789", "Upload-Offset", "5").want(t, 409)
		var f object
		s.ok(200, "GET", "files/"+id, "", &f)
		if f["name"] != "Ünïcode 長.epub" || f["type"] != "application/epub+zip" || f["size"] != 10.0 {
			t.Errorf("%v", f)
		}
		if c := s.call(s.member, "GET", prefix+"files/"+id+"/content", ""); c.body != "0123456789" {
			t.Errorf("content %q", c.body)
		}
		// The version of the protocol.
		for _, headers := range [][]string{{}, {"Tus-Resumable", "0.2.2"}} {
			a := s.call(s.member, "HEAD", at, "", headers...)
			a.want(t, 412, "Tus-Version", "1.0.0")
		}
		s.refused(s.call("", "HEAD", at, ""), 401, "unauthorized")
		foreign := s.token(s.newShop("other"), purvey.Admin, purvey.Live)
		s.call(foreign, "HEAD", at, "", "Tus-Resumable", "1.0.0").want(t, 404)
		s.call(foreign, "DELETE", at, "", "Tus-Resumable", "1.0.0").want(t, 404)
		for _, unknown := range []string{strings.Repeat("0", 24), "x", "%2e%2e", "..%2fx"} {
			s.tus("HEAD", uploadsPath+"/"+unknown, "").want(t, 404)
		}
		s.refused(s.call(s.member, "GET", at, ""), 405, "method_not_allowed")
		s.refused(s.call(s.member, "GET", uploadsPath, ""), 405, "method_not_allowed")
	})
}

func TestTusCreation(t *testing.T) {
	t.Parallel()
	onShelf(t, false, catalog.Options{UploadMax: 100}, func(s *shelf) {
		for name, headers := range map[string][]string{
			"no length": {}, "a negative length": {"Upload-Length", "-1"}, "no number": {"Upload-Length", "ten"}, "both": {"Upload-Length", "1", "Upload-Defer-Length", "1"},
			"deferred otherwise": {"Upload-Defer-Length", "2"}, "broken metadata": {"Upload-Length", "1", "Upload-Metadata", "filename %%%"},
			"a key twice": {"Upload-Length", "1", "Upload-Metadata", metadata("a", "x", "a", "y")}, "no key": {"Upload-Length", "1", "Upload-Metadata", ","},
			"no name left":  {"Upload-Length", "1", "Upload-Metadata", metadata("filename", "..")},
			"long metadata": {"Upload-Length", "1", "Upload-Metadata", metadata("x", strings.Repeat("y", 9000))},
		} {
			if a := s.tus("POST", uploadsPath, "", headers...); a.status != 400 {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		s.tus("POST", uploadsPath, "", "Upload-Length", "101").want(t, 413)
		a := s.tus("POST", uploadsPath, "", "Upload-Length", "0", "Upload-Metadata", metadata("filename", "../../x/empty.txt"))
		a.want(t, 201, "Upload-Offset", "0")
		var f object
		s.ok(200, "GET", "files/"+a.header.Get("Purvey-File-Id"), "", &f)
		if f["name"] != "empty.txt" || f["size"] != 0.0 {
			t.Errorf("%v", f)
		}
		// With the whole of it, a part of it, too much of it.
		a = s.tus("POST", uploadsPath, "abcde", "Upload-Length", "5", "Content-Type", tusBody, "Upload-Metadata", metadata("name", "n.txt", "type", "text/x"))
		a.want(t, 201, "Upload-Offset", "5")
		s.ok(200, "GET", "files/"+a.header.Get("Purvey-File-Id"), "", &f)
		if f["name"] != "n.txt" || f["type"] != "text/x" {
			t.Errorf("%v", f)
		}
		a = s.tus("POST", uploadsPath, "abc", "Upload-Length", "5", "Content-Type", tusBody)
		a.want(t, 201, "Upload-Offset", "3", "Purvey-File-Id", "")
		s.tus("PATCH", a.header.Get("Location"), "de", "Upload-Offset", "3").want(t, 204, "Upload-Offset", "5")
		s.tus("POST", uploadsPath, "abcdef", "Upload-Length", "5", "Content-Type", tusBody).want(t, 413)
		s.tus("POST", uploadsPath, "abcde", "Upload-Length", "5", "Content-Type", tusBody, "Upload-Checksum", "sha1 "+base64.StdEncoding.EncodeToString(make([]byte, 20))).want(t, 460)
		// A length that is told later.
		a = s.tus("POST", uploadsPath, "", "Upload-Defer-Length", "1", "Upload-Metadata", metadata("filename", "later.txt"))
		a.want(t, 201)
		at := a.header.Get("Location")
		s.tus("HEAD", at, "").want(t, 200, "Upload-Defer-Length", "1", "Upload-Length", "", "Upload-Offset", "0")
		s.tus("PATCH", at, "abc", "Upload-Offset", "0").want(t, 204, "Upload-Offset", "3")
		s.tus("PATCH", at, "", "Upload-Offset", "3", "Upload-Length", "101").want(t, 413)
		s.tus("PATCH", at, "", "Upload-Offset", "3", "Upload-Length", "2").want(t, 400)
		a = s.tus("PATCH", at, "", "Upload-Offset", "3", "Upload-Length", "3")
		if a.want(t, 204, "Upload-Offset", "3"); a.header.Get("Purvey-File-Id") == "" {
			t.Error("no file")
		}
		s.tus("PATCH", at, "", "Upload-Offset", "3", "Upload-Length", "4").want(t, 400)
	})
}

func TestTusSpace(t *testing.T) {
	t.Parallel()
	onShelf(t, false, catalog.Options{Folder: t.TempDir()}, func(s *shelf) {
		s.tus("POST", uploadsPath, "", "Upload-Length", "9000000000000000000").want(t, 507)
	})
}

func TestTusChecksum(t *testing.T) {
	t.Parallel()
	onShelf(t, false, catalog.Options{}, func(s *shelf) {
		sums := map[string]func(string) []byte{
			"sha1":   func(b string) []byte { x := sha1.Sum([]byte(b)); return x[:] },
			"sha256": func(b string) []byte { x := sha256.Sum256([]byte(b)); return x[:] },
			"md5":    func(b string) []byte { x := md5.Sum([]byte(b)); return x[:] },
		}
		at := s.begin(9)
		offset := 0
		for _, name := range []string{"sha1", "sha256", "md5"} {
			header := func(b string) string { return name + " " + base64.StdEncoding.EncodeToString(sums[name](b)) }
			o := strconv.Itoa(offset)
			s.tus("PATCH", at, "xyz", "Upload-Offset", o, "Upload-Checksum", header("abc")).want(t, 460, "Tus-Resumable", "1.0.0")
			s.tus("HEAD", at, "").want(t, 200, "Upload-Offset", o)
			s.tus("PATCH", at, "abc", "Upload-Offset", o, "Upload-Checksum", header("abc")).want(t, 204)
			offset += 3
		}
		at = s.begin(3)
		for _, bad := range []string{"crc32 AAAA", "sha1", "sha1 AAAA", "sha256 " + base64.StdEncoding.EncodeToString(make([]byte, 20)), "sha1 %%"} {
			s.tus("PATCH", at, "abc", "Upload-Offset", "0", "Upload-Checksum", bad).want(t, 400)
		}
		s.tus("HEAD", at, "").want(t, 200, "Upload-Offset", "0")
	})
}

func TestTusTerminationExpirationAndOverride(t *testing.T) {
	t.Parallel()
	onShelf(t, false, catalog.Options{}, func(s *shelf) {
		at := s.begin(5)
		s.tus("PATCH", at, "abc", "Upload-Offset", "0").want(t, 204)
		s.tus("DELETE", at, "").want(t, 204)
		s.tus("HEAD", at, "").want(t, 404)
		s.tus("DELETE", at, "").want(t, 404)

		at = s.begin(5)
		s.clock.Advance(catalog.UploadLife)
		s.tus("HEAD", at, "").want(t, 410)
		s.tus("PATCH", at, "abc", "Upload-Offset", "0").want(t, 410)

		at = s.begin(3)
		override := func(method, body string, headers ...string) answer {
			return s.tus("POST", at, body, append([]string{"X-HTTP-Method-Override", method}, headers...)...)
		}
		override("PATCH", "a", "Upload-Offset", "0", "Content-Type", tusBody).want(t, 204, "Upload-Offset", "1")
		override("HEAD", "").want(t, 200, "Upload-Offset", "1")
		override("GET", "").want(t, 405)
		override("DELETE", "").want(t, 204)
		override("HEAD", "").want(t, 404)
	})
}

// send makes a raw request whose body is cut after n bytes, and waits until
// the server has let go of the upload.
func (s *shelf) sendAndCut(addr, at string, offset, length int64, sent []byte) {
	s.t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		s.t.Fatal(err)
	}
	fmt.Fprintf(conn, "PATCH %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nTus-Resumable: 1.0.0\r\nContent-Type: %s\r\nUpload-Offset: %d\r\nContent-Length: %d\r\n\r\n",
		at, s.member, tusBody, offset, length-offset)
	_, _ = conn.Write(sent)
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
	_, _ = io.Copy(io.Discard, conn) // until the server has answered or hung up
	conn.Close()
}

func TestTusSurvivesFiftyCutConnections(t *testing.T) {
	t.Parallel()
	onShelf(t, false, catalog.Options{}, func(s *shelf) {
		srv := s.serve()
		addr := strings.TrimPrefix(srv.URL, "http://")
		rnd := rand.New(rand.NewPCG(3, 4))
		content := make([]byte, 4<<20)
		for i := range content {
			content[i] = byte(rnd.Uint32())
		}
		at := s.begin(len(content), "Upload-Metadata", metadata("filename", "cut.bin"))
		offset := int64(0)
		for range 50 {
			n := min(rnd.Int64N(int64(len(content))/30), int64(len(content))-offset-1)
			s.sendAndCut(addr, at, offset, int64(len(content)), content[offset:offset+n])
			a := s.tus("HEAD", at, "")
			now, err := strconv.ParseInt(a.header.Get("Upload-Offset"), 10, 64)
			if a.status != 200 || err != nil || now != offset+n {
				t.Fatalf("%d: offset %q, want %d", a.status, a.header.Get("Upload-Offset"), offset+n)
			}
			offset = now
		}
		a := s.tus("PATCH", at, string(content[offset:]), "Upload-Offset", strconv.FormatInt(offset, 10))
		a.want(t, 204)
		var f object
		s.ok(200, "GET", "files/"+a.header.Get("Purvey-File-Id"), "", &f)
		sum := sha256.Sum256(content)
		if f["sha256"] != hex.EncodeToString(sum[:]) {
			t.Errorf("digest %v", f["sha256"])
		}
	})
}

func TestTusTakesOneRequestAtATime(t *testing.T) {
	t.Parallel()
	onShelf(t, false, catalog.Options{}, func(s *shelf) {
		srv := s.serve()
		at := s.begin(6)
		body, feed := io.Pipe()
		request := func(body io.Reader) *http.Request {
			r, err := http.NewRequestWithContext(t.Context(), "PATCH", srv.URL+at, body)
			if err != nil {
				t.Fatal(err)
			}
			r.Header = http.Header{"Authorization": {"Bearer " + s.member}, "Tus-Resumable": {"1.0.0"}, "Content-Type": {tusBody}, "Upload-Offset": {"0"}}
			return r
		}
		first := make(chan int, 1)
		go func() {
			res, err := http.DefaultClient.Do(request(body))
			if err != nil {
				first <- 0
				return
			}
			res.Body.Close()
			first <- res.StatusCode
		}()
		if _, err := feed.Write([]byte("abc")); err != nil {
			t.Fatal(err)
		}
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for s.tus("HEAD", at, "").header.Get("Upload-Offset") != "3" { // then the first holds the upload
			<-tick.C
		}
		s.tus("PATCH", at, "xyz", "Upload-Offset", "3").want(t, http.StatusLocked, "Tus-Resumable", "1.0.0")
		s.tus("DELETE", at, "").want(t, http.StatusLocked)
		if _, err := feed.Write([]byte("def")); err != nil {
			t.Fatal(err)
		}
		feed.Close()
		if got := <-first; got != 204 {
			t.Errorf("first request: %d", got)
		}
		s.tus("HEAD", at, "").want(t, 200, "Upload-Offset", "6")
	})
}

func TestTusMemoryStaysFlat(t *testing.T) {
	// Alone, since it measures the memory of the whole process.
	onShelf(t, false, catalog.Options{}, func(s *shelf) {
		const size = 300 << 20
		at := s.begin(size)
		m := &meter{body: io.LimitReader(zeros{}, size)}
		m.look()
		base := m.most
		r, err := http.NewRequestWithContext(t.Context(), "PATCH", s.serve().URL+at, m)
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = size
		r.Header = http.Header{"Authorization": {"Bearer " + s.member}, "Tus-Resumable": {"1.0.0"}, "Content-Type": {tusBody}, "Upload-Offset": {"0"}}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != 204 || res.Header.Get("Purvey-File-Id") == "" || m.most-base > 32<<20 {
			t.Errorf("%d; the heap grew by %d bytes", res.StatusCode, m.most-base)
		}
	})
}
