package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"purvey"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
	"purvey/internal/webhook"
)

var insecure = webhook.Options{AllowInsecure: true}

// BDD-43: what arrives verifies by the vendor's recipe and by the library of
// Standard Webhooks.
func TestBDD43_HeadersAndSignatures(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		h, r := newHouse(t, db, insecure), newReceiver(t)
		p := h.endpoint(r.URL + "/hook?x=1")
		h.emit("t<ag>")
		h.run()
		got := r.requests()
		if len(got) != 1 {
			t.Fatalf("%d requests", len(got))
		}
		head, body := got[0].header, got[0].body
		timestamp := fmt.Sprint(clock.Now().Unix())
		m := hmac.New(sha256.New, []byte(p.Secret))
		m.Write([]byte(timestamp + "." + body))
		if want := hex.EncodeToString(m.Sum(nil)); head.Get("X-Webhook-Signature") != want || head.Get("X-Webhook-Timestamp") != timestamp {
			t.Errorf("vendor's headers: %v", head)
		}
		wh, err := standard.NewWebhook(p.Secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := wh.VerifyIgnoringTimestamp([]byte(body), head); err != nil {
			t.Errorf("standard: %v", err)
		}
		if err := wh.VerifyIgnoringTimestamp([]byte(body+" "), head); err == nil {
			t.Error("another body verifies")
		}
		if head.Get("Content-Type") != "application/json" || !strings.HasPrefix(head.Get("User-Agent"), "Purvey") {
			t.Errorf("%v", head)
		}
		d := h.only(p.ID)
		var e struct {
			ID, Type string
			Created  int64
			Data     struct {
				Tag  string
				Free int
			}
		}
		if err := json.Unmarshal([]byte(body), &e); err != nil {
			t.Fatal(err)
		}
		if e.ID != "evt_"+d.EventID || head.Get("X-Webhook-Id") != e.ID || head.Get("Webhook-Id") != e.ID || e.Type != "license_key.stock_low" ||
			e.Created != clock.Now().Unix() || e.Data.Tag != "t<ag>" || e.Data.Free != 5 {
			t.Errorf("%s", body)
		}
		if d.State != purvey.DeliveryDelivered || d.Attempts[0].Status != 204 || !d.NextAttemptAt.IsZero() {
			t.Errorf("%+v", d)
		}
	})
}

// BDD-44, BDD-45: one id on every attempt, a fresh timestamp each, at least
// ten attempts over at least 75 hours.
func TestBDD44_RetriesKeepTheIDAndSignAfresh(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		h, r := newHouse(t, db, insecure), newReceiver(t)
		r.status(500)
		p := h.endpoint(r.URL)
		begin := clock.Now()
		h.emit("x")
		ids, bodies, stamps := map[string]bool{}, map[string]bool{}, map[string]bool{}
		wh, err := standard.NewWebhook(p.Secret)
		if err != nil {
			t.Fatal(err)
		}
		attempts := 0
		for {
			h.run()
			got := r.requests()
			if len(got) != 1 {
				t.Fatalf("attempt %d: %d requests", attempts+1, len(got))
			}
			attempts++
			head := got[0].header
			ids[head.Get("Webhook-Id")], bodies[got[0].body], stamps[head.Get("Webhook-Timestamp")] = true, true, true
			if head.Get("X-Webhook-Timestamp") != fmt.Sprint(clock.Now().Unix()) || wh.VerifyIgnoringTimestamp([]byte(got[0].body), head) != nil {
				t.Errorf("attempt %d is signed for another time", attempts)
			}
			d := h.only(p.ID)
			if len(d.Attempts) != attempts || d.Attempts[attempts-1].Status != 500 || d.Attempts[attempts-1].Error != "the receiver answered 500" {
				t.Fatalf("%+v", d)
			}
			if d.State == purvey.DeliveryFailed {
				break
			}
			h.run() // nothing before its time
			if !d.NextAttemptAt.After(clock.Now()) || len(r.requests()) != 0 {
				t.Fatalf("%+v", d)
			}
			clock.Set(d.NextAttemptAt)
		}
		if over := clock.Now().Sub(begin); attempts < 10 || over < 75*time.Hour || over > 97*time.Hour {
			t.Errorf("%d attempts over %v", attempts, over)
		}
		if len(ids) != 1 || len(bodies) != 1 || len(stamps) != attempts {
			t.Errorf("%d ids, %d bodies, %d timestamps", len(ids), len(bodies), len(stamps))
		}
		// It is over: neither time nor a stray job sends it.
		clock.Advance(100 * time.Hour)
		if record, err := h.s.Send(t.Context(), purvey.Job{Key: h.only(p.ID).ID, Lane: p.ID}); record != nil || err != nil || len(r.requests()) != 0 {
			t.Error("a delivery that is over was sent")
		}
	})
}

// BDD-45: Statement 6: every kind of failure is retried, and named in plain words.
func TestBDD45_EveryFailureIsRetried(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	tlsServer := httptest.NewUnstartedServer(http.NotFoundHandler())
	tlsServer.Config.ErrorLog = log.New(io.Discard, "", 0)
	tlsServer.StartTLS()
	t.Cleanup(tlsServer.Close)
	raw := func(do func(net.Conn)) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go do(c)
			}
		}()
		return l.Addr().String()
	}
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused.Close()
	answers := func(status int) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/inside")
			w.WriteHeader(status)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	hangs := raw(func(c net.Conn) { <-hang; c.Close() }) // the use after keeps the collector from closing it
	_, tlsPort, _ := net.SplitHostPort(tlsServer.Listener.Addr().String())
	for _, c := range []struct{ name, url, want string }{
		{"refused", "http://" + refused.Addr().String(), "the connection was refused"},
		{"reset", "http://" + raw(func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0); c.Close() }), "the connection was closed before an answer came"},
		{"closed", "http://" + raw(func(c net.Conn) { b := make([]byte, 10); _, _ = c.Read(b); c.Close() }), "the connection was closed before an answer came"},
		{"nonsense", "http://" + raw(func(c net.Conn) { _, _ = c.Write([]byte("SSH-2.0-x\r\n\r\n")); c.Close() }), ""},
		{"silence", "http://" + hangs, "no answer within 10 seconds"},
		{"TLS silence", "https://" + hangs, "no answer within 10 seconds"},
		{"no TLS", strings.Replace(answers(200), "http:", "https:", 1), "TLS: the receiver does not speak TLS"},
		{"unknown authority", tlsServer.URL, "TLS: the certificate is signed by an unknown authority"},
		{"another name", "https://hooks.example:" + tlsPort, "TLS: the certificate is for another name"},
		{"no such host", "http://nothing.example/", "the host name does not exist"},
		{"301", answers(301), "the receiver answered with a redirect, which is not followed"},
		{"304", answers(304), "the receiver answered with a redirect, which is not followed"},
		{"307", answers(307), "the receiver answered with a redirect, which is not followed"},
		{"400", answers(400), "the receiver answered 400"},
		{"401", answers(401), "the receiver answered 401"},
		{"404", answers(404), "the receiver answered 404"},
		{"500", answers(500), "the receiver answered 500"},
		{"599", answers(599), "the receiver answered 599"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			clock := storetest.NewClock()
			db := storetest.Open(t, storetest.Options(t, "sqlite"), clock)
			h := newHouse(t, db, insecure)
			h.s.SetNames(names(t, map[string][]string{"hooks.example.": {"127.0.0.1"}}))
			if c.name == "another name" {
				pool := x509.NewCertPool()
				pool.AddCert(tlsServer.Certificate())
				h.s.Trust(pool)
			}
			h.s.SetWait(3 * time.Second)
			if strings.Contains(c.name, "silence") {
				h.s.SetWait(100 * time.Millisecond)
			}
			p := h.endpoint(c.url)
			h.emit("x")
			h.run()
			d := h.only(p.ID)
			if d.State != purvey.DeliveryPending || len(d.Attempts) != 1 || d.Attempts[0].Error == "" || c.want != "" && d.Attempts[0].Error != c.want {
				t.Fatalf("%+v", d)
			}
			if strings.Contains(c.name, "silence") && d.Attempts[0].Duration < 100*time.Millisecond || d.Attempts[0].Duration <= 0 {
				t.Errorf("the attempt took %v", d.Attempts[0].Duration)
			}
			if wait := d.NextAttemptAt.Sub(clock.Now()); wait < time.Minute || wait > 66*time.Second {
				t.Errorf("retried after %v", wait)
			}
			d.Attempts[0].URL = "" // the endpoint's own, which its owner wrote
			if strings.Contains(fmt.Sprint(d), "127.0.0.1") {
				t.Errorf("an address is shown: %+v", d)
			}
		})
	}
}

// BDD-45
func TestBDD45_RetryAfterAndGone(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		h, r := newHouse(t, db, insecure), newReceiver(t)
		for _, c := range []struct {
			status int
			header string
			least  time.Duration
			most   time.Duration
		}{
			{429, "7200", 2 * time.Hour, 2 * time.Hour},
			{503, clock.Now().Add(3 * time.Hour).UTC().Format(http.TimeFormat), 3 * time.Hour, 3 * time.Hour},
			{429, "5", time.Minute, 66 * time.Second},
			{503, "99999999999", time.Minute, 24 * time.Hour},
			{429, "-5", time.Minute, 66 * time.Second},
			{429, "soon", time.Minute, 66 * time.Second},
			{500, "7200", time.Minute, 66 * time.Second},
		} {
			r.set(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", c.header)
				w.WriteHeader(c.status)
			})
			p := h.endpoint(r.URL)
			h.emit("x")
			h.run()
			wait := h.only(p.ID).NextAttemptAt.Sub(clock.Now())
			if wait < c.least || wait > c.most {
				t.Errorf("%d with Retry-After %q: %v", c.status, c.header, wait)
			}
			if err := h.s.Delete(t.Context(), h.scope, p.ID); err != nil {
				t.Fatal(err)
			}
		}
		r.status(410)
		p := h.endpoint(r.URL)
		h.emit("x")
		h.run()
		if d := h.only(p.ID); d.State != purvey.DeliveryFailed {
			t.Errorf("%+v", d)
		}
		if p := h.look(p.ID); p.Enabled || p.DisabledReason != "the receiver answered 410 Gone" {
			t.Errorf("%+v", p)
		}
		if m := h.mails(); len(m) != 1 || m[0].Kind != purvey.MailOwnerWarning || !strings.Contains(m[0].Data.Subject, "switched off") {
			t.Errorf("%+v", m)
		}
	})
}

func TestResponsesAreKeptInPart(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		h, r := newHouse(t, db, insecure), newReceiver(t)
		for body, want := range map[string]string{
			"ok":                         "ok",
			strings.Repeat("é", 1<<20):   strings.Repeat("é", 1024),
			"a\x00b\xffc":                "a\uFFFDb\uFFFDc",
			strings.Repeat("x", 2048):    strings.Repeat("x", 2048),
			strings.Repeat("y", 2049):    strings.Repeat("y", 2048),
			"z" + strings.Repeat("é", 2): "zéé",
		} {
			r.set(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
			p := h.endpoint(r.URL)
			h.emit("x")
			h.run()
			if d := h.only(p.ID); d.State != purvey.DeliveryDelivered || d.Attempts[0].Response != want {
				t.Errorf("of %d bytes %q was kept", len(body), d.Attempts[0].Response)
			}
			if err := h.s.Delete(t.Context(), h.scope, p.ID); err != nil {
				t.Fatal(err)
			}
		}
		// An answer that never ends is cut by time, and its status counts.
		r.set(func(w http.ResponseWriter, req *http.Request) {
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			<-req.Context().Done()
		})
		h.s.SetWait(200 * time.Millisecond)
		p := h.endpoint(r.URL)
		h.emit("x")
		h.run()
		if d := h.only(p.ID); d.State != purvey.DeliveryDelivered {
			t.Errorf("%+v", d)
		}
	})
}

// BDD-46: without the operator's leave an inner receiver is never reached, and
// nothing of it is shown.
func TestBDD46_InnerReceiverIsRefusedAtDial(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	db := storetest.Open(t, storetest.Options(t, "sqlite"), clock)
	inner := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	t.Cleanup(inner.Close)
	h := newHouse(t, db, webhook.Options{})
	h.s.SetNames(names(t, map[string][]string{"hooks.example.": {"127.0.0.1"}}))
	_, port, _ := net.SplitHostPort(inner.Listener.Addr().String())
	p := h.endpoint("https://hooks.example:" + port)
	h.emit("x")
	h.run()
	d := h.only(p.ID)
	if a := d.Attempts[0]; d.State != purvey.DeliveryPending || a.Status != 0 || a.Response != "" || a.Error != "the receiver's address is not a public one" {
		t.Errorf("%+v", d)
	}
	// The operator's leave withdrawn, an old http endpoint is refused as well.
	open := webhook.New(db, nil, webhook.Options{})
	if why := open.CheckURL("http://example.com"); why == "" {
		t.Error("http taken")
	}
}

// A job that stops half-way has sent, perhaps; its repeat uses the same id.
func TestSendTwiceAndStop(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		h, r := newHouse(t, db, insecure), newReceiver(t)
		p := h.endpoint(r.URL)
		h.emit("x")
		d := h.only(p.ID)
		stopped, stop := context.WithCancel(t.Context())
		r.set(func(w http.ResponseWriter, _ *http.Request) { stop() })
		if record, err := h.s.Send(stopped, purvey.Job{Key: d.ID, Lane: p.ID}); record != nil || err == nil {
			t.Errorf("a cut attempt was judged: %v", err)
		}
		r.set(nil)
		// Two runs whose results both arrive.
		first, err1 := h.s.Send(t.Context(), purvey.Job{Key: d.ID, Lane: p.ID})
		second, err2 := h.s.Send(t.Context(), purvey.Job{Key: d.ID, Lane: p.ID})
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		for _, record := range []func(*store.Tx) error{first, second} {
			if err := db.Tx(t.Context(), record); err != nil {
				t.Fatal(err)
			}
		}
		h.run()
		ids := map[string]bool{}
		for _, got := range r.requests() {
			ids[got.header.Get("Webhook-Id")] = true
		}
		if d := h.only(p.ID); len(ids) != 1 || d.State != purvey.DeliveryDelivered || d.AttemptCount != 1 {
			t.Errorf("%d ids, %+v", len(ids), d)
		}
	})
}

// BDD-46: What an endpoint is told is what it asked for, in its own shop and mode.
func TestBDD46_EventsGoWhereTheyAreWanted(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		h, r := newHouse(t, db, insecure), newReceiver(t)
		wants := h.endpoint(r.URL, purvey.EventStockLow, purvey.EventStockLow)
		other := h.endpoint(r.URL, purvey.EventOrderPurchased)
		if len(wants.Events) != 1 {
			t.Errorf("a repeated event is kept: %v", wants.Events)
		}
		sandbox := purvey.Scope{ShopID: h.scope.ShopID, Mode: purvey.Sandbox}
		tried, err := h.s.Create(t.Context(), sandbox, purvey.Endpoint{Name: "x", URL: r.URL, Events: purvey.SubscribableEvents(), Dialect: "bigdd"})
		if err != nil {
			t.Fatal(err)
		}
		h.emit("x")
		h.run()
		if len(r.requests()) != 1 || len(h.deliveries(wants.ID)) != 1 || len(h.deliveries(other.ID)) != 0 {
			t.Error("told wrongly")
		}
		if l, err := h.s.Deliveries(t.Context(), sandbox, tried.ID, "", purvey.Page{Limit: 10}); err != nil || len(l.Items) != 0 {
			t.Errorf("%v %v", l, err)
		}
		if _, err := h.s.Endpoint(t.Context(), h.scope, tried.ID); err == nil {
			t.Error("the sandbox is seen from live")
		}
		// An event that is undone is told to nobody.
		if err := db.Tx(t.Context(), func(tx *store.Tx) error {
			if err := tx.Emit(t.Context(), h.scope, purvey.EventStockLow, "", purvey.EventData{}); err != nil {
				return err
			}
			return context.Canceled
		}); err == nil {
			t.Fatal("no error")
		}
		h.run()
		if len(r.requests()) != 0 {
			t.Error("an event that never was is told")
		}
	})
}
