package buyer_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"purvey"
	"purvey/internal/browsertest"
	"purvey/internal/catalog"
	"purvey/internal/order"
	"purvey/internal/store/storetest"
	"purvey/internal/web/buyer"
)

// firstPaint is the most that a page may weigh, in bytes, all it loads
// included.
const firstPaint = 50_000

// The pages of every state in a real browser, on a screen and on a phone, in
// light and dark and in each language: nothing runs over the edge, nothing is
// asked of another host, no policy is hurt, and text can be read.
func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.Engines()[0])
	ctx := context.Background()
	files := []string{w.file("A name that is long enough to be broken into several lines on a phone.wav", content(5000)).ID, w.file("Booklet.pdf", content(900)).ID}
	limit, one, days := 5, 1, 60
	rich := w.productOf(catalog.Change{
		Name: catalog.Set("Field Recordings, Volume 1"), FileIDs: catalog.Set(files), MaxDownloads: catalog.Set(&limit), DownloadIn: catalog.Set(&days),
		Access: catalog.Set(purvey.AccessFileAndKey), KeyMode: catalog.Set(purvey.KeysGenerated),
	})
	for _, v := range []string{"2.0.0", "2.1.0"} {
		_, _, err := w.catalog.CreateVersion(ctx, w.shop.ID, rich.ID, catalog.NewVersion{Version: v, Notes: "New in " + v, FileIDs: files, Activate: true})
		w.must(err)
	}
	single := w.productOf(catalog.Change{Name: catalog.Set("One copy"), FileIDs: catalog.Set(files[1:]), MaxDownloads: catalog.Set(&one), DownloadIn: catalog.Set(&one)})
	elsewhere := []purvey.ProductLink{{Name: "Watch the course", URL: "https://video.example/course"}, {Name: "Forum", URL: "https://forum.example/"}}
	free := w.productOf(catalog.Change{Name: catalog.Set("As you like"), FileIDs: catalog.Set(files), Links: catalog.Set(elsewhere)})
	linked := w.productOf(catalog.Change{Name: catalog.Set("Links alone"), Links: catalog.Set(elsewhere)})
	ready, used, open := w.order(rich, single), w.order(single), w.order(free, linked)
	w.want(w.get(w.page(used)+"/files/"+files[1]), 200)
	expired := w.order(single)
	waiting := w.place(order.Request{Financial: purvey.Pending}, rich)
	closed := w.order(rich)
	_, err := w.orders.SetAccess(ctx, w.scope, closed.ID, false)
	w.must(err)
	mux := http.NewServeMux()
	buyer.Register(mux, buyer.Backend{Delivery: w.delivery, Orders: w.orders})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	pages := map[string]string{
		"ready": w.page(ready), "open": w.page(open), "used-up": w.page(used), "waiting": w.page(waiting), "closed": w.page(closed), "receipt": w.page(ready) + "/receipt", "unknown": "/d/none",
	}
	b := browsertest.New(t)
	look := func(name, path, scheme, lang string, width int) {
		t.Helper()
		b.Scheme(scheme)
		b.Call("Network.setExtraHTTPHeaders", map[string]any{"headers": map[string]string{"Accept-Language": lang}}, nil)
		b.Open(server.URL+path, width, 800, width < 500)
		at := fmt.Sprintf("%s, %s, %s, %d px", name, scheme, lang, width)
		b.Eval(`document.querySelectorAll('details').forEach(d => d.open = true)`)
		if b.Wide() {
			t.Errorf("%s: it runs over the edge", at)
		}
		if got := b.Eval(`document.documentElement.lang`); got != lang {
			t.Errorf("%s: the language is %v", at, got)
		}
		if size, ok := b.Eval(`performance.getEntries().reduce((n, e) => n + (e.decodedBodySize || 0), 0)`).(float64); !ok || size > firstPaint {
			t.Errorf("%s: %v bytes", at, size)
		} else if lang == "de" && width > 500 && scheme == "light" {
			t.Logf("%s: %v bytes", name, size)
		}
		if got := b.HardToRead(); got != "" {
			t.Errorf("%s: hard to read: %s", at, got)
		}
		// What is pressed on a row is as large as a finger, has a name, and keeps its word whole.
		if got := b.Eval(`[...document.querySelectorAll('.go > :not(input)')].filter(e => {
			const r = e.getBoundingClientRect()
			return r.width < 44 || r.height < 44 || r.height > 50 || e.scrollWidth > e.clientWidth || !e.getAttribute('aria-label')
		}).map(e => e.outerHTML).join()`); got != "" {
			t.Errorf("%s: hard to press: %v", at, got)
		}
		b.Shot(fmt.Sprintf("buyer-%s-%s-%s-%d", name, scheme, lang, width))
	}
	for name, path := range pages {
		for i, lang := range []string{"en", "es", "pt", "de", "fr"} {
			look(name, path, []string{"light", "dark"}[i%2], lang, 390)
		}
		look(name, path, "light", "de", 1280)
		look(name, path, "dark", "en", 1280)
		look(name, path, "light", "de", 320)
	}
	w.clock.Advance(2 * 24 * time.Hour)
	look("expired", w.page(expired), "light", "en", 390)
	// The customer asks for more time, with scripts switched off.
	b.Call("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil)
	b.Eval(`document.querySelector('textarea').value = 'A new computer'`)
	b.Eval(`document.querySelector('form.ask button').focus()`)
	b.Call("Input.dispatchKeyEvent", map[string]any{"type": "keyDown", "key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13}, nil)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for until := time.Now().Add(20 * time.Second); ; <-tick.C {
		found, err := w.delivery.Requests(ctx, w.scope, purvey.RequestOpen, purvey.Page{Limit: 10})
		w.must(err)
		if len(found.Items) == 1 && found.Items[0].Message == "A new computer" {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("%+v", found.Items)
		}
	}
	b.Call("Emulation.setScriptExecutionDisabled", map[string]any{"value": false}, nil)
	look("asked", w.page(expired), "dark", "en", 390)
	if b.Eval(`document.querySelector('form.ask') === null && document.body.innerText.includes('You asked the shop')`) != true {
		t.Error("the page does not say that the request is with the shop")
	}
	b.Quiet(server.URL, "403", "404")
}
