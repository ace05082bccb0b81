package bigdd

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"purvey"
	"purvey/internal/order"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// A line that could not be made ready says why, is tried again by a call, and
// is given then; once it is, there is nothing to try.
func TestAFailedLineIsTriedAgain(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		scope := purvey.Scope{ShopID: d.shop.ID, Mode: purvey.Live}
		file := d.store("drums.wav", "RIFF")
		place := func(risk purvey.Risk) (purvey.Order, string) {
			o, err := d.backend.Orders.Place(t.Context(), scope, order.Request{
				Customer: purvey.Customer{Email: "ana@example.org"}, Risk: risk,
				Lines: []order.LineRequest{{ProductID: d.product("Drums", `"file_ids":["`+file+`"]`), Quantity: 1, Fulfil: true}},
			})
			if err != nil {
				t.Fatal(err)
			}
			return o, prefix + "orders/" + o.ID + "/lines/" + o.Lines[0].ID + "/retry"
		}
		type line struct {
			Status string
			Rights struct{ Failure *string }
		}
		read := func(id string) line {
			var o struct{ Lines []line }
			d.ok(200, "GET", "orders/"+id+"?include=rights", "", &o)
			return o.Lines[0]
		}
		fulfil := func(s *order.Service, id string, attempt int) {
			if err := s.Fulfil(t.Context(), purvey.Job{Kind: purvey.JobFulfil, Key: id, Attempt: attempt}); err != nil {
				t.Fatal(err)
			}
		}
		failing := order.New(d.db, order.Options{FileReady: func(context.Context, string) error { return purvey.Missing("file") }})

		o, retry := place("")
		fulfil(failing, o.Lines[0].ID, 3)
		if l := read(o.ID); l.Status != "failed" || l.Rights.Failure == nil || *l.Rights.Failure == "" {
			t.Fatalf("%+v", l)
		}
		for token, status := range map[string]int{d.sandbox: 404, "": 401} {
			if a := d.call(token, "POST", retry, ``); a.status != status {
				t.Errorf("%d %s, want %d", a.status, a.body, status)
			}
		}
		for range 2 { // while it waits it may be asked for again
			if a := d.call(d.member, "POST", retry, ``); a.status != 200 {
				t.Fatalf("%d %s", a.status, a.body)
			}
			if l := read(o.ID); l.Status != "processing" || l.Rights.Failure != nil {
				t.Fatalf("%+v", l)
			}
		}
		for range 2 { // so the job may run twice
			fulfil(d.backend.Orders, o.Lines[0].ID, 1)
		}
		if l := read(o.ID); l.Status != "active" {
			t.Fatalf("%+v", l)
		}
		if status, _ := d.fetch(d.page(orderSeen{DownloadURL: d.backend.Orders.PageURL(d.shop, o)}) + "/files/" + file); status != 200 {
			t.Errorf("the file of the line: %d", status)
		}
		if n := d.mails(o.ID, "delivery"); n != 1 {
			t.Errorf("%d mails", n)
		}
		d.refused(d.call(d.member, "POST", retry, ``), 409, "conflict")
		if a := d.call(d.admin, "GET", prefix+"audit-log?action=order.retried&object_id="+o.ID, ``); strings.Count(a.body, `"order.retried"`) != 1 { // the second call changed nothing
			t.Error(a.body)
		}
		d.refused(d.call(d.member, "POST", prefix+"orders/"+o.ID+"/lines/"+o.ID+"/retry", ``), 404, "not_found")

		_, held := place(purvey.RiskHigh)
		d.refused(d.call(d.member, "POST", held, ``), 409, "conflict")
	})
}

// The first page of a PDF comes back stamped as it is asked for, else as the
// shop's policies say; what cannot be stamped says so.
func TestAStampIsPreviewed(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := &shelf{newFrame(t, db), clock}
		booklet, broken, song := s.store("booklet.pdf", pdf("A booklet", "Its second page")), s.store("broken.pdf", "%PDF-1.7"), s.store("song.txt", "la la")
		at := func(id string) string { return prefix + "files/" + id + "/stamp-preview" }
		text := func(body string) string {
			t.Helper()
			a := s.call(s.member, "POST", at(booklet), body)
			if a.status != 200 || a.header.Get("Content-Type") != "application/pdf" || a.header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(a.body, "%PDF-") {
				t.Fatalf("%s: %d %v %.200s", body, a.status, a.header, a.body)
			}
			c := exec.CommandContext(t.Context(), "pdftotext", "-", "-")
			c.Stdin = strings.NewReader(a.body)
			out, err := c.Output()
			if err != nil {
				t.Fatal(err)
			}
			return string(out)
		}
		got := text(`{"text":"For {name}, {order}","position":"top-center","size":12}`)
		if !strings.Contains(got, "For Ada Reader, #1001") || !strings.Contains(got, "A booklet") || strings.Contains(got, "second") || strings.Index(got, "Ada") > strings.Index(got, "booklet") {
			t.Errorf("%q", got)
		}
		if a := s.call(s.admin, "PATCH", prefix+"settings", `{"policies":{"stamp_text":"Property of {email}"}}`); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		for _, body := range []string{``, `{}`, `{"text":""}`} {
			if got := text(body); !strings.Contains(got, "Property of reader@example.com") {
				t.Errorf("%s: %q", body, got)
			}
		}
		for body, field := range map[string]string{`{"position":"middle"}`: "position", `{"size":500}`: "size", `{"size":-1}`: "size"} {
			if a := s.call(s.member, "POST", at(booklet), body); a.status != http.StatusBadRequest || !strings.Contains(a.body, field) {
				t.Errorf("%s: %d %s", body, a.status, a.body)
			}
		}
		for _, body := range []string{`[]`, `{"text":7}`, `{"text":"\u0000"}`, `{`} {
			if a := s.call(s.member, "POST", at(booklet), body); a.status != http.StatusBadRequest {
				t.Errorf("%s: %d %s", body, a.status, a.body)
			}
		}
		s.refused(s.call(s.member, "POST", at(broken), `{}`), 409, "conflict")
		s.refused(s.call(s.member, "POST", at(song), `{}`), 409, "conflict")
		s.refused(s.call(s.member, "POST", at("nothing"), `{}`), 404, "not_found")
		foreign := s.frame.token(s.newShop("foreign"), purvey.Admin, purvey.Live)
		s.refused(s.call(foreign, "POST", at(booklet), `{}`), 404, "not_found")
	})
}

// A test download gives the version that is named, else the active one, and
// leaves no order behind.
func TestADownloadOfAVersionIsTested(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		first, second := d.store("one.txt", "the first"), d.store("two.txt", "the second")
		p := d.product("Manual", `"file_ids":["`+first+`"]`)
		var v struct{ ID string }
		d.ok(201, "POST", "digital-products/"+p+"/versions", `{"version":"2.0.0","file_ids":["`+second+`"],"activate":false}`, &v)
		path := prefix + "digital-products/" + p + "/test-download"
		for body, want := range map[string]string{``: "one.txt", `{}`: "one.txt", `{"version_id":"` + v.ID + `"}`: "two.txt"} {
			a := d.call(d.admin, "POST", path, body)
			var out struct{ Data struct{ URL string } }
			a.into(t, &out)
			if a.status != 201 {
				t.Fatalf("%s: %d %s", body, a.status, a.body)
			}
			if status, page := d.fetch(strings.TrimPrefix(out.Data.URL, "http://shop.example")); status != 200 || !strings.Contains(page, want) {
				t.Errorf("%s: %d %s", body, status, page)
			}
		}
		other := d.product("Another", `"file_ids":["`+first+`"]`)
		d.refused(d.call(d.admin, "POST", prefix+"digital-products/"+other+"/test-download", `{"version_id":"`+v.ID+`"}`), 404, "not_found")
		d.refused(d.call(d.admin, "POST", prefix+"digital-products/nothing/test-download", ``), 404, "not_found")
		d.refused(d.call(d.member, "POST", path, ``), 403, "forbidden")
		if n := len(d.list("orders").Data); n != 0 {
			t.Errorf("%d orders were made", n)
		}
	})
}

// pdf is a small valid one, a page for each text.
func pdf(pages ...string) string {
	var b bytes.Buffer
	var at []int
	object := func(text string) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(at), text)
	}
	b.WriteString("%PDF-1.4\n")
	object("<</Type/Catalog/Pages 2 0 R>>")
	var kids strings.Builder
	for i := range pages {
		fmt.Fprintf(&kids, "%d 0 R ", 4+2*i)
	}
	object(fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", kids.String(), len(pages)))
	object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	for i, text := range pages {
		stream := "BT /F1 24 Tf 72 600 Td (" + text + ") Tj ET"
		object(fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>>>>>", 5+2*i))
		object(fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(stream), stream))
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, a := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", a)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, xref)
	return b.String()
}
