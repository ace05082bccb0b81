package buyer_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/catalog"
	"purvey/internal/license"
	"purvey/internal/order"
	"purvey/internal/store"
)

func (w *world) wantText(a answer, status int, texts ...string) {
	w.t.Helper()
	w.want(a, status)
	for _, text := range texts {
		if !strings.Contains(string(a.body), text) {
			w.t.Fatalf("the page does not say %q:\n%s", text, a.body)
		}
	}
}

func (w *world) wantNot(a answer, texts ...string) {
	w.t.Helper()
	for _, text := range texts {
		if strings.Contains(string(a.body), text) {
			w.t.Fatalf("the page says %q:\n%s", text, a.body)
		}
	}
}

// setLine writes a state of an order's line, as if it had come about.
func (w *world) setLine(o purvey.Order, change func(l *purvey.Line)) {
	w.t.Helper()
	w.tx(func(tx *store.Tx) error {
		l := o.Lines[0]
		change(&l)
		return tx.UpdateLine(context.Background(), &l)
	})
}

func TestPageSaysEverything(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a, b := w.file("Noten & <Texte>.pdf", content(4_812_345)), w.file("b.mp3", content(900))
		three, days := 3, 58
		p := w.productOf(catalog.Change{
			Name: catalog.Set("Salz <b>"), FileIDs: catalog.Set([]string{a.ID, b.ID}), MaxDownloads: catalog.Set(&three), DownloadIn: catalog.Set(&days),
			Links: catalog.Set([]purvey.ProductLink{{Name: "Notes", URL: "https://example.org/notes"}}), Access: catalog.Set(purvey.AccessFileAndKey),
			KeyMode: catalog.Set(purvey.KeysGenerated),
		})
		_, v, err := w.catalog.CreateVersion(context.Background(), w.shop.ID, p.ID, catalog.NewVersion{Version: "2.1.0", Notes: "Corrected maps.", FileIDs: []string{a.ID, b.ID}, Activate: true})
		w.must(err)
		o := w.order(p)
		page := w.browse(w.page(o))
		w.wantText(page, 200, "Casa Núñez", "Order #1001 · a•••@example.org", "Salz &lt;b&gt;", "Noten &amp; &lt;Texte&gt;.pdf", "PDF · 4.8 MB", "MP3 · 900 B",
			"3 of 3 copies left", "Available until 4 March 2026", o.Lines[0].Keys[0].Key, `href="https://example.org/notes"`, "What’s new in "+v.Version, "Corrected maps.",
			"Download all files (ZIP)", `<html lang="en">`)
		w.wantNot(page, "ana@example.org", "<b>")
		// The one script is the comfort of copying a key, and the policy names it alone.
		scripts := regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindAllStringSubmatch(string(page.body), -1)
		if len(scripts) != 1 || strings.Count(string(page.body), "<script") != 1 {
			t.Fatalf("%d scripts", len(scripts))
		}
		sum := sha256.Sum256([]byte(scripts[0][1]))
		if csp := page.Header.Get("Content-Security-Policy"); !strings.HasSuffix(csp, "; script-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
			t.Fatalf("the policy does not name the script: %s", csp)
		}
		if csp := page.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") ||
			!strings.Contains(csp, "frame-ancestors 'none'") {
			t.Fatal(csp)
		}
		for name, value := range map[string]string{"Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store", "X-Robots-Tag": "noindex, nofollow"} {
			if got := page.Header.Get(name); got != value {
				t.Errorf("%s: %q", name, got)
			}
		}
		if size := len(page.body); size > 50_000 {
			t.Errorf("the page has %d bytes", size)
		}
		w.want(w.get(w.page(o)+"/files/"+a.ID), 200)
		w.wantText(w.browse(w.page(o)), 200, "2 of 3 copies left")
		w.want(w.get(w.page(o)+"/files/"+a.ID, "Range", "bytes=0-9"), 206)
		w.wantText(w.browse(w.page(o)), 200, "1 of 3 copies left · the copy you began can be finished")
	})
}

// TestScannersUseNothingUp follows whatever a page links to, as mail scanners
// and curious browsers do, and asks with HEAD for the rest.
func TestScannersUseNothingUp(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		f, g := w.file("a.pdf", content(1000)), w.file("b.pdf", content(1000))
		o := w.order(w.product(1, f, g))
		path := w.page(o)
		links := regexp.MustCompile(`(?:href|src)="([^"]*)"`)
		for _, agent := range []string{"Mozilla/5.0", "BarracudaCentral", "Slackbot-LinkExpanding 1.0", "Microsoft Office/16.0"} {
			page := w.browse(path, "User-Agent", agent)
			w.want(page, 200)
			for _, m := range links.FindAllStringSubmatch(string(page.body), -1) {
				if strings.HasPrefix(m[1], "/d/") || strings.HasPrefix(m[1], "/b/") {
					t.Errorf("the page links to %s", m[1])
				}
			}
			w.want(w.do("HEAD", path), 200)
			w.want(w.do("HEAD", path+"/files/"+f.ID), 200)
			w.want(w.do("HEAD", path+"/zip"), 200)
			if _, to := w.press(path+"/files/"+f.ID, nil); to == "" {
				t.Error("the button leads nowhere")
			} else {
				w.want(w.do("HEAD", to), 200)
			}
		}
		if got := w.copies(o); len(got) != 0 {
			t.Fatalf("scanners began %d copies", len(got))
		}
		w.wantText(w.browse(path), 200, "1 of 1 copies left")
	})
}

func TestButtonLeadsToTheBytes(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		goods := content(5000)
		f := w.file("Lied.mp3", goods)
		o := w.order(w.product(1, f))
		a, to := w.press(w.page(o)+"/files/"+f.ID, url.Values{"line": {o.Lines[0].ID}})
		if a.StatusCode != 303 || !strings.HasPrefix(to, "/b/") {
			t.Fatalf("%d to %q", a.StatusCode, to)
		}
		w.wantBytes(w.get(to), 200, goods)
		a, to = w.press(w.page(o)+"/files/"+f.ID, nil)
		w.wantText(a, 403, "All copies have been downloaded", "ask the shop", "Back to your downloads")
		if to != "" {
			t.Fatal(to)
		}
		w.wantText(w.browse(w.page(o)), 200, "All copies have been downloaded")
		refused := w.get(w.page(o) + "/files/" + f.ID) // a program wants no page
		if kind := refused.Header.Get("Content-Type"); refused.StatusCode != 403 || !strings.HasPrefix(kind, "text/plain") {
			t.Fatalf("%d %s", refused.StatusCode, kind)
		}
		if refused.Header.Get("Content-Disposition") != "" || refused.Header.Get("ETag") != "" {
			t.Fatalf("a refusal with headers of the file: %v", refused.Header)
		}
	})
}

// BDD-29
func TestBDD29_AccessDisabledClosesThePage(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		f := w.file("a.pdf", content(100))
		p := w.productOf(catalog.Change{FileIDs: catalog.Set([]string{f.ID}), Access: catalog.Set(purvey.AccessFileAndKey), KeyMode: catalog.Set(purvey.KeysGenerated)})
		o := w.order(p)
		key := o.Lines[0].Keys[0].Key
		_, grant := w.press(w.page(o)+"/files/"+f.ID, nil)
		w.wantText(w.browse(w.page(o)), 200, key)
		_, err := w.orders.SetAccess(context.Background(), w.scope, o.ID, false)
		w.must(err)
		closed := w.browse(w.page(o))
		w.wantText(closed, 403, "Access is switched off", "ask the shop")
		w.wantNot(closed, key, "a.pdf")
		for _, path := range []string{w.page(o) + "/files/" + f.ID, w.page(o) + "/zip", grant} {
			w.want(w.get(path), 403)
		}
		a, _ := w.press(w.page(o)+"/files/"+f.ID, nil)
		w.want(a, 403)
		_, err = w.orders.SetAccess(context.Background(), w.scope, o.ID, true)
		w.must(err)
		w.wantText(w.browse(w.page(o)), 200, key)
		w.want(w.get(w.page(o)+"/files/"+f.ID), 200)
	})
}

// BDD-30
func TestBDD30_ExpiryAndLimits(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := context.Background()
		f := w.file("a.pdf", content(100))
		zero, two, days := 0, 2, 30
		limits := func(p purvey.Product, most, in *int) {
			_, err := w.catalog.SetLimits(ctx, w.shop, p.ID, catalog.Limits{MaxDownloads: catalog.Set(most), DownloadIn: catalog.Set(in)})
			w.must(err)
		}
		p := w.product(0, f)
		o := w.order(p)
		path := w.page(o) + "/files/" + f.ID
		for range 5 { // 0 is any number
			w.want(w.get(path), 200)
		}
		limits(p, nil, nil)
		w.want(w.get(path), 200)
		limits(p, &two, &zero)
		w.want(w.get(path), 403)
		q := w.order(p)
		other := w.page(q) + "/files/" + f.ID
		for _, want := range []int{200, 200, 403} {
			w.want(w.get(other), want)
		}
		// A raised limit reaches old orders at once.
		three := 3
		limits(p, &three, &days)
		w.want(w.get(other), 200)
		w.want(w.get(other), 403)
		// The counter is set back by hand.
		w.clock.Advance(time.Second)
		_, err := w.orders.ResetDownloads(ctx, w.scope, q.ID, q.Lines[0].ID)
		w.must(err)
		w.wantText(w.browse(w.page(q)), 200, "3 of 3 copies left")
		w.clock.Advance(time.Second)
		w.want(w.get(other), 200)
		got := w.copies(q)
		if last := got[len(got)-1]; !last.Redownload || len(got) != 4 {
			t.Fatalf("after the counter was set back: %+v", got)
		}
		// Expiry counts from the purchase.
		w.clock.Set(q.CreatedAt.AddDate(0, 0, 30).Add(-time.Second))
		w.want(w.get(other), 200)
		w.clock.Advance(time.Second)
		w.want(w.get(other), 403)
		w.wantText(w.browse(w.page(q)), 403, "Access has expired")
		limits(p, &zero, &zero)
		w.want(w.get(other), 200)
	})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := context.Background()
		f := w.file("a.pdf", content(100))
		regular := w.product(0, f)
		for name, c := range map[string]struct {
			make   func() purvey.Order
			page   int
			says   string
			listed bool // the file's name may be seen
		}{
			"unpaid": {func() purvey.Order { return w.place(order.Request{Financial: purvey.Pending}, regular) }, 200, "Waiting for payment", false},
			"held":   {func() purvey.Order { return w.place(order.Request{Risk: purvey.RiskHigh}, regular) }, 200, "The order is being checked", false},
			"scheduled": {func() purvey.Order {
				return w.order(w.productOf(catalog.Change{
					FileIDs: catalog.Set([]string{f.ID}), Delivering: catalog.Set(purvey.Scheduled),
					ScheduledDate: catalog.Set("2026-03-04T09:00:00"), ScheduledZone: catalog.Set("Europe/Paris"),
				}))
			}, 200, "4 March 2026, 09:00 (Europe/Paris)", false},
			"unique": {func() purvey.Order {
				return w.order(w.productOf(catalog.Change{Delivering: catalog.Set(purvey.Unique)}))
			}, 200, "Your files are on their way", false},
			"failed": {func() purvey.Order {
				o := w.order(regular)
				w.setLine(o, func(l *purvey.Line) { l.Status = purvey.LineFailed })
				return o
			}, 200, "Something went wrong", false},
			"refunded": {func() purvey.Order {
				o := w.order(regular)
				refunded := purvey.Refunded
				_, err := w.orders.Patch(ctx, w.scope, o.ID, order.Patch{Financial: &refunded})
				w.must(err)
				return o
			}, 403, "This purchase was refunded", false},
			"canceled": {func() purvey.Order {
				o := w.order(regular)
				w.setLine(o, func(l *purvey.Line) { l.Status = purvey.LineCanceled })
				return o
			}, 403, "This purchase was canceled", false},
			"paused": {func() purvey.Order {
				o := w.order(regular)
				w.setLine(o, func(l *purvey.Line) { l.Status = purvey.LinePaused })
				return o
			}, 403, "Access is paused", false},
		} {
			o := c.make()
			page := w.browse(w.page(o))
			if page.StatusCode != c.page || !strings.Contains(string(page.body), c.says) {
				t.Errorf("%s: the page is %d, want %d and %q\n%.900s", name, page.StatusCode, c.page, c.says, page.body)
			}
			if strings.Contains(string(page.body), "a.pdf") {
				t.Errorf("%s: the page names the file", name)
			}
			for _, path := range []string{w.page(o) + "/files/" + f.ID, w.page(o) + "/zip"} {
				want := 403
				if name == "unique" && !strings.HasSuffix(path, "zip") {
					want = 404 // the order has no such file
				}
				if a := w.get(path); a.StatusCode != want {
					t.Errorf("%s: %s is %d, want %d", name, path, a.StatusCode, want)
				}
			}
			if n := len(w.copies(o)); n != 0 {
				t.Errorf("%s: %d copies began", name, n)
			}
		}
	})
}

// BDD-34
func TestBDD34_Access(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		f := w.file("a.pdf", content(100))
		_, err := license.New(w.db).Add(context.Background(), w.scope, license.Batch{Keys: []string{"K-1", "K-2"}})
		w.must(err)
		for access, c := range map[purvey.Access]struct{ file, key bool }{
			purvey.AccessFile: {true, false}, purvey.AccessKey: {false, true}, purvey.AccessFileAndKey: {true, true},
		} {
			change := catalog.Change{FileIDs: catalog.Set([]string{f.ID}), Access: catalog.Set(access)}
			if access.HasKeys() {
				change.KeyMode = catalog.Set(purvey.KeysFromPool)
			}
			o := w.order(w.productOf(change))
			page := string(w.browse(w.page(o)).body)
			if strings.Contains(page, "a.pdf") != c.file || strings.Contains(page, "<code>K-") != c.key {
				t.Errorf("%s: %s", access, page)
			}
			want := http.StatusOK
			if !c.file {
				want = http.StatusNotFound
			}
			if a := w.get(w.page(o) + "/files/" + f.ID); a.StatusCode != want {
				t.Errorf("%s: the file is %d", access, a.StatusCode)
			}
		}
	})
}

func TestPageSpeaksTheCustomersLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	f := w.file("a.pdf", content(1_234_567))
	days := 58
	p := w.productOf(catalog.Change{FileIDs: catalog.Set([]string{f.ID}), DownloadIn: catalog.Set(&days)})
	for locale, texts := range map[string][]string{
		"es-AR": {"Tus descargas", "Disponible hasta el 4 de marzo de 2026", "1,2 MB"},
		"pt-BR": {"Os seus downloads", "Disponível até 4 de março de 2026", "1,2 MB"},
		"de":    {"Ihre Downloads", "Verfügbar bis 4. März 2026", "1,2 MB"},
		"fr_FR": {"Vos téléchargements", "Disponible jusqu’au 4 mars 2026", "1,2 MB"},
		"en-GB": {"Your downloads", "Available until 4 March 2026", "1.2 MB"},
		"ja":    {"Vos téléchargements"}, // not one of ours: the browser's second choice
	} {
		o := w.place(order.Request{Customer: purvey.Customer{Email: "x@example.org", Locale: locale}}, p)
		w.wantText(w.browse(w.page(o), "Accept-Language", "ja,fr;q=0.8,de;q=0.5"), 200, texts...)
	}
}

func TestDisabledShopIsClosed(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		f := w.file("a.pdf", content(100))
		o := w.order(w.product(0, f))
		w.want(w.get(w.page(o)+"/files/"+f.ID), 200)
		w.tx(func(tx *store.Tx) error { return tx.SetShopState(context.Background(), w.shop.ID, purvey.ShopDisabled) })
		w.wantText(w.browse(w.page(o)), 403, "The shop is closed")
		w.want(w.get(w.page(o)+"/files/"+f.ID), 403)
	})
}

func TestCorrectedAddressKillsOldLinks(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		f := w.file("a.pdf", content(100))
		o := w.order(w.product(0, f))
		old := w.page(o)
		_, grant := w.press(old+"/files/"+f.ID, nil)
		w.want(w.get(grant), 200)
		address := "ana.lopez@example.org"
		o, err := w.orders.Resend(context.Background(), w.scope, o.ID, &address)
		w.must(err)
		for _, path := range []string{old, old + "/files/" + f.ID, old + "/zip", grant} {
			w.want(w.get(path), 404)
		}
		w.wantText(w.browse(w.page(o)), 200, "a•••@example.org")
		w.want(w.get(w.page(o)+"/files/"+f.ID), 200)
	})
}

// BDD-41
func TestBDD41_42_DownloadEvents(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := context.Background()
		f, g := w.file("a.pdf", content(5000)), w.file("b.pdf", content(10))
		o := w.order(w.product(0, f, g))
		path := w.page(o) + "/files/"
		w.want(w.get(path+f.ID, "Range", "bytes=0-9"), 206)
		w.want(w.get(path+f.ID, "Range", "bytes=10-"), 206)
		w.want(w.do("HEAD", path+f.ID), 200)
		w.want(w.get(path+f.ID), 200)
		w.want(w.get(path+g.ID), 200)
		w.settled(o, func(got []purvey.Download) bool { return len(got) == 3 })
		events, err := w.db.EventsOfOrder(ctx, w.scope, o.ID)
		w.must(err)
		var told []string
		for _, e := range events {
			if e.Data.Download == nil {
				continue
			}
			told = append(told, string(e.Type)+" "+e.Data.File.Name)
			if d := e.Data; d.Order.ID != o.ID || d.Order.Customer.Email == "" || d.Line.ID != o.Lines[0].ID || d.Download.FileID != d.File.ID || d.Download.ID == "" {
				t.Errorf("%+v", d)
			}
		}
		if got := strings.Join(told, ", "); got != "file.downloaded a.pdf, file.redownloaded a.pdf, file.downloaded b.pdf" &&
			got != "file.downloaded a.pdf, file.downloaded b.pdf, file.redownloaded a.pdf" {
			t.Fatal(got)
		}
	})
}

// BDD-38
func TestBDD38_Statistics(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := context.Background()
		f := w.file("a.pdf", content(5000))
		p := w.product(0, f)
		paid, imported := w.order(p), w.place(order.Request{Imported: true, CreatedAt: w.clock.Now().Add(-time.Hour)}, p)
		for _, o := range []purvey.Order{paid, imported, paid, paid} {
			w.want(w.get(w.page(o)+"/files/"+f.ID), 200)
		}
		w.want(w.get(w.page(paid)+"/files/"+f.ID, "Range", "bytes=0-999"), 206)
		st, err := w.delivery.Stats(ctx, w.scope, w.clock.Now().Add(-time.Hour), w.clock.Now().Add(time.Hour))
		w.must(err)
		if st.Total != 5 || st.Counted != 2 || st.Billable != 1 || st.Bandwidth != 4*5000+1000 {
			t.Fatalf("%+v", st)
		}
		if len(st.TopFiles) != 1 || st.TopFiles[0].Downloads != 5 || st.TopFiles[0].File.Name != "a.pdf" {
			t.Fatalf("%+v", st.TopFiles)
		}
		other, err := w.delivery.Stats(ctx, purvey.Scope{ShopID: w.shop.ID, Mode: purvey.Sandbox}, w.clock.Now().Add(-time.Hour), w.clock.Now().Add(time.Hour))
		w.must(err)
		if other.Total != 0 || other.Bandwidth != 0 {
			t.Fatalf("%+v", other)
		}
		if st, err = w.delivery.Stats(ctx, w.scope, w.clock.Now().Add(time.Second), w.clock.Now().Add(time.Hour)); err != nil || st.Total != 0 {
			t.Fatalf("%+v %v", st, err)
		}
	})
}

func TestHostileNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	for name, want := range map[string]string{
		"plain.pdf":                       `attachment; filename="plain.pdf"`,
		"a b.pdf":                         `attachment; filename="a b.pdf"`,
		"Größe.wav":                       `attachment; filename="Grosse.wav"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.wav`,
		"Łódź – część.mp3":                `attachment; filename="Lodz - czesc.mp3"; filename*=UTF-8''%C5%81%C3%B3d%C5%BA%20%E2%80%93%20cz%C4%99%C5%9B%C4%87.mp3`,
		`a"b\c.pdf`:                       `attachment; filename="c.pdf"`,
		`quo"te.pdf`:                      `attachment; filename="quo_te.pdf"; filename*=UTF-8''quo%22te.pdf`,
		"100%.pdf":                        `attachment; filename="100_.pdf"; filename*=UTF-8''100%25.pdf`,
		"音楽.mp3":                          `attachment; filename="__.mp3"; filename*=UTF-8''%E9%9F%B3%E6%A5%BD.mp3`,
		"../../etc/passwd":                `attachment; filename="passwd"`,
		"a\r\nSet-Cookie: x=1.pdf":        `attachment; filename="aSet-Cookie: x=1.pdf"`,
		"x;y=z.pdf":                       `attachment; filename="x;y=z.pdf"`,
		"\u202efdp.exe":                   `attachment; filename="fdp.exe"`,
		strings.Repeat("é", 300) + ".pdf": "",
	} {
		f := w.file(name, []byte(name))
		o := w.order(w.product(0, f))
		a := w.get(w.page(o) + "/files/" + f.ID)
		got := a.Header.Get("Content-Disposition")
		if a.StatusCode != 200 || want != "" && got != want {
			t.Errorf("%q: %d\n got %s\nwant %s", name, a.StatusCode, got, want)
		}
		if strings.ContainsAny(got, "\r\n") || a.Header.Get("Set-Cookie") != "" || a.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%q: %v", name, a.Header)
		}
		_, to := w.press(w.page(o)+"/files/"+f.ID, nil)
		if u, err := url.Parse(to); err != nil || strings.Count(u.Path, "/") != 3 {
			t.Errorf("%q: the button leads to %q", name, to)
		}
		w.want(w.get(to), 200)
	}
}

func TestSameFileInTwoLines(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		f := w.file("a.pdf", content(100))
		p := w.product(1, f)
		o := w.order(p, p)
		path := w.page(o) + "/files/" + f.ID
		for _, want := range []int{200, 200, 403} {
			w.want(w.get(path), want)
		}
		got := w.copies(o)
		if len(got) != 2 || got[0].LineID == got[1].LineID || got[0].Redownload || !got[1].Redownload {
			t.Fatalf("%+v", got)
		}
	})
}

func TestUnknownMethodsAndPaths(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	f := w.file("a.pdf", content(100))
	o := w.order(w.product(0, f))
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", w.page(o) + "/files/66b0f3a7c9d2e41f5a6b7c8d", 404},
		{"GET", w.page(o) + "/files/x", 404},
		{"GET", w.page(o) + "/other", 404},
		{"DELETE", w.page(o), 405},
		{"PUT", w.page(o) + "/files/" + f.ID, 405},
	} {
		if a := w.do(c.method, c.path, "Accept", "text/html"); a.StatusCode != c.status {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, a.StatusCode, c.status)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", w.server.URL+w.page(o)+"/files/"+f.ID, strings.NewReader("line="+strings.Repeat("x", 10_000)))
	w.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := w.client.Do(r)
	w.must(err)
	res.Body.Close()
	if res.StatusCode != 413 {
		t.Errorf("a long form: %d", res.StatusCode)
	}
	if got := fmt.Sprint(w.copies(o)); got != "[]" {
		t.Error(got)
	}
}
