package buyer_test

import (
	"net/url"
	"strings"
	"testing"

	"purvey"
	"purvey/internal/catalog"
)

// What a browser can show may be read, watched or listened to from the page,
// where copies have no limit: who views a file can keep it.
func TestFilesAreViewedFromThePage(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		book, song, odd := w.file("book.pdf", content(10)), w.file("song.mp3", content(10)), w.file("song.aiff", content(10))
		free := w.productOf(catalog.Change{Name: catalog.Set("Free"), FileIDs: catalog.Set([]string{book.ID, song.ID, odd.ID})})
		few := w.product(2, book)
		packed := w.productOf(catalog.Change{Name: catalog.Set("Packed"), FileIDs: catalog.Set([]string{book.ID}), DownloadType: catalog.Set(purvey.DownloadZip)})
		o := w.order(free)
		page := w.browse(w.page(o))
		w.wantText(page, 200, `aria-label="Read: book.pdf"`, `aria-label="Listen: song.mp3"`, `aria-label="Download: song.aiff"`)
		w.wantNot(page, "Listen: song.aiff")
		for range 2 {
			a, to := w.press(w.page(o)+"/files/"+book.ID+"/view", url.Values{"line": {o.Lines[0].ID}})
			w.want(a, 303)
			if !strings.HasPrefix(to, "/view/") || !strings.HasSuffix(to, "?file="+book.ID) {
				t.Error(to)
			}
		}
		w.want(w.browse(w.page(o)+"/files/"+book.ID+"/view"), 404)
		for _, p := range []purvey.Product{few, packed} {
			o := w.order(p)
			w.wantNot(w.browse(w.page(o)), "Read: book.pdf")
			a, _ := w.press(w.page(o)+"/files/"+book.ID+"/view", nil)
			w.want(a, 404)
		}
		_, err := w.orders.SetAccess(t.Context(), w.scope, o.ID, false)
		w.must(err)
		a, _ := w.press(w.page(o)+"/files/"+book.ID+"/view", nil)
		w.want(a, 403)
		if n := len(w.copies(o)); n != 0 {
			t.Errorf("%d copies were counted", n)
		}
	})
}
