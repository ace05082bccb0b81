package viewer_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey/internal/store/storetest"
)

// browser drives a Chromium by its DevTools protocol, over a pipe.
type browser struct {
	t       *testing.T
	write   *os.File
	mu      sync.Mutex
	last    int
	waiting map[int]chan reply
	session string
	hosts   map[string]bool // of everything that was asked for
	said    []string        // errors and warnings of pages
}

type reply struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// newBrowser starts a browser with one empty page, for the time of the test.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	name := os.Getenv("PURVEY_TEST_CHROMIUM")
	if name == "" {
		name = "/usr/bin/chromium"
	}
	theirs, ours, err := os.Pipe() // the browser reads its descriptor 3
	if err != nil {
		t.Fatal(err)
	}
	back, answers, err := os.Pipe() // and writes its descriptor 4
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-quic", "--disable-dev-shm-usage", "--hide-scrollbars", "--mute-audio",
		"--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{theirs, answers}
	if err := cmd.Start(); err != nil {
		t.Fatalf("Chromium cannot be started (PURVEY_TEST_CHROMIUM names another): %v", err)
	}
	theirs.Close()
	answers.Close()
	b := &browser{t: t, write: ours, waiting: map[int]chan reply{}, hosts: map[string]bool{}}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		b.listen(bufio.NewReader(back))
	}()
	t.Cleanup(func() {
		b.send("", "Browser.close", nil)
		ours.Close()
		_ = cmd.Wait()
		<-gone
		back.Close()
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

func (b *browser) listen(r *bufio.Reader) {
	for {
		text, err := r.ReadBytes(0)
		if err != nil {
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, ch := range b.waiting {
				close(ch)
			}
			b.waiting = nil
			return
		}
		var m reply
		if json.Unmarshal(text[:len(text)-1], &m) != nil {
			continue
		}
		b.mu.Lock()
		if ch, ok := b.waiting[m.ID]; ok && m.Method == "" {
			delete(b.waiting, m.ID)
			ch <- m
		} else {
			b.note(m)
		}
		b.mu.Unlock()
	}
}

// note keeps what pages load and complain of.
func (b *browser) note(m reply) {
	var p struct {
		Request struct{ URL string }
		Entry   struct{ Level, Text, URL string }
		Type    string
		Args    []struct{ Value any }

		ExceptionDetails json.RawMessage
	}
	_ = json.Unmarshal(m.Params, &p) // events that look otherwise are none of ours
	switch m.Method {
	case "Network.requestWillBeSent":
		if u, err := url.Parse(p.Request.URL); err == nil && u.Host != "" {
			b.hosts[u.Host] = true
		}
	case "Log.entryAdded":
		b.said = append(b.said, p.Entry.Level+": "+p.Entry.Text+" "+p.Entry.URL)
	case "Runtime.exceptionThrown":
		b.said = append(b.said, "exception: "+string(p.ExceptionDetails))
	case "Runtime.consoleAPICalled":
		b.said = append(b.said, "console."+p.Type+": "+fmt.Sprint(p.Args))
	}
}

func (b *browser) send(session, method string, params any) chan reply {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	ch := make(chan reply, 1)
	if b.waiting == nil {
		close(ch)
		return ch
	}
	b.waiting[b.last] = ch
	m := map[string]any{"id": b.last, "method": method}
	if params != nil {
		m["params"] = params
	}
	if session != "" {
		m["sessionId"] = session
	}
	text, err := json.Marshal(m)
	if err == nil {
		_, err = b.write.Write(append(text, 0))
	}
	if err != nil {
		b.t.Errorf("%s: %v", method, err)
	}
	return ch
}

// patience is how long anything in the browser may take on a busy machine.
const patience = time.Minute

func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	select {
	case m, ok := <-b.send(b.session, method, params):
		if !ok {
			b.t.Fatalf("%s: the browser has gone", method)
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatal(err)
			}
		}
	case <-ctx.Done():
		b.t.Fatalf("%s: no answer", method)
	}
}

// eval gives the value of an expression, of a promise what becomes of it.
func (b *browser) eval(expression string) any {
	b.t.Helper()
	var got struct {
		Result           struct{ Value any }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}, &got)
	if got.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s %s", expression, got.ExceptionDetails.Text, got.ExceptionDetails.Exception.Description)
	}
	return got.Result.Value
}

// until waits for a condition in the page.
func (b *browser) until(condition string) {
	b.t.Helper()
	ok := b.eval(`new Promise(done => { const end = Date.now() + 50000; (function look() {
		let yes = false; try { yes = !!(` + condition + `) } catch {}
		if (yes || Date.now() > end) done(yes); else setTimeout(look, 20) })() })`)
	if ok != true {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.t.Fatalf("never: %s\n%s", condition, strings.Join(b.said, "\n"))
	}
}

// open goes to a URL in a window of the size.
func (b *browser) open(url string, width, height int, phone bool) {
	b.t.Helper()
	density := 1
	if phone {
		density = 2
	}
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": density, "mobile": phone}, nil)
	b.call("Emulation.setTouchEmulationEnabled", map[string]any{"enabled": phone}, nil)
	b.call("Page.navigate", map[string]any{"url": "about:blank"}, nil)
	b.call("Page.navigate", map[string]any{"url": url}, nil)
	b.until(`document.readyState === 'complete' && location.href !== 'about:blank'`)
}

// key presses and lets go of a key.
func (b *browser) key(name string) {
	b.t.Helper()
	text := ""
	if len(name) == 1 {
		text = name
	}
	code := map[string]int{"ArrowRight": 39, "ArrowLeft": 37, "PageDown": 34, "PageUp": 33, "Home": 36, "End": 35, "Enter": 13}[name]
	b.call("Input.dispatchKeyEvent", map[string]any{"type": "keyDown", "key": name, "text": text, "windowsVirtualKeyCode": code}, nil)
	b.call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": name, "windowsVirtualKeyCode": code}, nil)
}

// swipe moves a finger.
func (b *browser) swipe(x1, y1, x2, y2 int) {
	b.t.Helper()
	touch := func(kind string, points ...map[string]any) {
		if points == nil {
			points = []map[string]any{}
		}
		b.call("Input.dispatchTouchEvent", map[string]any{"type": kind, "touchPoints": points}, nil)
	}
	touch("touchStart", map[string]any{"x": x1, "y": y1})
	for i := 1; i <= 4; i++ {
		touch("touchMove", map[string]any{"x": x1 + (x2-x1)*i/4, "y": y1 + (y2-y1)*i/4})
	}
	touch("touchEnd")
}

// shot keeps a picture of the page where PURVEY_TEST_SHOTS says so.
func (b *browser) shot(name string) {
	b.t.Helper()
	dir := os.Getenv("PURVEY_TEST_SHOTS")
	if dir == "" {
		return
	}
	var got struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &got)
	raw, err := base64.StdEncoding.DecodeString(got.Data)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), raw, 0o600)
	}
	if err != nil {
		b.t.Error(err)
	}
}

// quiet checks that pages asked nobody but the server and had nothing to
// complain of.
func (b *browser) quiet(server string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for host := range b.hosts {
		if "http://"+host != server {
			b.t.Errorf("a page asked %s", host)
		}
	}
	for _, s := range b.said {
		b.t.Error(s)
	}
}

// inBrowser runs a test with a world on SQLite and a browser.
func inBrowser(t *testing.T, test func(w *world, b *browser)) {
	t.Helper()
	clock := storetest.NewClock()
	w := newWorld(t, storetest.Open(t, storetest.Options(t, "sqlite"), clock), clock)
	test(w, newBrowser(t))
}

const (
	shown    = `document.body.dataset.state === 'shown'`
	onPage   = `document.body.dataset.state === 'shown' && document.getElementById('words').textContent === 'Page %d'`
	overflow = `document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight`
)

// A page in the middle of a long score is there without most of the file.
func TestPageInTheMiddleOfALongFile(t *testing.T) {
	t.Parallel()
	inBrowser(t, func(w *world, b *browser) {
		const pages = 500
		score := pdf(pages, 40_000)
		url := w.address(w.sell(w.file("long.pdf", "application/pdf", score)))
		b.open(url+"#page=250", 1280, 800, false)
		b.until(fmt.Sprintf(onPage, 250))
		if sent := w.sent.Load(); sent > int64(len(score))/8 {
			t.Errorf("page 250 took %d of %d bytes", sent, len(score))
		} else {
			t.Logf("page 250 took %d of %d bytes", sent, len(score))
		}
		b.key("End")
		b.until(fmt.Sprintf(onPage, pages))
		b.key("Home")
		b.until(fmt.Sprintf(onPage, 1))
		if sent := w.sent.Load(); sent > int64(len(score))/4 {
			t.Errorf("four pages took %d of %d bytes", sent, len(score))
		}
		b.quiet(w.server.URL)
	})
}

func TestTurningPages(t *testing.T) {
	t.Parallel()
	inBrowser(t, func(w *world, b *browser) {
		url := w.address(w.sell(w.file("a.pdf", "application/pdf", pdf(12, 0))))
		b.open(url, 1280, 800, false)
		b.until(fmt.Sprintf(onPage, 1))
		b.shot("desktop-light")
		// The whole page is seen, and the frame does not scroll.
		if b.eval(overflow) == true || b.eval(`document.querySelector('#sheet canvas').offsetHeight <= document.getElementById('stage').clientHeight`) != true {
			t.Error("the page does not fit")
		}
		for _, step := range []struct {
			key  string
			page int
		}{{"ArrowRight", 2}, {"PageDown", 3}, {" ", 4}, {"ArrowLeft", 3}, {"PageUp", 2}, {"End", 12}, {"ArrowRight", 12}, {"Home", 1}, {"ArrowLeft", 1}} {
			b.key(step.key)
			b.until(fmt.Sprintf(onPage, step.page))
		}
		b.eval(`document.getElementById('next').click()`)
		b.until(fmt.Sprintf(onPage, 2))
		b.eval(`{ const n = document.getElementById('number'); n.value = 7; n.dispatchEvent(new Event('change')) }`)
		b.until(fmt.Sprintf(onPage, 7))
		if b.eval(`location.hash + ' ' + document.getElementById('total').textContent`) != "#page=7 of 12" {
			t.Errorf("%v", b.eval(`location.hash + ' ' + document.getElementById('total').textContent`))
		}
		width := `document.querySelector('#sheet canvas').offsetWidth`
		before := b.eval(width).(float64)
		b.key("+")
		b.until(shown + ` && document.getElementById('fit').textContent === '125 %'`)
		if now := b.eval(width).(float64); now < before*1.2 {
			t.Errorf("enlarged from %v to %v", before, now)
		}
		b.key("0")
		b.until(shown + ` && ` + width + fmt.Sprintf(" === %v", before))

		// Night mode, and the page, are kept for the next time.
		b.key("n")
		if b.eval(`getComputedStyle(document.querySelector('#sheet canvas')).filter`) == "none" {
			t.Error("the page is as bright as by day")
		}
		b.shot("desktop-night")
		b.open(url, 1280, 800, false)
		b.until(fmt.Sprintf(onPage, 7))
		if b.eval(`document.documentElement.classList.contains('night') && document.getElementById('night').getAttribute('aria-pressed')`) != "true" {
			t.Error("night mode is forgotten")
		}
		b.key("n")
		b.quiet(w.server.URL)
	})
}

func TestOnAPhone(t *testing.T) {
	t.Parallel()
	inBrowser(t, func(w *world, b *browser) {
		url := w.address(w.sell(w.file("a.pdf", "application/pdf", pdf(5, 0))))
		b.open(url, 390, 844, true)
		b.until(fmt.Sprintf(onPage, 1))
		if b.eval(overflow) == true || b.eval(`document.querySelector('#sheet canvas').offsetWidth`).(float64) != 390 {
			t.Error("the page is not as wide as the screen")
		}
		b.shot("phone-light")
		b.swipe(320, 400, 80, 410)
		b.until(fmt.Sprintf(onPage, 2))
		b.swipe(320, 400, 80, 390)
		b.until(fmt.Sprintf(onPage, 3))
		b.swipe(80, 400, 320, 400)
		b.until(fmt.Sprintf(onPage, 2))
		b.swipe(200, 500, 205, 200) // scrolling turns nothing
		b.swipe(380, 400, 380, 400) // a tap at the edge does
		b.until(fmt.Sprintf(onPage, 3))
		b.eval(`document.getElementById('night').click()`)
		b.shot("phone-night")
		// Every button is large enough for a finger.
		if small := b.eval(`[...document.querySelectorAll('button')].filter(e => e.offsetParent && (e.offsetWidth < 44 || e.offsetHeight < 44)).map(e => e.id).join()`); small != "" {
			t.Errorf("too small: %v", small)
		}
		b.quiet(w.server.URL)
	})
}

func TestOtherKinds(t *testing.T) {
	t.Parallel()
	inBrowser(t, func(w *world, b *browser) {
		r := w.sell(w.file("A picture.png", "image/png", picture()), w.file("A tune.wav", "audio/wav", sound()), w.file("locked.pdf", "application/pdf", "no document at all"))
		url := w.address(r)
		b.open(url, 1280, 800, false)
		b.until(`document.getElementById('picture').complete && document.getElementById('picture').naturalWidth === 640`)
		b.shot("image")
		b.eval(`document.getElementById('in').click()`)
		b.until(`document.getElementById('picture').offsetWidth === 800`)
		b.open(url, 390, 844, true)
		b.until(`document.getElementById('picture').offsetWidth === 390`)
		if b.eval(overflow) == true {
			t.Error("the picture is too wide")
		}
		b.open(url+"?file="+r.Goods()[1].ID, 390, 844, true)
		b.until(`document.querySelector('audio').readyState >= 1 && document.querySelector('audio').duration === 1`)
		b.shot("audio")
		b.quiet(w.server.URL)

		// What is no document says so, and where the address ended.
		b.open(url+"?file="+r.Goods()[2].ID, 390, 844, true)
		b.until(`document.body.dataset.state === 'failed' && document.getElementById('status').textContent === document.body.dataset.failed`)
		b.shot("failed")
	})
}

func TestCanceledWhileReading(t *testing.T) {
	t.Parallel()
	inBrowser(t, func(w *world, b *browser) {
		r := w.sell(w.file("a.pdf", "application/pdf", pdf(300, 40_000)))
		b.open(w.address(r), 1280, 800, false)
		b.until(fmt.Sprintf(onPage, 1))
		_, err := w.orders.CancelLine(t.Context(), w.scope(), r.Order.ID, r.Line.ID, "")
		w.must(err)
		b.key("End")
		b.until(`document.body.dataset.state === 'failed' && document.getElementById('status').textContent === document.body.dataset.stopped`)
		b.shot("stopped")
		b.open(w.address(r), 390, 844, true)
		b.until(`document.querySelector('h1').textContent === 'This is no longer available'`)
		b.shot("ended")
	})
}
