package bigdd

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// statuses of an order's lines, read again.
func (d *desk) statuses(o orderSeen) string {
	d.t.Helper()
	var out []string
	for _, l := range d.show(o.ID).Lines {
		out = append(out, l.Status)
	}
	return strings.Join(out, " ")
}

// patch changes an order.
func (d *desk) patch(o orderSeen, body string) orderSeen {
	d.t.Helper()
	var got orderSeen
	d.ok(200, "PATCH", "orders/"+o.ID, body, &got)
	return got
}

// BDD-31, BDD-39, BDD-40: a REGULAR order is delivered when it is paid and not
// risky, by whatever way it gets there, once; imported ones fire nothing.
func TestBDD31_Gate(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		file := d.store("kit.zip", "kit")
		p := d.product("Kit", `"file_ids":["`+file+`"]`)
		check := func(what string, o orderSeen, status string, purchased, delivered, page, bytes int) {
			t.Helper()
			if got := d.statuses(o); got != status {
				t.Errorf("%s: the line is %s, want %s", what, got, status)
			}
			d.sent(o.ID, purchased, delivered, delivered)
			if got, _ := d.fetch(d.page(o)); got != page {
				t.Errorf("%s: the page answers %d, want %d", what, got, page)
			}
			if got, _ := d.fetch(d.page(o) + "/files/" + file); got != bytes {
				t.Errorf("%s: the file answers %d, want %d", what, got, bytes)
			}
		}
		check("paid", d.buy(p), "active", 1, 1, 200, 200)
		for _, status := range []string{"PENDING", "AUTHORIZED", "PARTIALLY_PAID"} {
			o := d.buy(p, `"financial_status":"`+status+`"`)
			check(status, o, "unpaid", 0, 0, 200, 403)
			for range 2 {
				d.patch(o, `{"financial_status":"PAID"}`)
			}
			check(status+", paid", o, "active", 1, 1, 200, 200)
		}
		risky := d.buy(p, `"risk_level":"HIGH"`)
		check("risky", risky, "processing", 1, 0, 200, 403)
		d.patch(risky, `{"risk_level":"HIGH"}`)
		check("risky still", risky, "processing", 1, 0, 200, 403)
		if o := d.patch(risky, `{"risk_level":null}`); o.RiskLevel != nil {
			t.Errorf("%+v", o)
		}
		check("lifted", risky, "active", 1, 1, 200, 200)
		d.patch(risky, `{"risk_level":"HIGH"}`) // what was delivered stays
		check("risky again", risky, "active", 1, 1, 200, 200)
		both := d.buy(p, `"risk_level":"HIGH"`, `"financial_status":"PENDING"`)
		d.patch(both, `{"financial_status":"PAID"}`)
		check("paid and risky", both, "processing", 1, 0, 200, 403)
		d.patch(both, `{"risk_level":"MEDIUM"}`)
		check("neither", both, "active", 1, 1, 200, 200)
		late := d.buy(p, `"risk_level":"HIGH"`, `"financial_status":"PENDING"`)
		d.patch(late, `{"financial_status":"PAID","risk_level":"LOW"}`)
		check("both at once", late, "active", 1, 1, 200, 200)
		quiet := d.buy(p, `"send_email":false`)
		check("without a mail", quiet, "active", 1, 0, 200, 200)
		check("imported", d.buy(p, `"is_imported":true`), "active", 0, 0, 200, 200)
		old := d.buy(p, `"is_imported":true`, `"financial_status":"PENDING"`)
		d.patch(old, `{"financial_status":"PAID"}`)
		check("imported, paid later", old, "active", 0, 1, 200, 200)

		// The event carries the whole order as it was.
		o := d.buy(p, `"currency":"EUR"`)
		e := d.hooks("digital_order.purchased", o.ID)[0]
		if e.Data["name"] != o.Name || e.Data["financial_status"] != "PAID" || e.Data["customer"].(object)["email"] != "ana@example.org" ||
			e.Data["currency"] != "EUR" || len(e.Data["lines"].([]any)) != 1 || e.Data["download_url"] != nil {
			t.Errorf("%v", e.Data)
		}
	})
}

// BDD-33: at the date in its zone; before it nothing, behind it at once.
func TestBDD33_Scheduled(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) { // it is noon of 5 January, UTC
		file := d.store("album.zip", "album")
		p := d.product("Album", `"file_ids":["`+file+`"]`, `"delivering_type":"SCHEDULED"`, `"scheduled_delivery_date":"2026-01-08T09:00:00"`,
			`"scheduled_delivery_timezone":"America/New_York"`)
		var shown object
		d.ok(200, "GET", "digital-products/"+p, "", &shown)
		if shown["scheduled_delivery_date"] != "2026-01-08T14:00:00.000Z" || shown["scheduled_delivery_timezone"] != "America/New_York" {
			t.Errorf("%v", shown)
		}
		early, unpaid := d.buy(p), d.buy(p, `"financial_status":"PENDING"`)
		quiet := d.place(`"customer":{"email":"ben@example.org"}`, `[{"digital_product_id":"`+p+`"},{"digital_product_id":"`+d.product("Kit")+`"}]`)
		d.clock.Set(time.Date(2026, 1, 8, 13, 59, 59, 0, time.UTC))
		d.sent(early.ID, 1, 0, 0)
		d.sent(quiet.ID, 1, 1, 1) // of the other product
		if got := d.statuses(quiet); got != "processing active" {
			t.Error(got)
		}
		if status, body := d.fetch(d.page(early)); status != 200 || strings.Contains(body, "album.zip") {
			t.Errorf("the page before: %d", status)
		}
		if status, _ := d.fetch(d.page(early) + "/files/" + file); status != 403 {
			t.Errorf("the file before: %d", status)
		}
		d.clock.Advance(time.Second)
		d.sent(early.ID, 1, 1, 1)
		d.sent(quiet.ID, 1, 2, 2)
		d.sent(unpaid.ID, 0, 0, 0)
		if status, body := d.fetch(d.page(early) + "/files/" + file); status != 200 || body != "album" {
			t.Errorf("the file at the date: %d", status)
		}
		d.sent(d.buy(p).ID, 1, 1, 1)
		d.patch(unpaid, `{"financial_status":"PAID"}`)
		d.sent(unpaid.ID, 1, 1, 1)

		// A date that is moved: the old one passes in silence.
		moved := d.product("Moved", `"delivering_type":"SCHEDULED"`, `"scheduled_delivery_date":"2026-02-01T10:00:00Z"`, `"file_ids":["`+file+`"]`)
		o := d.buy(moved)
		d.ok(200, "PATCH", "digital-products/"+moved, `{"scheduled_delivery_date":"2026-03-01T10:00:00Z"}`, nil)
		d.clock.Set(time.Date(2026, 2, 10, 0, 0, 0, 0, time.UTC))
		d.sent(o.ID, 1, 0, 0)
		d.ok(200, "PATCH", "digital-products/"+moved, `{"scheduled_delivery_date":"2026-02-05T10:00:00Z"}`, nil)
		d.sent(o.ID, 1, 1, 1)
		d.clock.Set(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))
		d.sent(o.ID, 1, 1, 1)
	})
}

// BDD-34, BDD-35: what each kind of access delivers; one key for each unit,
// the oldest of the tag first; keys made afresh.
func TestBDD34_Access(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		file := d.store("app.zip", "app")
		with := func(access, more string) string {
			return d.product("App", `"access":"`+access+`","file_ids":["`+file+`"]`+more)
		}
		files, keysOnly := with("FILE", `,"license_key_tag":"pro"`), with("LICENSE_KEY", `,"license_key_tag":"pro"`)
		both, untagged := with("FILE_WITH_LICENCE_KEY", `,"license_key_tag":"pro"`), with("FILE_WITH_LICENCE_KEY", "")
		made := with("LICENSE_KEY", `,"license_key_tag":"made","license_key_mode":"GENERATED"`)
		d.stock("other", "OTHER-1")
		d.stock("pro", "PRO-3", "PRO-1") // in the order they came, not in that of their text
		d.clock.Advance(time.Second)
		d.stock("", "BARE-1", "BARE-2")
		d.stock("pro", "PRO-2", "PRO-4")
		buy := func(product string, quantity int) (orderSeen, string) {
			t.Helper()
			o := d.place(`"customer":{"email":"ana@example.org"}`, fmt.Sprintf(`[{"digital_product_id":"%s","quantity":%d}]`, product, quantity))
			return o, strings.Join(o.Lines[0].LicenseKeys, " ")
		}
		fetch := func(o orderSeen) (page, bytes int, text string) {
			t.Helper()
			page, text = d.fetch(d.page(o))
			bytes, _ = d.fetch(d.page(o) + "/files/" + file)
			return page, bytes, text
		}
		o, held := buy(files, 1)
		if page, bytes, text := fetch(o); held != "" || page != 200 || bytes != 200 || !strings.Contains(text, "app.zip") {
			t.Errorf("FILE: %q %d %d", held, page, bytes)
		}
		o, held = buy(keysOnly, 1)
		if page, bytes, text := fetch(o); held != "PRO-3" || page != 200 || bytes == 200 || strings.Contains(text, "app.zip") || !strings.Contains(text, "PRO-3") {
			t.Errorf("LICENSE_KEY: %q %d %d", held, page, bytes)
		}
		d.sent(o.ID, 1, 1, 1)
		o, held = buy(both, 2)
		if page, bytes, text := fetch(o); held != "PRO-1 PRO-2" || page != 200 || bytes != 200 || !strings.Contains(text, "PRO-2") {
			t.Errorf("FILE_WITH_LICENCE_KEY: %q %d %d", held, page, bytes)
		}
		if _, held := buy(untagged, 1); held != "BARE-1" {
			t.Errorf("without a tag: %q", held)
		}
		o, held = buy(made, 3)
		form := regexp.MustCompile(`^[0-9A-Z]{5}(-[0-9A-Z]{5}){3}$`)
		for _, k := range o.Lines[0].LicenseKeys {
			if !form.MatchString(k) || d.validate(k) != "true true made "+o.Name+" "+o.ID {
				t.Errorf("made: %q, %s", k, d.validate(k))
			}
		}
		if len(o.Lines[0].LicenseKeys) != 3 {
			t.Errorf("made: %q", held)
		}
		d.sent(o.ID, 1, 1, 1)
		// An unpaid order takes none.
		unpaid := d.buy(keysOnly, `"financial_status":"PENDING"`)
		if len(unpaid.Lines[0].LicenseKeys) != 0 || d.count("license-keys?status=available&tag=pro") != 1 {
			t.Errorf("unpaid: %+v", unpaid.Lines[0])
		}
		if got := d.patch(unpaid, `{"financial_status":"PAID"}`); fmt.Sprint(got.Lines[0].LicenseKeys) != "[PRO-4]" {
			t.Errorf("paid: %+v", got.Lines[0])
		}
		if e := d.hooks("license_key.assigned", unpaid.ID); len(e) != 1 || e[0].Data["license_key"].(object)["key"] != "PRO-4" {
			t.Errorf("%+v", e)
		}
	})
}

// BDD-36: out of stock, the buyer hears that the key follows; who paid first
// is served first, also before those who come later; who is held back or has
// got the money back is not.
func TestBDD36_OutOfStock(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		file := d.store("app.zip", "app")
		key := d.product("Key", `"access":"LICENSE_KEY","license_key_tag":"pro"`)
		both := d.product("Both", `"access":"FILE_WITH_LICENCE_KEY","license_key_tag":"pro","file_ids":["`+file+`"]`)
		next := func(o orderSeen) orderSeen { d.clock.Advance(time.Second); return o }
		unpaid := next(d.buy(key, `"financial_status":"PENDING"`))
		first := next(d.place(`"customer":{"email":"ana@example.org"}`, `[{"digital_product_id":"`+key+`","quantity":2}]`))
		withFile := next(d.buy(both))
		risky, refunded := next(d.buy(key)), next(d.buy(key))
		next(d.patch(unpaid, `{"financial_status":"PAID"}`)) // the last to pay
		d.patch(risky, `{"risk_level":"HIGH"}`)
		d.patch(refunded, `{"financial_status":"REFUNDED"}`)
		for what, o := range map[string]orderSeen{"first": first, "unpaid": unpaid} {
			if got := d.statuses(o); got != "processing" || d.mails(o.ID, "key_follows") != 1 {
				t.Errorf("%s: %s, %d notices", what, got, d.mails(o.ID, "key_follows"))
			}
			d.sent(o.ID, 1, 0, 0)
			if status, _ := d.fetch(d.page(o)); status != 200 {
				t.Errorf("%s: the page answers %d", what, status)
			}
		}
		// Files are delivered, the key follows.
		if got := d.statuses(withFile); got != "active" {
			t.Errorf("with files: %s", got)
		}
		d.sent(withFile.ID, 1, 1, 1)
		if status, _ := d.fetch(d.page(withFile) + "/files/" + file); status != 200 {
			t.Errorf("with files: %d", status)
		}

		d.stock("pro", "PRO-1") // one unit of two
		hasty := d.buy(key)     // comes before the job has run
		if len(hasty.Lines[0].LicenseKeys) != 0 || d.statuses(hasty) != "processing" {
			t.Errorf("whoever comes later was served first: %+v", hasty.Lines[0])
		}
		held := func(o orderSeen, want string) {
			t.Helper()
			if got := strings.Join(d.show(o.ID).Lines[0].LicenseKeys, " "); got != want {
				t.Errorf("%s holds %q, want %q", o.Name, got, want)
			}
		}
		d.run()
		held(first, "PRO-1")
		d.sent(first.ID, 1, 1, 1)
		d.stock("pro", "PRO-2", "PRO-3", "PRO-4")
		d.run()
		d.run()
		held(first, "PRO-1 PRO-2")
		held(withFile, "PRO-3")
		held(unpaid, "PRO-4")
		held(hasty, "")
		held(risky, "")
		d.sent(first.ID, 1, 2, 2)
		d.sent(withFile.ID, 1, 2, 2)
		d.sent(unpaid.ID, 1, 1, 1)
		// A key that returns is given on; a hold that is lifted counts from its payment.
		id := d.list("license-keys?q=PRO-4").Data[0]["id"].(string)
		d.ok(200, "POST", "license-keys/"+id+"/unassign", "", nil)
		d.run()
		held(hasty, "PRO-4")
		d.stock("pro", "PRO-5")
		d.patch(risky, `{"risk_level":"LOW"}`)
		d.run()
		held(risky, "PRO-5")
		d.sent(risky.ID, 1, 1, 1)
		d.stock("pro", "PRO-6", "PRO-7")
		d.run()
		held(refunded, "")
		d.sent(refunded.ID, 1, 0, 0)
		held(first, "PRO-1 PRO-2")
		if n := d.count("license-keys?status=available&tag=pro"); n != 2 {
			t.Errorf("%d keys are left, want 2", n)
		}
		// Low stock is told once at the threshold and once at nothing.
		d.ok(201, "POST", "license-keys", `{"keys":["L1","L2","L3","L4","L5","L6","L7"],"tag":"low"}`, nil)
		low := d.product("Low", `"access":"LICENSE_KEY","license_key_tag":"low"`)
		for range 7 {
			d.buy(low)
		}
		var told []string
		for _, h := range d.hooks("license_key.stock_low", "") {
			if h.Data["tag"] == "low" {
				told = append(told, fmt.Sprint(h.Data["free"]))
			}
		}
		if strings.Join(told, " ") != "5 0" {
			t.Errorf("low stock was told at %v, want 5 and 0", told)
		}
	})
}

// BDD-35: payments, assignments, refunds that return keys and new stock at
// once: no key is held twice, and whoever waits in the end waits because there
// is none.
func TestBDD35_EverythingAtOnce(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		if a := d.call(d.admin, "PATCH", prefix+"settings", `{"policies":{"refunded_keys":"return"}}`); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		tags := []string{"a", "b"}
		var products []string
		for _, tag := range tags {
			products = append(products, d.product(tag, `"access":"LICENSE_KEY","license_key_tag":"`+tag+`"`))
		}
		lines := func(i int) string {
			return `[{"digital_product_id":"` + products[i%2] + `"},{"digital_product_id":"` + products[1-i%2] + `"}]`
		}
		const buyers = 24
		orders := make([]orderSeen, buyers)
		for i := range orders {
			orders[i] = d.place(`"customer":{"email":"ana@example.org"}`, lines(i), `"financial_status":"PENDING"`)
		}
		spare := d.stock("a", "SPARE-1", "SPARE-2", "SPARE-3", "SPARE-4")
		var wg sync.WaitGroup
		for i, o := range orders {
			wg.Go(func() { d.patch(o, `{"financial_status":"PAID"}`) })
			if i%4 == 0 {
				wg.Go(func() {
					d.call(d.member, "POST", prefix+"orders/"+o.ID+"/refunds", `{"lines":[{"line_id":"`+o.Lines[1].ID+`","quantity":1}]}`)
				})
			}
			if i%6 == 0 {
				wg.Go(func() {
					d.ok(201, "POST", "license-keys", fmt.Sprintf(`{"keys":["A-%d","A-%d+"],"tag":"a"}`, i, i), nil)
					d.ok(201, "POST", "license-keys", fmt.Sprintf(`{"keys":["B-%d","B-%d+"],"tag":"b"}`, i, i), nil)
				})
				wg.Go(func() {
					d.call(d.member, "POST", prefix+"license-keys/"+spare[i/6].ID+"/assign", `{"order_name":"`+o.Name+`","send_email":true}`)
				})
				wg.Go(func() {
					if _, err := d.worker.RunDue(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		d.run()
		d.run()
		holder := map[string]string{}
		waiting := map[string]int{}
		for _, o := range orders {
			for i, l := range d.show(o.ID).Lines {
				for _, k := range l.LicenseKeys {
					if holder[k] != "" {
						t.Errorf("%s is held by %s and %s", k, holder[k], o.Name)
					}
					holder[k] = o.Name
				}
				if l.Status == "processing" {
					waiting[l.DigitalProduct.Name]++
				}
				if l.Status == "active" && len(l.LicenseKeys) == 0 || l.Status == "refunded" && len(l.LicenseKeys) != 0 {
					t.Errorf("line %d of %s: %+v", i, o.Name, l)
				}
			}
		}
		for _, tag := range tags {
			if free := d.count("license-keys?status=available&tag=" + tag); free > 0 && waiting[tag] > 0 {
				t.Errorf("%d wait for %d free keys of %s", waiting[tag], free, tag)
			}
		}
		for _, row := range d.list("license-keys?status=assigned&limit=100").Data {
			if holder[row["key"].(string)] != row["order_name"] {
				t.Errorf("%v is assigned to %v and held by %q", row["key"], row["order_name"], holder[row["key"].(string)])
			}
		}
	})
}

// BDD-49: what the vendor leaves to its admin pages is a call here: products
// are made, changed and archived, files of any size stored, links seen, changed
// and taken back, orders made by hand.
func TestBDD49_WhatTheAdminDoes(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		const size = 26<<20 + 7 // more than POST /files takes
		tus := []string{"Tus-Resumable", "1.0.0"}
		a := d.call(d.member, "POST", prefix+"uploads", "", append(tus, "Upload-Length", fmt.Sprint(size), "Upload-Metadata", "filename ZmlsbS5tcDQ=,filetype dmlkZW8vbXA0")...)
		if a.status != 201 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		location := a.header.Get("Location")
		for _, part := range [][2]int{{0, 20 << 20}, {20 << 20, size}} {
			a = d.call(d.member, "PATCH", location, strings.Repeat("x", part[1]-part[0]),
				append(tus, "Upload-Offset", fmt.Sprint(part[0]), "Content-Type", "application/offset+octet-stream")...)
			if a.status != 204 {
				t.Fatalf("%d %s", a.status, a.body)
			}
		}
		film := a.header.Get("Purvey-File-Id")
		var f object
		if d.ok(200, "GET", "files/"+film, "", &f); f["size"] != float64(size) || f["name"] != "film.mp4" || f["type"] != "video/mp4" || f["uploaded"] != true {
			t.Errorf("%v", f)
		}
		p := d.product("Film", `"file_ids":["`+film+`"]`)
		var got object
		d.ok(200, "PATCH", "digital-products/"+p, `{"name":"Film, restored","max_downloads":3,"links":[{"name":"Trailer","url":"https://example.org/trailer"}]}`, &got)
		if got["name"] != "Film, restored" || got["max_downloads"] != 3.0 || len(got["links"].([]any)) != 1 || len(got["files"].([]any)) != 1 {
			t.Errorf("%v", got)
		}
		o := d.buy(p)
		d.ok(200, "PATCH", "digital-products/"+p, `{"is_archived":true}`, nil)
		if d.count("digital-products") != 0 || d.count("digital-products?include_archived=true") != 1 {
			t.Error("an archived product is listed, or lost")
		}
		if status, body := d.fetch(d.page(o) + "/files/" + film); status != 200 || len(body) != size { // who bought it keeps it
			t.Errorf("a file of an archived product: %d, %d bytes", status, len(body))
		}

		flyer := d.store("flyer.txt", "flyer")
		var link struct {
			ID, URL string
			Limit   int `json:"download_limit"`
		}
		d.ok(201, "POST", "download-links", `{"file_ids":["`+flyer+`"]}`, &link)
		page := strings.TrimPrefix(link.URL, "http://shop.example")
		if status, body := d.fetch(page + "/files/" + flyer); status != 200 || body != "flyer" {
			t.Errorf("a link's file: %d %q", status, body)
		}
		if l := d.list("download-links"); l.names("id") != link.ID {
			t.Errorf("%v", l.Data)
		}
		d.ok(200, "PATCH", "download-links/"+link.ID, `{"use_download_limit":true,"download_limit":1}`, &link)
		if link.Limit != 1 {
			t.Errorf("%+v", link)
		}
		d.refused(d.call(d.member, "DELETE", prefix+"files/"+flyer, ""), 409, "conflict")
		d.ok(200, "DELETE", "download-links/"+link.ID, "", nil)
		if status, _ := d.fetch(page); status == 200 {
			t.Error("a link that was taken back opens")
		}
		d.ok(200, "DELETE", "files/"+flyer, "", nil)
	})
}
