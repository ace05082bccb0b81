package mail_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey"
	"purvey/internal/browsertest"
	"purvey/internal/mail"
	"purvey/internal/store/storetest"
)

// Every mail in every language fits a narrow phone and a wide window, can be
// read in light and dark, in colours a shop may choose, and asks no host but
// for the shop's logo.
func TestMailsInABrowser(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.Options(t, "sqlite"), nil)
	s, err := mail.New(db, nil, quiet())
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	html := map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, html[r.URL.Path])
	}))
	t.Cleanup(server.Close)
	b := browsertest.New(t)
	kinds := []purvey.MessageKind{
		purvey.MailDelivery, purvey.MailKeyFollows, purvey.MailFilesUpdated, purvey.MailLoginCode, purvey.MailOwnerWarning, purvey.MailDownloadRequest,
		purvey.MailDownloadsGranted, purvey.MailDownloadsDeclined, purvey.MailTest, purvey.MailPasswordReset, purvey.MailInvitation,
	}
	for i, kind := range kinds {
		for j, locale := range mail.Locales() {
			m := delivery()
			m.Kind, m.Locale, m.State = kind, locale, purvey.MessageKept
			d := &m.Data
			d.ShopName, d.Code, d.Minutes, d.Subject, d.Body = "Casa Núñez", "123456", 10, "An endpoint fails", "It has failed for three days.\n\nLook at it."
			d.PageURL += strings.Repeat("a", 80)
			d.Lines[0].Keys = append(d.Lines[0].Keys, strings.Repeat("KEY0", 20))
			d.Notes, d.Customer, d.Support, d.SupportURL = "A line\nand another", "a.customer.with.a.long.address@mail.example.com", "help@casa.example", "https://help.example"
			d.Copies, d.Until, d.Accent = 3, time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC), []string{"#7c3aed", "#facc15", "#0f766e"}[(i+j)%3]
			got, err := s.Message(context.Background(), purvey.Scope{ShopID: "s", Mode: purvey.Live}, put(t, db, m))
			if err != nil {
				t.Fatal(err)
			}
			path := fmt.Sprintf("/%s/%s", kind, locale)
			mu.Lock()
			html[path] = got.HTML
			mu.Unlock()
			if len(got.HTML) > 20_000 {
				t.Errorf("%s has %d bytes", path, len(got.HTML))
			}
			width, scheme := []int{320, 640}[(i+j)%2], []string{"light", "dark"}[j%2]
			b.Scheme(scheme)
			b.Open(server.URL+path, width, 800, width == 320)
			if b.Wide() {
				t.Errorf("%s runs over the edge at %d px", path, width)
			}
			if bad := b.HardToRead(); bad != "" {
				t.Errorf("%s, %s: hard to read: %s", path, scheme, bad)
			}
			b.Shot(fmt.Sprintf("mail-%s-%s-%s-%d", kind, locale, scheme, width))
		}
	}
	b.Quiet(server.URL)
}
