package buyer_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/catalog"
	"purvey/internal/middleware"
	"purvey/internal/order"
	"purvey/internal/shop"
	"purvey/internal/store"
	"purvey/internal/web/buyer"
)

// desk is a world whose server has the library too.
type desk struct {
	*world
	shops *shop.Service
	lib   *httptest.Server
}

func eachDesk(t *testing.T, test func(d *desk)) {
	t.Helper()
	each(t, func(w *world) {
		d := &desk{world: w, shops: shop.New(w.db, w.keys)}
		a := auth.New(w.db, w.keys, auth.Options{})
		w.t.Cleanup(a.Close)
		mux := http.NewServeMux()
		log := slog.New(slog.DiscardHandler)
		buyer.Register(mux, buyer.Backend{Delivery: w.delivery, Log: log})
		buyer.RegisterLibrary(mux, buyer.LibraryBackend{Auth: a, Shops: d.shops, Orders: w.orders, Delivery: w.delivery, Log: log})
		trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		d.lib = httptest.NewServer(middleware.Chain(mux, middleware.Identify(trusted)))
		w.t.Cleanup(d.lib.Close)
		test(d)
	})
}

// browser is a customer's: it keeps cookies and follows redirects.
type browser struct {
	d      *desk
	client *http.Client
	header map[string]string
	last   *http.Response
	body   string
}

func (d *desk) browser() *browser {
	d.t.Helper()
	jar, err := cookiejar.New(nil)
	d.must(err)
	transport := &http.Transport{}
	d.t.Cleanup(transport.CloseIdleConnections)
	return &browser{d: d, client: &http.Client{Jar: jar, Transport: transport}, header: map[string]string{
		"Accept": "text/html", "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0",
	}}
}

func (b *browser) do(method, path string, form url.Values) *browser {
	b.d.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = b.d.lib.URL + path
	}
	r, err := http.NewRequestWithContext(b.d.t.Context(), method, path, strings.NewReader(form.Encode()))
	b.d.must(err)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for k, v := range b.header {
		r.Header.Set(k, v)
		if k == "Host" {
			r.Host = v
		}
	}
	b.last, err = b.client.Do(r)
	b.d.must(err)
	defer b.last.Body.Close()
	text, err := io.ReadAll(b.last.Body)
	b.d.must(err)
	b.body = string(text)
	return b
}

func (b *browser) get(path string) *browser { return b.do("GET", path, nil) }

// fill sends the form that has the field.
func (b *browser) fill(field, value string, more ...string) *browser {
	b.d.t.Helper()
	for _, form := range regexp.MustCompile(`(?s)<form[^>]*method="post" action="([^"]+)">(.*?)</form>`).FindAllStringSubmatch(b.body, -1) {
		if !strings.Contains(form[2], ` name="`+field+`"`) && field != "" || field == "" && !strings.HasSuffix(form[1], value) ||
			field == "line" && !strings.Contains(form[2], value) {
			continue
		}
		values := url.Values{}
		if field != "" {
			values.Set(field, value)
		}
		for i := 0; i+1 < len(more); i += 2 {
			values.Set(more[i], more[i+1])
		}
		return b.do("POST", form[1], values)
	}
	b.d.t.Fatalf("no form with %q on %s", field, b.body)
	return b
}

func (b *browser) want(status int, texts ...string) *browser {
	b.d.t.Helper()
	if b.last.StatusCode != status {
		b.d.t.Fatalf("%s: %d, want %d: %.500s", b.last.Request.URL, b.last.StatusCode, status, b.body)
	}
	for _, text := range texts {
		if not, ok := strings.CutPrefix(text, "!"); ok == strings.Contains(b.body, not) {
			b.d.t.Errorf("%s: %q: %s", b.last.Request.URL, text, b.body)
		}
	}
	return b
}

// code is the newest that was mailed in the shop.
func (d *desk) code(shopID string) string {
	d.t.Helper()
	m, err := d.db.Messages(context.Background(), purvey.Scope{ShopID: shopID, Mode: purvey.Live}, store.MessageFilter{Kind: string(purvey.MailLoginCode)}, purvey.Page{Limit: 1})
	d.must(err)
	if len(m.Items) == 0 {
		d.t.Fatal("no code was mailed")
	}
	return m.Items[0].Data.Code
}

// signIn goes the whole way.
func (b *browser) signIn(base, email, shopID string) *browser {
	b.d.t.Helper()
	b.get(base).want(200).fill("email", email).want(200).fill("code", b.d.code(shopID)).want(200)
	return b
}

// CONT-24: a customer proves the address, sees everything bought, by whatever
// way, and has fresh links at any time.
func TestCONT24_Library(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(d *desk) {
		f := d.file("drums.zip", content(3000))
		limit := 2
		drums := d.productOf(catalog.Change{
			Name: catalog.Set("Epic Drums"), FileIDs: catalog.Set([]string{f.ID}), MaxDownloads: catalog.Set(&limit), DownloadIn: catalog.Set(&limit),
			Access: catalog.Set(purvey.AccessFileAndKey), KeyMode: catalog.Set(purvey.KeysGenerated),
		})
		pads := d.productOf(catalog.Change{Name: catalog.Set("Granular Pads"), FileIDs: catalog.Set([]string{d.file("pads.zip", content(100)).ID})})
		first := d.place(order.Request{Customer: purvey.Customer{Email: "Ana@Example.org"}}, drums)
		d.clock.Advance(time.Hour)
		d.place(order.Request{Source: purvey.SourceShopify, Name: "#S-77", Customer: purvey.Customer{Email: "ana@example.org"}}, pads)
		d.place(order.Request{Customer: purvey.Customer{Email: "bo@example.org"}}, pads)
		d.clock.Advance(time.Hour)
		d.place(order.Request{Financial: purvey.Pending, Customer: purvey.Customer{Email: "ana@example.org"}}, drums)

		b := d.browser()
		b.get("/my").want(200, "Sign in to your library", "Casa Núñez", "!<script")
		b.fill("email", "ana@example.org").want(200, "Enter your code", "!ana@example.org")
		b.fill("code", "000000").want(403, "wrong or no longer valid")
		b.fill("code", d.code(d.shop.ID)).want(200, "Your library", "Signed in as ana@example.org", "Order #S-77", "Order "+first.Name, "Epic Drums",
			"2 of 2 copies left", "Available until 7 January 2026", first.Lines[0].Keys[0].Key, "Waiting for payment", "!bo@example.org")
		if i, j, k := strings.Index(b.body, "Waiting for payment"), strings.Index(b.body, "#S-77"), strings.Index(b.body, "Order "+first.Name); i > j || j > k {
			t.Error("the newest is not first")
		}
		for _, c := range b.last.Request.Cookies() {
			if c.Name == "purvey_my_code" {
				t.Error("the request to sign in is still remembered")
			}
		}
		// A button leads to the bytes, and the page says what is left.
		b.fill("line", first.Lines[0].ID).want(200)
		if len(b.body) != 3000 {
			t.Errorf("%d bytes", len(b.body))
		}
		b.get("/my").want(200, "1 of 2 copies left")
		b.get("/my?q=DRUMS").want(200, "Epic Drums", "!#S-77")
		b.get("/my?q=s-77").want(200, "#S-77", "!Epic Drums")
		b.get("/my?q=%3Cb%3E").want(200, "Nothing found for “&lt;b&gt;”.")
		d.clock.Advance(3 * 24 * time.Hour)
		b.get("/my").want(200, "Access has expired", "!"+first.Lines[0].Keys[0].Key)
		d.clock.Advance(27 * 24 * time.Hour)
		b.get("/my").want(200, "Sign in to your library")
	})
}

// Signing out, here and everywhere, and what a session is worth elsewhere.
func TestLibrarySessions(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(d *desk) {
		p := d.product(0, d.file("a.zip", content(10)))
		d.place(order.Request{Customer: purvey.Customer{Email: "ana@example.org"}}, p)
		other, err := d.shops.Create(t.Context(), "other", "")
		d.must(err)
		one, two := d.browser(), d.browser()
		one.signIn("/my", "ana@example.org", d.shop.ID).want(200, "Your library")
		two.signIn("/s/default/my", "ana@example.org", d.shop.ID).want(200, "Your library")
		one.get("/s/other/my").want(200, "Sign in")
		two.fill("", "/leave").want(200, "Sign in")
		one.get("/my").want(200, "Your library")
		two.signIn("/s/default/my", "ana@example.org", d.shop.ID)
		one.get("/my?tab=devices").fill("", "/leave-for-good").want(200, "Sign in")
		two.get("/s/default/my").want(200, "Sign in")
		d.must(d.shops.Disable(t.Context(), "other"))
		one.get("/s/other/my").want(403, "The shop is closed")
		one.get("/s/nobody/my").want(404)
		one.get("/s/a_b/my").want(404)
		one.get("/my/else").want(404)
		// By its own host.
		d.must(d.shops.Enable(t.Context(), "other"))
		d.must(d.shops.Patch(t.Context(), other.ID, []byte(`{"shop":{"name":"The Other","public_url":"https://other.example"}}`)))
		one.header["Host"] = "other.example"
		one.get("/my").want(200, "The Other")
		one.header["Host"] = "unknown.example"
		one.get("/my").want(200, "Casa Núñez")
	})
}

// The answers for a customer's address and a stranger's are one and the same.
func TestLibraryTellsNoAddress(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(d *desk) {
		d.place(order.Request{Customer: purvey.Customer{Email: "ana@example.org"}}, d.product(0, d.file("a.zip", content(10))))
		page := func(field, value string, more ...string) string {
			b := d.browser()
			b.get("/my").fill(field, value, more...)
			return fmt.Sprint(b.last.StatusCode, b.last.Request.URL.Path, b.body)
		}
		if page("email", "ana@example.org") != page("email", "nobody@example.org") {
			t.Error("the form for the code differs")
		}
		if page("order", "1001", "email", "ana@example.org") != page("order", "1001", "email", "nobody@example.org") ||
			page("order", "1001", "email", "ana@example.org") != page("order", "9999", "email", "ana@example.org") {
			t.Error("the search for an order differs")
		}
		b := d.browser()
		b.get("/my").fill("email", "nobody@example.org").want(200).fill("code", "123456").want(403)
		known := d.browser()
		known.get("/my").fill("email", "ana@example.org").want(200).fill("code", "123456")
		if d.code(d.shop.ID) != "123456" && known.body != b.body {
			t.Error("a wrong code is answered in two ways")
		}
		b.get("/my").fill("email", "not an address").want(422, "does not look like")
	})
}

// Looking at pages signs nobody in or out, foreign pages can't either, and
// cookies are kept to themselves.
func TestLibraryForms(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(d *desk) {
		d.place(order.Request{Customer: purvey.Customer{Email: "ana@example.org"}}, d.product(0, d.file("a.zip", content(10))))
		b := d.browser()
		b.get("/my").fill("email", "ana@example.org")
		code := d.code(d.shop.ID)
		b.get("/my/code?code="+code).want(200, "Enter your code")
		b.get("/my").want(200, "Sign in")
		d.browser().get("/my/code").want(200, "Sign in") // nothing was asked for
		b.get("/my/code")
		b.header["Sec-Fetch-Site"] = "cross-site"
		b.fill("code", code).want(405)
		b.get("/my/code").want(200, "Enter your code") // a link from elsewhere may be followed
		delete(b.header, "Sec-Fetch-Site")
		b.header["X-Forwarded-Proto"] = "https"
		b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		b.fill("code", code).want(303)
		cookies := b.last.Cookies()
		if len(cookies) != 3 {
			t.Fatalf("%v", cookies)
		}
		for _, c := range cookies {
			if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/my" {
				t.Errorf("%+v", c)
			}
			if c.Name == "purvey_my" && c.MaxAge != int(purvey.SessionLife/time.Second) {
				t.Errorf("%+v", c)
			}
		}
		if got := b.last.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("Cache-Control %q", got)
		}
	})
}

// A flood of requests from one address is refused, and a browser behind it
// still signs in.
func TestLibraryFlood(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(d *desk) {
		d.place(order.Request{Customer: purvey.Customer{Email: "ana@example.org"}}, d.product(0, d.file("a.zip", content(10))))
		flood := d.browser()
		flood.client.Jar = nil
		flood.header["X-Forwarded-For"] = "198.51.100.7"
		flood.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		refused := 0
		for i := range 100 {
			flood.do("POST", "/my", url.Values{"email": {fmt.Sprintf("x%d@example.org", i)}})
			if flood.last.StatusCode == 429 {
				refused++
				if flood.last.Header.Get("Retry-After") == "" || !strings.Contains(flood.body, "Too many requests") {
					t.Errorf("%v %s", flood.last.Header, flood.body)
				}
			}
		}
		if refused != 40 {
			t.Errorf("%d refused", refused)
		}
		flood.do("POST", "/my/find", url.Values{"email": {"ana@example.org"}, "order": {"1001"}}).want(429)
		b := d.browser()
		b.header["X-Forwarded-For"] = "198.51.100.7"
		b.signIn("/my", "ana@example.org", d.shop.ID).want(200, "Your library")
	})
}

// The number of an order and its address bring a fresh link to that address,
// and no more than a few.
func TestFindMyPurchase(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(d *desk) {
		p := d.product(0, d.file("a.zip", content(10)))
		r := order.Request{Name: "#2041 (shopify)", Source: purvey.SourceShopify, ExternalReference: "612", Customer: purvey.Customer{Email: "ana@example.org", Locale: "es"}}
		o := d.place(r, p)
		d.place(order.Request{Name: "#3000", Financial: purvey.Pending, Customer: purvey.Customer{Email: "ana@example.org"}}, p)
		mails := func() []purvey.Message {
			m, err := d.db.Messages(t.Context(), d.scope, store.MessageFilter{Kind: string(purvey.MailDelivery)}, purvey.Page{Limit: 100})
			d.must(err)
			return m.Items
		}
		find := func(number, email string) int {
			d.browser().get("/my").fill("order", number, "email", email).want(200, "If there is such an order of that address")
			return len(mails())
		}
		if n := find("2041", "bo@example.org") + find("9999", "ana@example.org") + find("3000", "ana@example.org") + find("", "ana@example.org"); n != 0 {
			t.Fatalf("%d mails to nobody", n)
		}
		for i, number := range []string{"#2041", " 2041 ", "612"} {
			if n := find(number, "Ana@example.org"); n != i+1 {
				t.Errorf("%q: %d mails", number, n)
			}
		}
		if n := find(fmt.Sprint(o.Number), "ana@example.org"); n != 3 {
			t.Errorf("%d mails within an hour", n)
		}
		if m := mails()[0]; m.To != "ana@example.org" || m.OrderID != o.ID || m.Data.PageURL != d.delivery.PageURL(d.shop, o) {
			t.Errorf("%+v", m)
		}
		d.clock.Advance(time.Hour)
		if n := find(fmt.Sprint(o.Number), "ana@example.org"); n != 4 {
			t.Errorf("%d mails after an hour", n)
		}
	})
}

// Every page speaks the five languages, and says nothing in a sixth.
func TestLibraryLanguages(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(d *desk) {
		p := d.product(0, d.file("a.zip", content(10)))
		d.place(order.Request{Customer: purvey.Customer{Email: "ana@example.org"}}, p)
		for lang, want := range map[string][3]string{
			"en": {"Sign in to your library", "Enter your code", "Your library"}, "es-MX": {"Entra en tu biblioteca", "Escribe tu código", "Tu biblioteca"},
			"pt-BR": {"Entre na sua biblioteca", "Escreva o seu código", "A sua biblioteca"}, "de": {"In Ihrer Bibliothek anmelden", "Code eingeben", "Ihre Bibliothek"},
			"fr": {"Accéder à votre bibliothèque", "Saisissez votre code", "Votre bibliothèque"}, "ja": {"Sign in to your library", "Enter your code", "Your library"},
		} {
			b := d.browser()
			b.header["Accept-Language"] = lang
			b.get("/my").want(200, want[0]).fill("email", "ana@example.org").want(200, want[1]).fill("code", d.code(d.shop.ID)).want(200, want[2])
			if gap := regexp.MustCompile(`\{[a-z]+\}`).FindString(b.body); gap != "" {
				t.Errorf("%s: %s was not filled", lang, gap)
			}
		}
	})
}

// A library of many orders comes in pieces that leave nothing out.
func TestLibraryPieces(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(d *desk) {
		p := d.product(0, d.file("a.zip", content(10)))
		for range 65 {
			d.clock.Advance(time.Second)
			d.place(order.Request{Customer: purvey.Customer{Email: "ana@example.org"}}, p)
		}
		b := d.browser()
		b.signIn("/my", "ana@example.org", d.shop.ID)
		heading := regexp.MustCompile(`>Order (#\d+)</a>`)
		older := regexp.MustCompile(`<a class="button second" href="(/my\?[^"]+)"`)
		var got []string
		for range 10 {
			for _, m := range heading.FindAllStringSubmatch(b.body, -1) {
				got = append(got, m[1])
			}
			next := older.FindStringSubmatch(b.body)
			if next == nil {
				break
			}
			b.get(strings.ReplaceAll(next[1], "&amp;", "&")).want(200)
		}
		if len(got) != 65 || got[0] != "#1065" || got[64] != "#1001" {
			t.Errorf("%d orders: %v", len(got), got)
		}
		for i := 1; i < len(got); i++ {
			if got[i] >= got[i-1] {
				t.Errorf("%s after %s", got[i], got[i-1])
			}
		}
	})
}
