package bigdd

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"purvey"
)

type linkSeen struct {
	ID, URL          string
	Files            []struct{ ID, Name string }
	UseDownloadLimit bool    `json:"use_download_limit"`
	DownloadLimit    int     `json:"download_limit"`
	UseStamping      bool    `json:"use_stamping"`
	StampingText     *string `json:"stamping_text"`
	ExpiresAt        *string `json:"expires_at"`
	CreatedAt        string  `json:"created_at"`
}

func (d *desk) link(body string) linkSeen {
	d.t.Helper()
	var k linkSeen
	d.ok(201, "POST", "download-links", body, &k)
	return k
}

func (k linkSeen) path() string { return strings.TrimPrefix(k.URL, "http://shop.example") }

// BDD-19
func TestBDD19_CreateDownloadLink(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		a, b := d.store("a.txt", "first"), d.store("b.txt", "second")
		k := d.link(fmt.Sprintf(`{"file_ids":[%q,%q,%q]}`, b, a, b))
		form := regexp.MustCompile(`^http://shop\.example/link/` + k.ID + `/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
		if !form.MatchString(k.URL) || len(k.Files) != 2 || k.Files[0].ID != b || k.Files[1].Name != "a.txt" {
			t.Fatalf("%+v", k)
		}
		if k.UseDownloadLimit || k.DownloadLimit != 0 || k.UseStamping || k.StampingText != nil || k.ExpiresAt != nil || k.CreatedAt == "" {
			t.Fatalf("defaults: %+v", k)
		}
		if status, body := d.fetch(k.path() + "/files/" + a); status != 200 || body != "first" {
			t.Fatalf("%d %q", status, body)
		}
		k = d.link(fmt.Sprintf(`{"file_ids":[%q],"use_download_limit":true,"download_limit":3,"use_stamping":true,"stamping_text":"Für: Ana","expires_at":"2026-03-01"}`, a))
		if !k.UseDownloadLimit || k.DownloadLimit != 3 || !k.UseStamping || *k.StampingText != "Für: Ana" || *k.ExpiresAt != "2026-03-01T00:00:00.000Z" {
			t.Fatalf("%+v", k)
		}

		many := make([]string, purvey.MaxLinkFiles+1)
		for i := range many {
			many[i] = a
		}
		long, err := json.Marshal(many)
		if err != nil {
			t.Fatal(err)
		}
		for body, field := range map[string]string{
			`{}`:                                "file_ids",
			`{"file_ids":[]}`:                   "file_ids",
			`{"file_ids":` + string(long) + `}`: "file_ids",
			`{"file_ids":["` + a + `"],"download_limit":-1}`:                                                    "download_limit",
			`{"file_ids":["` + a + `"],"download_limit":1000001}`:                                               "download_limit",
			`{"file_ids":["` + a + `"],"use_stamping":true}`:                                                    "stamping_text",
			`{"file_ids":["` + a + `"],"use_stamping":true,"stamping_text":"` + strings.Repeat("ü", 501) + `"}`: "stamping_text",
			`{"file_ids":["` + a + `"],"expires_at":"soon"}`:                                                    "expires_at",
			`{"file_ids":["` + a + `"],"use_download_limit":"yes"}`:                                             "use_download_limit",
			`{"file_ids":"` + a + `"}`:                                                                          "file_ids",
		} {
			d.field("POST", "download-links", body, field)
		}
		d.link(`{"file_ids":["` + a + `"],"use_stamping":true,"stamping_text":"` + strings.Repeat("ü", 500) + `"}`)
		d.refused(d.call(d.member, "POST", prefix+"download-links", `{"file_ids":["66b0f3a7c9d2e41f5a6b7c8d"]}`), 404, "not_found")
		d.refused(d.call(d.member, "POST", prefix+"download-links", `{"file_ids":["odd"]}`), 404, "not_found")

		// The same Idempotency-Key gives the same link.
		body := fmt.Sprintf(`{"file_ids":[%q]}`, a)
		one := d.call(d.member, "POST", prefix+"download-links", body, "Idempotency-Key", "k1")
		two := d.call(d.member, "POST", prefix+"download-links", body, "Idempotency-Key", "k1")
		if one.status != 201 || string(one.body) != string(two.body) || two.header.Get("Idempotency-Replayed") != "true" {
			t.Fatalf("%d %s\n%d %s", one.status, one.body, two.status, two.body)
		}
	})
}

func TestDownloadLinksAreListedChangedAndRevoked(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		a, b := d.store("a.txt", "first"), d.store("b.txt", "second")
		var ids []string
		for range 3 {
			ids = append(ids, d.link(fmt.Sprintf(`{"file_ids":[%q],"use_download_limit":true,"download_limit":1}`, a)).ID)
		}
		var listed []linkSeen
		d.ok(200, "GET", "download-links?limit=2", "", &listed)
		if len(listed) != 2 || listed[0].ID != ids[2] || listed[1].URL == "" || listed[0].Files[0].ID != a {
			t.Fatalf("%+v", listed)
		}
		var k linkSeen
		d.ok(200, "GET", "download-links/"+ids[0], "", &k)
		path := k.path()
		for _, want := range []int{200, 403} {
			if status, _ := d.fetch(path + "/files/" + a); status != want {
				t.Fatalf("%d, want %d", status, want)
			}
		}
		if told := d.hooks("download_link.exhausted", ""); len(told) != 1 {
			t.Fatalf("%d times told", len(told))
		}
		d.ok(200, "PATCH", "download-links/"+ids[0], fmt.Sprintf(`{"file_ids":[%q,%q],"download_limit":2}`, a, b), &k)
		if len(k.Files) != 2 || k.DownloadLimit != 2 || k.path() != path || !k.UseDownloadLimit {
			t.Fatalf("%+v", k)
		}
		for _, c := range []struct {
			file string
			want int
		}{{a, 200}, {a, 403}, {b, 200}} {
			if status, _ := d.fetch(path + "/files/" + c.file); status != c.want {
				t.Fatalf("%s: %d, want %d", c.file, status, c.want)
			}
		}
		if told := d.hooks("download_link.exhausted", ""); len(told) != 1 {
			t.Fatalf("told %d times while one file has a copy left", len(told))
		}
		if status, _ := d.fetch(path + "/files/" + b); status != 200 {
			t.Fatal(status)
		}
		if told := d.hooks("download_link.exhausted", ""); len(told) != 2 {
			t.Fatalf("told %d times; the link ended twice", len(told))
		}
		d.field("PATCH", "download-links/"+ids[0], `{"use_download_limit":null}`, "use_download_limit")
		d.ok(200, "PATCH", "download-links/"+ids[0], `{"use_download_limit":false,"expires_at":"2026-02-01T00:00:00Z"}`, &k)
		if status, _ := d.fetch(path); status != 200 {
			t.Fatal(status)
		}
		d.clock.Set(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))
		for _, p := range []string{path, path + "/files/" + a, path + "/zip"} {
			if status, _ := d.fetch(p); status != 403 {
				t.Fatalf("%s after its end: %d", p, status)
			}
		}
		d.ok(200, "PATCH", "download-links/"+ids[0], `{"expires_at":null}`, &k)
		if status, body := d.fetch(path + "/files/" + a); status != 200 || body != "first" {
			t.Fatalf("%d %q", status, body)
		}

		// A file in a link cannot be deleted until the link is.
		d.refused(d.call(d.member, "DELETE", prefix+"files/"+b, ""), 409, "conflict")
		d.ok(200, "DELETE", "download-links/"+ids[0], "", nil)
		d.refused(d.call(d.member, "GET", prefix+"download-links/"+ids[0], ""), 404, "not_found")
		d.refused(d.call(d.member, "DELETE", prefix+"download-links/"+ids[0], ""), 404, "not_found")
		if status, _ := d.fetch(path + "/files/" + a); status != 404 {
			t.Fatalf("a revoked link: %d", status)
		}
		d.ok(200, "DELETE", "files/"+b, "", nil)
	})
}
