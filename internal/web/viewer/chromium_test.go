package viewer_test

import (
	"fmt"
	"testing"

	"purvey/internal/browsertest"
	"purvey/internal/store/storetest"
)

// inBrowser runs a test with a world on SQLite and a browser.
func inBrowser(t *testing.T, test func(w *world, b *browsertest.Browser)) {
	t.Helper()
	clock := storetest.NewClock()
	w := newWorld(t, storetest.Open(t, storetest.Options(t, "sqlite"), clock), clock)
	test(w, browsertest.New(t))
}

const (
	shown    = `document.body.dataset.state === 'shown'`
	onPage   = `document.body.dataset.state === 'shown' && document.getElementById('words').textContent === 'Page %d'`
	overflow = `document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight`
)

// A page in the middle of a long score is there without most of the file.
func TestPageInTheMiddleOfALongFile(t *testing.T) {
	t.Parallel()
	inBrowser(t, func(w *world, b *browsertest.Browser) {
		const pages = 500
		score := pdf(pages, 40_000)
		url := w.address(w.sell(w.file("long.pdf", "application/pdf", score)))
		b.Open(url+"#page=250", 1280, 800, false)
		b.Until(fmt.Sprintf(onPage, 250))
		if sent := w.sent.Load(); sent > int64(len(score))/8 {
			t.Errorf("page 250 took %d of %d bytes", sent, len(score))
		} else {
			t.Logf("page 250 took %d of %d bytes", sent, len(score))
		}
		b.Key("End")
		b.Until(fmt.Sprintf(onPage, pages))
		b.Key("Home")
		b.Until(fmt.Sprintf(onPage, 1))
		if sent := w.sent.Load(); sent > int64(len(score))/4 {
			t.Errorf("four pages took %d of %d bytes", sent, len(score))
		}
		b.Quiet(w.server.URL)
	})
}

func TestTurningPages(t *testing.T) {
	t.Parallel()
	inBrowser(t, func(w *world, b *browsertest.Browser) {
		url := w.address(w.sell(w.file("a.pdf", "application/pdf", pdf(12, 0))))
		b.Open(url, 1280, 800, false)
		b.Until(fmt.Sprintf(onPage, 1))
		b.Shot("desktop-light")
		// The whole page is seen, and the frame does not scroll.
		if b.Eval(overflow) == true || b.Eval(`document.querySelector('#sheet canvas').offsetHeight <= document.getElementById('stage').clientHeight`) != true {
			t.Error("the page does not fit")
		}
		for _, step := range []struct {
			key  string
			page int
		}{{"ArrowRight", 2}, {"PageDown", 3}, {" ", 4}, {"ArrowLeft", 3}, {"PageUp", 2}, {"End", 12}, {"ArrowRight", 12}, {"Home", 1}, {"ArrowLeft", 1}} {
			b.Key(step.key)
			b.Until(fmt.Sprintf(onPage, step.page))
		}
		b.Eval(`document.getElementById('next').click()`)
		b.Until(fmt.Sprintf(onPage, 2))
		b.Eval(`{ const n = document.getElementById('number'); n.value = 7; n.dispatchEvent(new Event('change')) }`)
		b.Until(fmt.Sprintf(onPage, 7))
		if b.Eval(`location.hash + ' ' + document.getElementById('total').textContent`) != "#page=7 of 12" {
			t.Errorf("%v", b.Eval(`location.hash + ' ' + document.getElementById('total').textContent`))
		}
		width := `document.querySelector('#sheet canvas').offsetWidth`
		before := b.Eval(width).(float64)
		b.Key("+")
		b.Until(shown + ` && document.getElementById('fit').textContent === '125 %'`)
		if now := b.Eval(width).(float64); now < before*1.2 {
			t.Errorf("enlarged from %v to %v", before, now)
		}
		b.Key("0")
		b.Until(shown + ` && ` + width + fmt.Sprintf(" === %v", before))

		// Night mode, and the page, are kept for the next time.
		b.Key("n")
		if b.Eval(`getComputedStyle(document.querySelector('#sheet canvas')).filter`) == "none" {
			t.Error("the page is as bright as by day")
		}
		b.Shot("desktop-night")
		b.Open(url, 1280, 800, false)
		b.Until(fmt.Sprintf(onPage, 7))
		if b.Eval(`document.documentElement.classList.contains('night') && document.getElementById('night').getAttribute('aria-pressed')`) != "true" {
			t.Error("night mode is forgotten")
		}
		b.Key("n")
		b.Quiet(w.server.URL)
	})
}

func TestOnAPhone(t *testing.T) {
	t.Parallel()
	inBrowser(t, func(w *world, b *browsertest.Browser) {
		url := w.address(w.sell(w.file("a.pdf", "application/pdf", pdf(5, 0))))
		b.Open(url, 390, 844, true)
		b.Until(fmt.Sprintf(onPage, 1))
		if b.Eval(overflow) == true || b.Eval(`document.querySelector('#sheet canvas').offsetWidth`).(float64) != 390 {
			t.Error("the page is not as wide as the screen")
		}
		b.Shot("phone-light")
		b.Swipe(320, 400, 80, 410)
		b.Until(fmt.Sprintf(onPage, 2))
		b.Swipe(320, 400, 80, 390)
		b.Until(fmt.Sprintf(onPage, 3))
		b.Swipe(80, 400, 320, 400)
		b.Until(fmt.Sprintf(onPage, 2))
		b.Swipe(200, 500, 205, 200) // scrolling turns nothing
		b.Swipe(380, 400, 380, 400) // a tap at the edge does
		b.Until(fmt.Sprintf(onPage, 3))
		b.Eval(`document.getElementById('night').click()`)
		b.Shot("phone-night")
		// Every button is large enough for a finger.
		if small := b.Eval(`[...document.querySelectorAll('button')].filter(e => e.offsetParent && (e.offsetWidth < 44 || e.offsetHeight < 44)).map(e => e.id).join()`); small != "" {
			t.Errorf("too small: %v", small)
		}
		b.Quiet(w.server.URL)
	})
}

func TestOtherKinds(t *testing.T) {
	t.Parallel()
	inBrowser(t, func(w *world, b *browsertest.Browser) {
		r := w.sell(w.file("A picture.png", "image/png", picture()), w.file("A tune.wav", "audio/wav", sound()), w.file("locked.pdf", "application/pdf", "no document at all"))
		url := w.address(r)
		b.Open(url, 1280, 800, false)
		b.Until(`document.getElementById('picture').complete && document.getElementById('picture').naturalWidth === 640`)
		b.Shot("image")
		b.Eval(`document.getElementById('in').click()`)
		b.Until(`document.getElementById('picture').offsetWidth === 800`)
		b.Open(url, 390, 844, true)
		b.Until(`document.getElementById('picture').offsetWidth === 390`)
		if b.Eval(overflow) == true {
			t.Error("the picture is too wide")
		}
		b.Open(url+"?file="+r.Goods()[1].ID, 390, 844, true)
		b.Until(`document.querySelector('audio').readyState >= 1 && document.querySelector('audio').duration === 1`)
		b.Shot("audio")
		b.Quiet(w.server.URL)

		// What is no document says so, and where the address ended.
		b.Open(url+"?file="+r.Goods()[2].ID, 390, 844, true)
		b.Until(`document.body.dataset.state === 'failed' && document.getElementById('status').textContent === document.body.dataset.failed`)
		b.Shot("failed")
	})
}

func TestCanceledWhileReading(t *testing.T) {
	t.Parallel()
	inBrowser(t, func(w *world, b *browsertest.Browser) {
		r := w.sell(w.file("a.pdf", "application/pdf", pdf(300, 40_000)))
		b.Open(w.address(r), 1280, 800, false)
		b.Until(fmt.Sprintf(onPage, 1))
		_, err := w.orders.CancelLine(t.Context(), w.scope(), r.Order.ID, r.Line.ID, "")
		w.must(err)
		b.Key("End")
		b.Until(`document.body.dataset.state === 'failed' && document.getElementById('status').textContent === document.body.dataset.stopped`)
		b.Shot("stopped")
		b.Open(w.address(r), 390, 844, true)
		b.Until(`document.querySelector('h1').textContent === 'This is no longer available'`)
		b.Shot("ended")
	})
}
