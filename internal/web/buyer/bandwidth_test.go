package buyer_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/delivery"
	"purvey/internal/store"
)

// budget sets the shop's budget of bandwidth, in GB; 0 is none.
func (w *world) budget(gb int, stop bool) {
	w.t.Helper()
	s := &w.shop.Settings
	s.Policies.BandwidthGB, s.Policies.BandwidthStop = nil, stop
	if gb > 0 {
		s.Policies.BandwidthGB = &gb
	}
	w.tx(func(tx *store.Tx) error {
		return tx.UpdateShop(context.Background(), &w.shop, nil, "")
	})
}

// send notes bytes as sent by copies of a mode that are of no order.
func (w *world) send(mode purvey.Mode, bytes int64) {
	w.t.Helper()
	now := w.db.Now()
	w.tx(func(tx *store.Tx) error {
		return tx.InsertDownload(context.Background(), "m", &purvey.Download{
			ShopID: w.shop.ID, Mode: mode, Via: purvey.ViaMint, MintID: "m", FileID: "f", FileName: "f", Number: 1, Size: bytes, Sent: bytes,
			CreatedAt: now, LastAt: now, CompletedAt: now,
		})
	})
}

// A shop that has spent its budget, and wants no new copies then, begins none:
// from the very byte on, for files, archives, links and the viewer, with a page
// that says why. What has begun may be finished; another month, a higher budget
// or another wish opens it again.
func TestBandwidthStop(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		const gb = purvey.GB
		small, large := w.file("kit.bin", content(1000)), w.file("loops.bin", content(4<<20))
		pdf := w.file("book.mp3", content(500))
		p := w.product(0, small, large, pdf)
		o, other := w.order(p), w.order(p)
		begun := content(4 << 20)
		fresh := func() { w.clock.Advance(time.Minute) } // what was summed is not believed any more
		w.budget(1, true)
		w.send(purvey.Sandbox, 5*gb) // is no matter
		fresh()

		w.wantBytes(w.get(w.page(o)+"/files/"+large.ID, "Range", "bytes=0-99"), 206, begun[:100])
		w.settled(o, func(got []purvey.Download) bool { return len(got) == 1 && got[0].Sent == 100 })
		w.send(purvey.Live, gb-100-1)
		fresh()
		w.wantBytes(w.get(w.page(o)+"/files/"+small.ID, "Range", "bytes=0-0"), 206, content(1000)[:1]) // the last byte
		w.settled(o, func(got []purvey.Download) bool { return len(got) == 2 && got[1].Sent == 1 })
		w.wantBytes(w.get(w.page(other)+"/files/"+small.ID), 200, content(1000)) // believed for a minute
		fresh()

		path := w.page(other) + "/files/"
		for lang, want := range map[string]string{
			"en": "Downloads rest for now", "es": "Las descargas están en pausa", "pt": "Os downloads estão em pausa", "de": "Downloads ruhen zurzeit",
			"fr": "Les téléchargements sont en pause",
		} {
			a := w.browse(path+large.ID, "Accept-Language", lang)
			w.want(a, 403)
			if !strings.Contains(string(a.body), want) || !strings.Contains(string(a.body), "Casa Núñez") {
				t.Errorf("%s: %s", lang, a.body)
			}
		}
		for _, what := range []string{path + large.ID, w.page(other) + "/zip"} {
			a, _ := w.press(what, nil)
			w.want(a, 403)
			w.want(w.get(what), 403)
			w.want(w.do("HEAD", what), 403)
		}
		w.want(w.browse(w.page(other)), 200)
		a, _ := w.press(path+pdf.ID+"/view", nil)
		if a.StatusCode < 400 {
			t.Errorf("the viewer opens: %d", a.StatusCode)
		}
		r, err := w.db.Right(t.Context(), other.Lines[0].ID)
		w.must(err)
		view, err := w.delivery.ViewURL(t.Context(), r, time.Hour)
		w.must(err)
		token := view[strings.LastIndex(view, "/")+1:]
		if _, err := w.delivery.View(t.Context(), token); purvey.ReasonOf(err) != purvey.ReasonBandwidth {
			t.Errorf("the viewer's page: %v", err)
		}

		// What has begun goes on, and ends.
		w.wantBytes(w.get(w.page(o)+"/files/"+large.ID, "Range", "bytes=100-"), 206, begun[100:])
		w.wantBytes(w.get(w.page(o)+"/files/"+small.ID, "Range", "bytes=1-"), 206, content(1000)[1:])
		if got := w.copies(o); len(got) != 2 {
			t.Errorf("%d copies", len(got))
		}
		fresh()
		w.clock.Advance(2 * time.Hour) // past what a complete copy can still be resumed by
		w.want(w.get(w.page(o)+"/files/"+small.ID), 403)

		w.budget(1, false)
		w.want(w.get(path+small.ID), 200)
		w.budget(2, true)
		w.want(w.get(path+large.ID), 200) // at once
		w.budget(1, true)
		w.clock.Advance(2 * time.Hour)
		w.want(w.get(path+large.ID), 403)
		w.clock.Advance(purvey.BandwidthWindow)
		w.want(w.get(path+large.ID), 200)
	})
}

// An archive that was begun is sent wholly, though the budget is spent on its
// way.
func TestBandwidthStopLetsAnArchiveEnd(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := w.product(0, w.file("a.bin", content(1000)), w.file("b.bin", content(2000)))
		o := w.order(p)
		w.budget(1, true)
		whole := w.get(w.page(o) + "/zip")
		w.want(whole, 200)
		second := w.order(p)
		a, to := w.press(w.page(second)+"/zip", nil)
		w.want(a, 303)
		w.wantBytes(w.get(to, "Range", "bytes=0-99"), 206, whole.body[:100]) // of the first file alone
		w.settled(second, func(got []purvey.Download) bool { return len(got) == 1 })
		w.send(purvey.Live, purvey.GB)
		w.clock.Advance(time.Minute)
		rest := w.get(to, "Range", "bytes=100-")
		w.want(rest, 206)
		if len(rest.body) != len(whole.body)-100 {
			t.Errorf("%d bytes, want %d", len(rest.body), len(whole.body)-100)
		}
		third := w.order(p)
		w.want(w.get(w.page(third)+"/zip"), 403)
	})
}

// The shop is mailed once at each level, by whichever node comes first, and
// again only after what was sent fell below it.
func TestBandwidthWarnings(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		const gb = purvey.GB
		mails := func(want ...string) {
			t.Helper()
			nodes := []*delivery.Service{w.delivery, delivery.New(w.db, w.bucket, w.keys, delivery.Options{Mail: true})}
			for range 2 {
				for _, d := range nodes {
					w.must(d.CheckBandwidth(t.Context()))
				}
			}
			page, err := w.db.Messages(t.Context(), w.scope, store.MessageFilter{}, purvey.Page{Limit: 100, Sort: purvey.SortOldest})
			w.must(err)
			var got []string
			for _, m := range page.Items {
				if m.Kind != purvey.MailOwnerWarning || !strings.Contains(m.Data.Body, " GB of the budget of 1 GB were sent in the last 30 days.") {
					t.Errorf("%+v", m)
				}
				got = append(got, m.Data.Subject)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("mails %q, want %q", got, want)
			}
		}
		w.send(purvey.Live, gb*8/10-1)
		w.clock.Advance(time.Second)
		mails() // there is no budget
		w.budget(1, true)
		mails()
		w.send(purvey.Live, 1)
		w.clock.Advance(time.Second)
		mails("80 % of the bandwidth budget are used")
		w.clock.Advance(24 * time.Hour)
		w.send(purvey.Live, gb*2/10-1)
		w.clock.Advance(time.Second)
		mails("80 % of the bandwidth budget are used")
		w.send(purvey.Live, 1)
		w.clock.Advance(time.Second)
		both := []string{"80 % of the bandwidth budget are used", "The bandwidth budget is used up"}
		mails(both...)
		w.clock.Advance(purvey.BandwidthWindow - 24*time.Hour) // the first four fifths are past
		mails(both...)
		w.send(purvey.Live, gb*6/10)
		w.clock.Advance(time.Second)
		mails(append(both, "80 % of the bandwidth budget are used")...)
		w.budget(0, true)
		mails(append(both, "80 % of the bandwidth budget are used")...)
		w.budget(1, false)
		mails(append(both, "80 % of the bandwidth budget are used", "80 % of the bandwidth budget are used")...)
	})
}
