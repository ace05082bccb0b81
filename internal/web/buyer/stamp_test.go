package buyer_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey"
	"purvey/internal/catalog"
	"purvey/internal/delivery"
	"purvey/internal/order"
	"purvey/internal/store"
)

// pdf is a small valid one of a page.
func pdf(text string) []byte {
	var b bytes.Buffer
	var at []int
	b.WriteString("%PDF-1.4\n")
	stream := "BT /F1 24 Tf 72 700 Td (" + text + ") Tj ET"
	for i, o := range []string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
		fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(stream), stream), "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
	} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := b.Len()
	b.WriteString("xref\n0 6\n0000000000 65535 f \n")
	for _, a := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", a)
	}
	fmt.Fprintf(&b, "trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", xref)
	return b.Bytes()
}

func (w *world) settings(change func(s *purvey.Settings)) {
	w.t.Helper()
	change(&w.shop.Settings)
	w.tx(func(tx *store.Tx) error { return tx.UpdateShop(context.Background(), &w.shop, nil, "") })
}

func TestStampedForTheBuyer(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		original := pdf("Score")
		score, audio := w.file("Score.pdf", original), w.file("part.mp3", content(3000))
		p := w.productOf(catalog.Change{
			FileIDs: catalog.Set([]string{score.ID, audio.ID}), Stamping: catalog.Set(true), StampText: catalog.Set("{name} · {email} · {order} · {date}"),
			MaxDownloads: catalog.Set(new(int)),
		})
		ana := w.place(order.Request{Customer: purvey.Customer{Email: "ana@example.org", Firstname: "Ana"}}, p)
		ben := w.place(order.Request{Customer: purvey.Customer{Email: "ben@example.org"}}, p)
		path := w.page(ana) + "/files/"
		first := w.get(path + score.ID)
		w.want(first, 200)
		if len(first.body) <= len(original) || !bytes.HasPrefix(first.body, original) || first.Header.Get("Last-Modified") != "" {
			t.Fatalf("%d bytes of %d", len(first.body), len(original))
		}
		again := w.get(path+score.ID, "Range", "bytes=100-", "If-Range", first.Header.Get("ETag"))
		w.wantBytes(again, 206, first.body[100:])
		other := w.get(w.page(ben) + "/files/" + score.ID)
		w.want(other, 200)
		if bytes.Equal(other.body, first.body) {
			t.Fatal("two buyers got the same")
		}
		w.wantBytes(w.get(path+audio.ID), 200, content(3000))
		names, got := w.unzip(w.get(w.page(ana) + "/zip").body)
		if len(names) != 2 || !bytes.Equal(got["Score.pdf"], first.body) {
			t.Fatal(names)
		}
		// What was swept from the storage is made again, the same.
		digest := strings.Trim(first.Header.Get("ETag"), `"`)
		w.must(w.bucket.Delete(context.Background(), digest))
		w.wantBytes(w.get(path+score.ID), 200, first.body)
		w.wantText(w.browse(w.page(ana)), 200, "Score.pdf")
	})
}

func TestStampedOnceForManyAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	score := w.file("Score.pdf", pdf("Score"))
	p := w.productOf(catalog.Change{FileIDs: catalog.Set([]string{score.ID}), Stamping: catalog.Set(true), StampText: catalog.Set("{email}")})
	o := w.order(p)
	var wg sync.WaitGroup
	tags := make([]string, 12)
	for i := range tags {
		wg.Go(func() { tags[i] = w.do("HEAD", w.page(o)+"/files/"+score.ID).Header.Get("ETag") })
	}
	wg.Wait()
	for _, tag := range tags {
		if tag == "" || tag != tags[0] {
			t.Fatal(tags)
		}
	}
	right, err := w.db.Right(context.Background(), o.Lines[0].ID)
	w.must(err)
	w.must(w.delivery.Personalise(context.Background(), right, score))
}

// BDD-37
func TestBDD37_StampedLink(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx, yes, text := context.Background(), true, "For: Ana Núñez {date}"
		original := pdf("Press copy")
		a, b := w.file("press.pdf", original), w.file("cover.png", content(500))
		k, err := w.delivery.CreateLink(ctx, w.scope, delivery.LinkChange{FileIDs: &[]string{a.ID, b.ID}, Stamp: &yes, StampText: &text})
		w.must(err)
		path := strings.TrimPrefix(w.delivery.LinkURL(k), "http://shop.example") + "/files/"
		got := w.get(path + a.ID)
		w.want(got, 200)
		if !bytes.HasPrefix(got.body, original) || len(got.body) == len(original) {
			t.Fatal("the PDF was not stamped")
		}
		w.clock.Advance(48 * time.Hour) // the date is that of the link
		w.wantBytes(w.get(path+a.ID), 200, got.body)
		w.wantBytes(w.get(path+b.ID), 200, content(500))
	})
}

// BDD-37: whatever the text holds, and if its fields say nothing on a link, the
// copy is stamped with something.
func TestBDD37_OddStampTexts(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx, yes, original := context.Background(), true, pdf("Press copy")
		f := w.file("press.pdf", original)
		for _, text := range []string{"For:\tAna", "a\x07b", "a\rb", "a\u2028b", "\x07", "{email}", "{name} - {order}", "{date}", "Nguyễn"} {
			k, err := w.delivery.CreateLink(ctx, w.scope, delivery.LinkChange{FileIDs: &[]string{f.ID}, Stamp: &yes, StampText: &text})
			w.must(err)
			got := w.get(strings.TrimPrefix(w.delivery.LinkURL(k), "http://shop.example") + "/files/" + f.ID)
			if w.want(got, 200); !bytes.HasPrefix(got.body, original) || len(got.body) == len(original) {
				t.Errorf("%q: not stamped", text)
			}
		}
	})
}

func TestFileThatCannotBeStamped(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := context.Background()
		w.tx(func(tx *store.Tx) error {
			m := store.Member{Email: "owner@example.org", Name: "Owner", State: "active"}
			if _, err := tx.InsertMember(ctx, &m); err != nil {
				return err
			}
			return tx.JoinShop(ctx, m.ID, w.shop.ID, purvey.Admin)
		})
		broken := append([]byte("%PDF-1.4\n"), content(5000)...)
		f, g := w.file("broken.pdf", broken), w.file("good.mp3", content(100))
		p := w.productOf(catalog.Change{FileIDs: catalog.Set([]string{f.ID, g.ID}), Stamping: catalog.Set(true), StampText: catalog.Set("{email}")})
		o := w.order(p)
		path := w.page(o) + "/files/" + f.ID
		for range 2 {
			w.want(w.get(path), 403)
		}
		page, _ := w.press(path, nil)
		w.wantText(page, 403, "This file cannot be given out now", "ask it for the file")
		names, _ := w.unzip(w.get(w.page(o) + "/zip").body)
		if strings.Join(names, "|") != "good.mp3|Left out.txt" {
			t.Fatal(names)
		}
		warnings, err := w.db.Messages(ctx, w.scope, store.MessageFilter{Kind: string(purvey.MailOwnerWarning)}, purvey.Page{Limit: 10})
		w.must(err)
		if len(warnings.Items) != 1 || warnings.Items[0].To != "owner@example.org" || !strings.Contains(warnings.Items[0].Data.Subject, "broken.pdf") {
			t.Fatalf("%+v", warnings.Items)
		}
		if n := len(w.copies(o)); n != 1 { // the one of good.mp3
			t.Fatalf("%d copies", n)
		}
		w.settings(func(s *purvey.Settings) { s.Policies.StampFailure = "serve" })
		w.wantBytes(w.get(path), 200, broken)
	})
}
