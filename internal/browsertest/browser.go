// Package browsertest drives a real Chromium for tests of pages, by its
// DevTools protocol over a pipe. PURVEY_TEST_CHROMIUM names the program,
// /usr/bin/chromium unless it is set; PURVEY_TEST_SHOTS names a folder that
// pictures are kept in.
package browsertest

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
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Browser drives a Chromium by its DevTools protocol, over a pipe.
type Browser struct {
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

// New starts a browser with one empty page, for the time of the test.
func New(t *testing.T) *Browser {
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
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), name, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-quic", "--disable-dev-shm-usage", "--hide-scrollbars", "--mute-audio",
		"--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{theirs, answers}
	if err := cmd.Start(); err != nil {
		t.Fatalf("Chromium cannot be started (PURVEY_TEST_CHROMIUM names another): %v", err)
	}
	theirs.Close()
	answers.Close()
	b := &Browser{t: t, write: ours, waiting: map[int]chan reply{}, hosts: map[string]bool{}}
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
	b.Call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.Call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.Call(domain+".enable", nil, nil)
	}
	return b
}

func (b *Browser) listen(r *bufio.Reader) {
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
func (b *Browser) note(m reply) {
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

func (b *Browser) send(session, method string, params any) chan reply {
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

// Call makes a call of the protocol to the page, and reads its answer into result unless
// that is nil.
func (b *Browser) Call(method string, params, result any) {
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

// Eval gives the value of an expression, of a promise what becomes of it.
func (b *Browser) Eval(expression string) any {
	b.t.Helper()
	var got struct {
		Result           struct{ Value any }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	b.Call("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}, &got)
	if got.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s %s", expression, got.ExceptionDetails.Text, got.ExceptionDetails.Exception.Description)
	}
	return got.Result.Value
}

// Until waits for a condition in the page.
func (b *Browser) Until(condition string) {
	b.t.Helper()
	ok := b.Eval(`new Promise(done => { const end = Date.now() + 50000; (function look() {
		let yes = false; try { yes = !!(` + condition + `) } catch {}
		if (yes || Date.now() > end) done(yes); else setTimeout(look, 20) })() })`)
	if ok != true {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.t.Fatalf("never: %s\n%s", condition, strings.Join(b.said, "\n"))
	}
}

// Open goes to a URL in a window of the size.
func (b *Browser) Open(url string, width, height int, phone bool) {
	b.t.Helper()
	density := 1
	if phone {
		density = 2
	}
	b.Call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": density, "mobile": phone}, nil)
	b.Call("Emulation.setTouchEmulationEnabled", map[string]any{"enabled": phone}, nil)
	b.Call("Page.navigate", map[string]any{"url": "about:blank"}, nil)
	b.Call("Page.navigate", map[string]any{"url": url}, nil)
	b.Until(`document.readyState === 'complete' && location.href !== 'about:blank'`)
}

// Key presses and lets go of a key.
func (b *Browser) Key(name string) {
	b.t.Helper()
	text := ""
	if len(name) == 1 {
		text = name
	}
	code := map[string]int{"ArrowRight": 39, "ArrowLeft": 37, "PageDown": 34, "PageUp": 33, "Home": 36, "End": 35, "Enter": 13}[name]
	b.Call("Input.dispatchKeyEvent", map[string]any{"type": "keyDown", "key": name, "text": text, "windowsVirtualKeyCode": code}, nil)
	b.Call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": name, "windowsVirtualKeyCode": code}, nil)
}

// Swipe moves a finger.
func (b *Browser) Swipe(x1, y1, x2, y2 int) {
	b.t.Helper()
	touch := func(kind string, points ...map[string]any) {
		if points == nil {
			points = []map[string]any{}
		}
		b.Call("Input.dispatchTouchEvent", map[string]any{"type": kind, "touchPoints": points}, nil)
	}
	touch("touchStart", map[string]any{"x": x1, "y": y1})
	for i := 1; i <= 4; i++ {
		touch("touchMove", map[string]any{"x": x1 + (x2-x1)*i/4, "y": y1 + (y2-y1)*i/4})
	}
	touch("touchEnd")
}

// Shot keeps a picture of the page where PURVEY_TEST_SHOTS says so.
func (b *Browser) Shot(name string) {
	b.t.Helper()
	dir := os.Getenv("PURVEY_TEST_SHOTS")
	if dir == "" {
		return
	}
	var got struct{ Data string }
	b.Call("Page.captureScreenshot", map[string]any{"format": "png"}, &got)
	raw, err := base64.StdEncoding.DecodeString(got.Data)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), raw, 0o600)
	}
	if err != nil {
		b.t.Error(err)
	}
}

// Quiet checks that pages asked nobody but the server and had nothing to
// complain of, but answers of the statuses that are expected.
func (b *Browser) Quiet(server string, expected ...string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for host := range b.hosts {
		if "http://"+host != server {
			b.t.Errorf("a page asked %s", host)
		}
	}
	for _, s := range b.said {
		if !slices.ContainsFunc(expected, func(status string) bool { return strings.Contains(s, "status of "+status) }) {
			b.t.Error(s)
		}
	}
}
