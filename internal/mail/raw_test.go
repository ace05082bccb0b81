package mail_test

import (
	"bytes"
	"context"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"

	"purvey"
	"purvey/internal/mail"
	"purvey/internal/store/storetest"
)

// What leaves is a message that every client reads: text and HTML as
// alternatives, in lines of at most 76 characters, with the headers that
// machines look for, and HTML without scripts, forms or pictures but the logo.
func TestTheRawMessage(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := storetest.Open(t, storetest.Options(t, "sqlite"), nil)
	back, url := startServer(t)
	to, err := mail.NewSMTP(url, "Purvey <purvey@shop.example>")
	if err != nil {
		t.Fatal(err)
	}
	s, err := mail.New(db, to, quiet())
	if err != nil {
		t.Fatal(err)
	}
	for _, locale := range mail.Locales() {
		for _, kind := range []purvey.MessageKind{purvey.MailDelivery, purvey.MailFilesUpdated, purvey.MailLoginCode, purvey.MailDownloadsGranted} {
			m := delivery()
			m.Kind, m.Locale, m.Data.Code, m.Data.Minutes = kind, locale, "123456", 10
			m.Data.ShopName, m.Data.LogoURL, m.Data.Support = "Łódź & 東京 Ausgesprochen Lange Namen Handelsgesellschaft "+strings.Repeat("x", 120), "https://cdn.example/logo.png", "help@casa.example"
			m.Data.Name, m.Data.Notes = "محمد العربي", "One\r\ntwo <b>\n\nthree"
			for range 40 {
				m.Data.Lines = append(m.Data.Lines, purvey.MessageLine{Product: strings.Repeat("Ein sehr langer Titel ", 8), Quantity: 3, Keys: []string{strings.Repeat("K", 120), "B", "C"}})
			}
			if err := s.Send(ctx, put(t, db, m)); err != nil {
				t.Fatal(err)
			}
			raw := back.messages()[len(back.messages())-1]
			for line := range strings.SplitSeq(raw, "\r\n") {
				if len(line) > 76 && !strings.HasPrefix(line, "Message-ID") && !strings.Contains(line, "boundary=") {
					t.Errorf("%s in %s has a line of %d: %s", kind, locale, len(line), line)
				}
				if strings.ContainsAny(line, "\r\n") || strings.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
					t.Errorf("%s in %s: %q", kind, locale, line)
				}
			}
			message, err := netmail.ReadMessage(strings.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			h := message.Header
			if _, err := h.Date(); err != nil {
				t.Error(err)
			}
			if h.Get("Message-Id") == "" || h.Get("Auto-Submitted") != "auto-generated" || h.Get("Mime-Version") != "1.0" {
				t.Errorf("%v", h)
			}
			if got, want := h.Get("List-Unsubscribe") != "", kind == purvey.MailFilesUpdated; got != want {
				t.Errorf("%s: List-Unsubscribe %q", kind, h.Get("List-Unsubscribe"))
			}
			kindOf, params, err := mime.ParseMediaType(h.Get("Content-Type"))
			if err != nil || kindOf != "multipart/alternative" {
				t.Fatal(kindOf, err)
			}
			var types, bodies []string
			for parts := multipart.NewReader(message.Body, params["boundary"]); ; {
				p, err := parts.NextRawPart()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				var text bytes.Buffer
				if _, err := io.Copy(&text, quotedprintable.NewReader(p)); err != nil {
					t.Fatal(err)
				}
				types, bodies = append(types, strings.ToLower(p.Header.Get("Content-Type"))), append(bodies, strings.ReplaceAll(text.String(), "\r\n", "\n"))
			}
			if !slices.Equal(types, []string{"text/plain; charset=utf-8", "text/html; charset=utf-8"}) {
				t.Fatal(types)
			}
			if bad := regexp.MustCompile(`(?i)<script|<form|<link|@import|url\(| on\w+=|white-space`).FindString(bodies[1]); bad != "" {
				t.Errorf("%s: the HTML has %s", kind, bad)
			}
			if images := regexp.MustCompile(`<img[^>]*>`).FindAllString(bodies[1], -1); len(images) != 1 || !strings.Contains(images[0], ` alt="`) || !strings.Contains(images[0], "logo.png") {
				t.Errorf("%s: pictures %q", kind, images)
			}
			if !strings.Contains(bodies[1], `width="580"`) || len(bodies[1]) > 90_000 {
				t.Errorf("%s: %d bytes of HTML", kind, len(bodies[1]))
			}
			if kind == purvey.MailFilesUpdated && (!strings.Contains(bodies[1], "One<br>\ntwo &lt;b&gt;<br>") || !strings.Contains(bodies[0], "One\ntwo <b>\n\nthree")) {
				t.Errorf("the notes: %s", bodies[1])
			}
		}
	}
}
