package delivery

import (
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/keyring"
)

func newTestCopy(size int64) *openCopy {
	return &openCopy{d: purvey.Download{Size: size, LastAt: time.Unix(1000, 0)}, flights: map[*flight]struct{}{}, synced: time.Now()}
}

// TestReservedBytesAreOnTheirWay follows a transfer whose last bytes are lost.
func TestReservedBytesAreOnTheirWay(t *testing.T) {
	t.Parallel()
	now := time.Unix(2000, 0)
	oc := newTestCopy(1000)
	f := oc.fly(0)
	if n := f.reserve(1000); n != 1000 {
		t.Fatal(n)
	}
	// While its last bytes may be arriving, the copy is taken for complete.
	if d := oc.now(now); d.CompletedAt.IsZero() || d.Takes(now, 0) || !d.Takes(now, 1) {
		t.Fatalf("%+v", d)
	}
	f.sent(1000, 900)
	if d := oc.now(now); !d.CompletedAt.IsZero() || d.Sent != 900 {
		t.Fatalf("%+v", d)
	}
	f.land(now, 200)
	if oc.d.Sent != 700 || oc.pending != 700 || oc.d.Covered.Bytes() != 700 || !oc.d.CompletedAt.IsZero() {
		t.Fatalf("%+v", oc.d)
	}
	f = oc.fly(700)
	f.sent(300, f.reserve(300))
	f.land(now, 0)
	if oc.d.CompletedAt != now || oc.d.Sent != 1000 {
		t.Fatalf("%+v", oc.d)
	}
	// What is left of the budget is what can be reserved.
	f = oc.fly(1)
	if n := f.reserve(5000); n != 1000 {
		t.Fatal(n)
	}
	if n := f.reserve(1); n != 0 {
		t.Fatal(n)
	}
	f.land(now, 5000) // more than it ever sent cannot be lost
	if oc.d.Sent != 1000 {
		t.Fatalf("%+v", oc.d)
	}
}

// TestHarvestLeavesWhatMayBeLost writes no byte down as delivered that may
// still lie in a connection.
func TestHarvestLeavesWhatMayBeLost(t *testing.T) {
	t.Parallel()
	now := time.Unix(2000, 0)
	oc := newTestCopy(100 << 20)
	oc.dirty = true
	f := oc.fly(0)
	f.sent(10<<20, f.reserve(10<<20))
	if _, ok := oc.harvest(now, ended); ok {
		t.Fatal("a copy in flight is not for the quick flush")
	}
	u, ok := oc.harvest(now, everything)
	if !ok || u.sent != 10<<20 || u.covered.Bytes() != 10<<20-slack || u.last != now {
		t.Fatalf("%+v", u)
	}
	u.unwind() // the database did not take it
	f.land(now, 1<<20)
	u, ok = oc.harvest(now, ended)
	if !ok || u.sent != 9<<20 || u.covered.Bytes() != 9<<20 {
		t.Fatalf("%+v", u)
	}
	oc.written(purvey.Download{Sent: 20 << 20, Covered: purvey.Ranges{{From: 50 << 20, To: 61 << 20}}})
	if oc.d.Sent != 20<<20 || oc.d.Covered.Bytes() != 20<<20 || oc.pending != 0 {
		t.Fatalf("%+v", oc.d)
	}
	if _, ok := oc.harvest(now, everything); ok {
		t.Fatal("nothing waits")
	}
}

func TestCoverageIsBounded(t *testing.T) {
	t.Parallel()
	var rs purvey.Ranges
	for i := range int64(5000) {
		rs = cover(rs, 2*i, 2*i+1)
	}
	if len(rs) != maxRuns {
		t.Fatalf("%d runs are remembered", len(rs))
	}
	if rs = cover(rs, 0, 100_000); len(rs) != 1 || rs.Bytes() != 100_000 {
		t.Fatalf("%d runs of %d bytes", len(rs), rs.Bytes())
	}
}

func FuzzOpenGrant(f *testing.F) {
	s := &Service{keys: keyring.Open(make([]byte, keyring.RootSize))}
	for _, g := range []grant{
		{kind: grantLine, holder: "66b0f3a7c9d2e41f5a6b7c8d", epoch: 3, file: "66b0f3a7c9d2e41f5a6b7c8e", version: "66b0f3a7c9d2e41f5a6b7c8f", expires: time.Unix(1_800_000_000, 0)},
		{kind: grantLink, holder: "66b0f3a7c9d2e41f5a6b7c8d", file: "66b0f3a7c9d2e41f5a6b7c8e", expires: time.Unix(1_800_000_000, 0)},
		{kind: grantOrderZip, holder: "66b0f3a7c9d2e41f5a6b7c8d", members: []byte("12345678\xff"), expires: time.Unix(1_800_000_000, 0)},
	} {
		token := s.grantToken(g)
		back, err := s.openGrant(token)
		if err != nil || back.kind != g.kind || back.holder != g.holder || back.epoch != g.epoch || back.file != g.file || back.version != g.version ||
			string(back.members) != string(g.members) || !back.expires.Equal(g.expires) {
			f.Fatalf("%+v: %+v %v", g, back, err)
		}
		f.Add([]byte(token))
		for i := range token {
			other := []byte(token)
			other[i] ^= 1
			if _, err := s.openGrant(string(other)); err == nil {
				f.Fatalf("%s opens as %s", other, token)
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		// What is signed is ours, but a later form may be read by an older server.
		if _, err := s.openGrant(s.keys.Token(purposeGrant, b)); err == nil && len(b) < idSize {
			t.Fatalf("%x was taken", b)
		}
		if _, _, err := s.openPageToken(s.keys.Token(purposePage, b)); err == nil && len(b) < idSize {
			t.Fatalf("%x was taken", b)
		}
	})
}

func TestLinkSecret(t *testing.T) {
	t.Parallel()
	s := &Service{keys: keyring.Open(make([]byte, keyring.RootSize))}
	const id = "66b0f3a7c9d2e41f5a6b7c8d"
	secret := s.linkSecret(id)
	if secret[14] != '4' || !strings.ContainsRune("89ab", rune(secret[19])) || len(secret) != 36 {
		t.Fatal(secret)
	}
	if !s.validLink(id, secret) || !s.validLink(id, strings.ToUpper(secret)) {
		t.Fatal("its own secret opens it not")
	}
	for _, other := range []string{"", secret[:35], secret + "0", s.linkSecret("66b0f3a7c9d2e41f5a6b7c8e"), "{" + secret + "}", "urn:uuid:" + secret} {
		if s.validLink(id, other) {
			t.Errorf("%q opens it", other)
		}
	}
	if s.validLink("x", s.linkSecret("x")) {
		t.Error("what is no id is no link")
	}
}

func TestPathName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"a b.pdf": "a-b.pdf", "..": "file", "": "file", ".htaccess": "htaccess", "Größe?.wav": "Gr--e-.wav", "a/../b": "a-..-b"} {
		if got := pathName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestContentType(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"application/pdf": "application/pdf", "text/plain; charset=utf-8": "text/plain; charset=utf-8", "": "application/octet-stream",
		"nonsense": "application/octet-stream", "a/b\r\nX: y": "application/octet-stream", "text/html;": "text/html;",
	} {
		if got := ContentType(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
