package continuata_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/store"
)

// CONT-01, CONT-19: a token, its address and its end; every call another one.
func TestCONT01_Mint(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.product("epic-drums-v1", w.file("drums.zip", "boom"))
		a := w.call(w.admin, "POST", "/api/generate-download-url", `{"productId":"epic-drums-v1","version":"1.0.0","unknown":[1]}`).want(200)
		var raw map[string]any
		a.into(&raw)
		if len(raw) != 6 || raw["success"] != true || raw["productId"] != "epic-drums-v1" || raw["version"] != "1.0.0" {
			t.Errorf("%s", a.body)
		}
		token := raw["downloadToken"].(string)
		if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(token) || raw["downloadUrl"] != w.server.URL+"/download?token="+token {
			t.Errorf("%s", a.body)
		}
		if raw["expiresAt"] != "2026-01-06T12:00:00.000Z" {
			t.Errorf("it expires at %v", raw["expiresAt"])
		}
		if again := w.mint(`{"productId":"epic-drums-v1"}`); again.Version != "1.0.0" || again.DownloadToken == token {
			t.Errorf("%+v", again)
		}
		// The database opens no page.
		if m, err := w.db.MintByHash(t.Context(), purvey.HashToken(token)); err != nil || m.Hash == token {
			t.Error(m, err)
		}
		w.must(w.shops.Patch(t.Context(), w.shop.ID, []byte(`{"lifetimes":{"mint":60}}`)))
		if m := w.mint(`{"productId":"epic-drums-v1"}`); m.ExpiresAt != "2026-01-05T12:01:00.000Z" {
			t.Errorf("a shop's own lifetime: %s", m.ExpiresAt)
		}
		for _, bad := range []string{
			`{}`, `{"productId":""}`, `{"productId":7}`, `[]`, `{`, `{"productId":"epic-drums-v1","version":7}`,
			`{"productId":"epic-drums-v1","customerEmail":"nobody"}`,
		} {
			w.call(w.admin, "POST", "/api/generate-download-url", bad).refused(400)
		}
	})
}

// CONT-26: what cannot be minted is 404, and says which.
func TestCONT26_WhatHasNoActiveManifest(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := w.product("drums", w.file("a.zip", "a"))
		old := w.version(p, "0.9.0", false, w.file("b.zip", "b"))
		other := w.newShop("other")
		foreign := w.token(other, purvey.Admin, purvey.Live)
		missing := func(token, body, name string) {
			t.Helper()
			if got := w.call(token, "POST", "/api/generate-download-url", body).refused(404); got != "No active manifest for "+name {
				t.Errorf("%s: %q", body, got)
			}
		}
		missing(w.admin, `{"productId":"nothing","version":"1.0.0"}`, "nothing@1.0.0")
		missing(w.admin, `{"productId":"drums","version":"7.0.0"}`, "drums@7.0.0")
		missing(foreign, `{"productId":"drums"}`, "drums")
		w.call(w.admin, "POST", "/api/generate-download-url", `{"productId":"a\u0000b"}`).refused(404)
		if m := w.mint(`{"productId":"drums","version":"0.9.0"}`); m.Version != "0.9.0" {
			t.Errorf("a ready version that is not active: %+v", m)
		}
		w.must(w.shops.Patch(t.Context(), w.shop.ID, []byte(`{"policies":{"strict_active":true}}`)))
		missing(w.admin, `{"productId":"drums","version":"0.9.0"}`, "drums@0.9.0")
		w.mint(`{"productId":"drums","version":"1.0.0"}`)
		w.must(w.shops.Patch(t.Context(), w.shop.ID, []byte(`{"policies":{"strict_active":false}}`)))
		_, _, err := w.catalog.WithdrawVersion(t.Context(), w.shop.ID, p.ID, old.ID)
		w.must(err)
		missing(w.admin, `{"productId":"drums","version":"0.9.0"}`, "drums@0.9.0")
		w.call(w.admin, "POST", "/api/products", `{"name":"Draft","slug":"draft"}`).want(201)
		missing(w.admin, `{"productId":"draft"}`, "draft")
		w.call(w.admin, "PUT", "/api/products/drums", `{"status":"draft"}`).want(200)
		missing(w.admin, `{"productId":"drums"}`, "drums")
	})
}

// CONT-16: the credential is the one of every dialect; ending it counts at once.
func TestCONT16_Keys(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		tok, text, err := w.auth.CreateToken(t.Context(), w.shop.ID, auth.TokenRequest{Name: "x"})
		w.must(err)
		w.call(text, "GET", "/api/products", "").want(200)
		w.must(w.auth.Revoke(t.Context(), w.shop.ID, tok.ID))
		for _, key := range []string{text, "", "ct_0000", "pv_" + strings.Repeat("A", 40)} {
			a := w.call(key, "GET", "/api/products", "")
			if got := a.refused(401); got != "Not authorized" || a.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%q %v", got, a.header)
			}
		}
		w.must(w.shops.Disable(t.Context(), w.shop.Slug))
		w.call(w.admin, "GET", "/api/products", "").refused(403)
	})
}

// CONT-17: a member may neither mint nor see the report.
func TestCONT17_Roles(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.product("drums", w.file("a.zip", "a"))
		w.call(w.member, "POST", "/api/generate-download-url", `{"productId":"drums"}`).refused(403)
		w.call(w.member, "POST", "/api/generate-download-url", `{`).refused(403) // before the body is looked at
		w.call(w.member, "GET", "/api/reports/downloads?from=never", "").refused(403)
		w.call(w.member, "GET", "/api/purchases", "").want(200)
		w.call(w.member, "GET", "/api/products", "").want(200)
		w.call(w.member, "POST", "/api/products", `{"name":"M","slug":"m"}`).want(201)
		w.call(w.member, "PUT", "/api/products/m", `{"name":"N"}`).want(200)
	})
}

// CONT-18: every refusal has the one shape, on the CSV call too.
func TestCONT18_Errors(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for _, c := range []struct {
			method, path string
			status       int
		}{
			{"GET", "/api/nothing", 404},
			{"GET", "/api/", 404},
			{"DELETE", "/api/products/x", 405},
			{"GET", "/api/generate-download-url", 405},
			{"POST", "/api/purchases", 405},
			{"POST", "/api/reports/downloads", 405},
			{"GET", "/api/reports/downloads?from=1", 400},
		} {
			a := w.call(w.admin, c.method, c.path, "")
			a.refused(c.status)
			if (c.status == 405) != (a.header.Get("Allow") != "") {
				t.Errorf("%s %s: Allow %q", c.method, c.path, a.header.Get("Allow"))
			}
		}
		w.call("", "GET", "/api/nothing", "").refused(401)
		req, err := http.NewRequestWithContext(t.Context(), "POST", w.server.URL+"/api/products", strings.NewReader("name=x"))
		w.must(err)
		req.Header.Set("Authorization", "Bearer "+w.admin)
		res, err := w.server.Client().Do(req)
		w.must(err)
		res.Body.Close()
		if res.StatusCode != 415 {
			t.Errorf("a form: %d", res.StatusCode)
		}
		w.call(w.admin, "POST", "/api/products", `{"name":"`+strings.Repeat("x", 300<<10)+`"}`).refused(413)
	})
}

// CONT-21: a budget of 120 a minute, and when the next request is taken.
func TestCONT21_Limits(t *testing.T) {
	t.Parallel()
	eachWith(t, auth.Options{}, func(w *world) {
		for range 120 {
			w.call(w.admin, "GET", "/api/products", "").want(200)
		}
		a := w.call(w.admin, "GET", "/api/products", "")
		if got := a.refused(429); got != "Rate limit exceeded" || a.header.Get("Retry-After") != "1" {
			t.Errorf("%q, Retry-After %q", got, a.header.Get("Retry-After"))
		}
		w.call(w.member, "GET", "/api/products", "").want(200) // another token
		w.clock.Advance(time.Second)
		w.call(w.admin, "GET", "/api/products", "").want(200)
	})
}

// CONT-04, CONT-05, CONT-06: products.
func TestCONT04_CONT05_CONT06_Products(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		if a := w.call(w.admin, "GET", "/api/products", "").want(200); strings.TrimSpace(a.body) != "[]" {
			t.Errorf("%q", a.body)
		}
		drums := w.product("drums", w.file("a.zip", "a"))
		a := w.call(w.admin, "POST", "/api/products", `{"name":"Granular Pads","slug":"  Granular__PADS! ","description":"Soft","status":"published"}`).want(201)
		var made map[string]any
		a.into(&made)
		if len(made) != 7 || made["id"] != "granular-pads" || made["slug"] != "granular-pads" || made["orgId"] != "audio-company" || made["status"] != "draft" ||
			made["description"] != "Soft" || made["name"] != "Granular Pads" || made["createdAt"] != "2026-01-05T12:00:00.000Z" {
			t.Errorf("%s", a.body)
		}
		w.call(w.admin, "POST", "/api/products", `{"name":"Other","slug":"granular pads"}`).refused(409)
		for _, bad := range []string{
			`{"slug":"x"}`, `{"name":"x"}`, `{"name":"","slug":"x"}`, `{"name":"x","slug":"!!"}`, `{"name":"x","slug":7}`,
			`{"name":"` + strings.Repeat("x", 201) + `","slug":"x"}`, `{"name":"x","slug":"x","description":"` + strings.Repeat("x", 5001) + `"}`,
		} {
			w.call(w.admin, "POST", "/api/products", bad).refused(400)
		}
		var pairs []struct {
			Product       map[string]any
			ActiveVersion map[string]any
		}
		w.call(w.admin, "GET", "/api/products", "").want(200).into(&pairs)
		if len(pairs) != 2 || pairs[0].Product["id"] != "granular-pads" || pairs[0].ActiveVersion != nil || pairs[0].Product["activeVersionId"] != nil {
			t.Fatalf("%+v", pairs)
		}
		if p, v := pairs[1].Product, pairs[1].ActiveVersion; p["id"] != "drums" || p["status"] != "published" || p["activeVersionId"] != v["id"] || v["version"] != "1.0.0" ||
			v["status"] != "ready" || v["productId"] != "drums" || v["id"] != drums.ActiveVersionID || p["description"] != nil {
			t.Errorf("%+v", pairs[1])
		}
		var p map[string]any
		w.call(w.admin, "PUT", "/api/products/granular-pads", `{"description":"Softer","other":1}`).want(200).into(&p)
		if p["description"] != "Softer" || p["name"] != "Granular Pads" || p["status"] != "draft" {
			t.Errorf("%v", p)
		}
		for _, status := range []string{"published", "archived", "draft"} {
			w.call(w.admin, "PUT", "/api/products/granular-pads", `{"status":"`+status+`"}`).want(200).into(&p)
			if p["status"] != status {
				t.Errorf("%v, want %s", p, status)
			}
		}
		w.call(w.admin, "PUT", "/api/products/granular-pads", `{"status":"gone"}`).refused(400)
		w.call(w.admin, "PUT", "/api/products/nothing", `{"name":"x"}`).refused(404)
		w.call(w.admin, "PUT", "/api/products/granular-pads", `{"slug":"drums"}`).refused(409)
		w.call(w.admin, "PUT", "/api/products/granular-pads", `{"slug":"Pads Two"}`).want(200).into(&p)
		if p["id"] != "pads-two" {
			t.Errorf("%v", p)
		}
	})
}

// CONT-25: activating publishes, one version is active, new tokens follow and
// old ones do not.
func TestCONT25_OneActiveVersion(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.call(w.admin, "POST", "/api/products", `{"name":"Drums","slug":"drums"}`).want(201)
		p, err := w.catalog.ProductByKey(t.Context(), w.shop.ID, store.KeySlug, "drums")
		w.must(err)
		w.version(p, "1.0.0", true, w.file("one.zip", "one"))
		first := w.mint(`{"productId":"drums"}`)
		w.version(p, "2.0.0", true, w.file("two.zip", "two"))
		second := w.mint(`{"productId":"drums"}`)
		if first.Version != "1.0.0" || second.Version != "2.0.0" {
			t.Errorf("%s then %s", first.Version, second.Version)
		}
		var pairs []struct {
			Product       struct{ Status string }
			ActiveVersion struct{ Version string }
		}
		w.call(w.admin, "GET", "/api/products", "").into(&pairs)
		if len(pairs) != 1 || pairs[0].Product.Status != "published" || pairs[0].ActiveVersion.Version != "2.0.0" {
			t.Errorf("%+v", pairs)
		}
		if a := w.call("", "GET", first.DownloadURL, ""); !strings.Contains(a.body, "one.zip") || strings.Contains(a.body, "two.zip") {
			t.Error("the first token followed")
		}
		if a := w.call("", "GET", second.DownloadURL, ""); !strings.Contains(a.body, "two.zip") {
			t.Error("the second token is of the first version")
		}
	})
}

var formAction = regexp.MustCompile(`<form[^>]*action="([^"]+)"`)

// CONT-23, CONT-31: the page and its bytes, in any browser, for 24 hours.
func TestCONT23_CONT31_DownloadPage(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		content := strings.Repeat("kick ", 5000)
		f, g := w.file("drums.zip", content), w.file("notes.pdf", "notes")
		w.product("drums", f, g)
		m := w.mint(`{"productId":"drums"}`)
		page := w.call("", "GET", m.DownloadURL, "").want(200)
		for _, want := range []string{"The drums", "drums.zip", "notes.pdf", "Version 1.0.0", "6 January 2026"} {
			if !strings.Contains(page.body, want) {
				t.Errorf("the page has no %q", want)
			}
		}
		if strings.Contains(page.body, "<script") {
			t.Error("the page needs scripts")
		}
		actions := formAction.FindAllStringSubmatch(page.body, -1)
		if len(actions) != 3 {
			t.Fatalf("%d buttons", len(actions))
		}
		for i, want := range []string{"/download/zip?token=", "/download/files/" + f.ID + "?token=", "/download/files/" + g.ID + "?token="} {
			if got := actions[i][1]; got != want+m.DownloadToken {
				t.Errorf("button %d leads to %s", i, got)
			}
			to := w.call("", "POST", actions[i][1], "").want(303)
			w.call("", "GET", to.header.Get("Location"), "").want(200)
		}
		direct := "/download/files/" + f.ID + "?token=" + m.DownloadToken
		if a := w.call("", "GET", direct, "").want(200); a.body != content || a.header.Get("ETag") == "" || a.header.Get("Accept-Ranges") != "bytes" {
			t.Error("the bytes are others")
		}
		if a := w.call("", "GET", "/download/zip?token="+m.DownloadToken, "").want(200); a.header.Get("Content-Type") != "application/zip" ||
			!strings.Contains(a.header.Get("Content-Disposition"), "drums 1.0.0.zip") {
			t.Errorf("%v", a.header)
		}
		grant := w.call("", "POST", direct, "").want(303).header.Get("Location")
		for _, path := range []string{
			"/download", "/download?token=", "/download?token=" + strings.Repeat("0", 64), "/download?token=x",
			"/download/files/" + f.ID, "/download/files/66a1f0c2b7d94e3f8a101a01?token=" + m.DownloadToken, "/download/else?token=" + m.DownloadToken,
		} {
			if a := w.call("", "GET", path, ""); a.status != 404 {
				t.Errorf("%s: %d", path, a.status)
			}
		}
		w.clock.Advance(24*time.Hour - time.Second)
		w.call("", "GET", m.DownloadURL, "").want(200)
		w.clock.Advance(time.Second)
		for _, path := range []string{m.DownloadURL, direct, "/download/zip?token=" + m.DownloadToken} {
			w.call("", "GET", path, "").want(404)
		}
		w.call("", "POST", direct, "").want(404)
		if a := w.call("", "GET", grant, ""); a.status == 200 {
			t.Errorf("an address outlived its token: %d", a.status)
		}
		req := httptest.NewRequest("GET", m.DownloadURL, nil)
		req.Header.Set("Accept", "text/html")
		rec := httptest.NewRecorder()
		w.server.Config.Handler.ServeHTTP(rec, req)
		if rec.Code != 404 || !strings.Contains(rec.Body.String(), `href="/s/audio-company/my"`) {
			t.Errorf("the page of an ended token leads nowhere: %d %s", rec.Code, rec.Body)
		}
	})
}

// CONT-20: no call reaches into another shop.
func TestCONT20_Isolation(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.product("drums", w.file("a.zip", "a"))
		m := w.mint(`{"productId":"drums","customerEmail":"ana@example.org"}`)
		w.call("", "GET", m.DownloadURL, "").want(200)
		other := w.token(w.newShop("other"), purvey.Admin, purvey.Live)
		w.call(other, "PUT", "/api/products/drums", `{"name":"x"}`).refused(404)
		for _, path := range []string{"/api/products", "/api/purchases"} {
			if a := w.call(other, "GET", path, "").want(200); strings.TrimSpace(a.body) != "[]" {
				t.Errorf("%s: %s", path, a.body)
			}
		}
		if a := w.call(other, "GET", "/api/reports/downloads", "").want(200); strings.Count(a.body, "\r\n") != 1 {
			t.Errorf("%s", a.body)
		}
	})
}

// CONT-22: the vendor's sample, a shop's server that mints a link for each
// digital item of a payment and tells failures apart, runs against ours.
func TestCONT22_TheVendorsSampleFlow(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.product("epic-drums-v1", w.file("drums.zip", "boom"))
		w.product("granular-pads", w.file("pads.zip", "wash"))
		mintURL := func(key, productID, version string) (minted, error) {
			body, err := json.Marshal(map[string]string{"productId": productID, "version": version})
			w.must(err)
			a := w.call(key, "POST", "/api/generate-download-url", string(body))
			switch {
			case a.status == 401:
				return minted{}, fmt.Errorf("invalid key")
			case a.status == 403:
				return minted{}, fmt.Errorf("role too low")
			case a.status == 404:
				return minted{}, fmt.Errorf("no active manifest for %s@%s", productID, version)
			case a.status < 200 || a.status > 299:
				return minted{}, fmt.Errorf("api %d: %s", a.status, a.body)
			}
			var m minted
			a.into(&m)
			return m, nil
		}
		type item struct{ kind, name, id, version string }
		paid := []item{{"digital", "Epic Drums", "epic-drums-v1", "1.0.0"}, {"physical", "Shirt", "shirt", ""}, {"digital", "Pads", "granular-pads", "1.0.0"}}
		var links []minted
		for _, it := range paid {
			if it.kind != "digital" {
				continue
			}
			m, err := mintURL(w.admin, it.id, it.version)
			w.must(err)
			links = append(links, m)
		}
		for i, want := range []string{"boom", "wash"} {
			if !links[i].Success || links[i].ExpiresAt == "" {
				t.Errorf("%+v", links[i])
			}
			page := w.call("", "GET", links[i].DownloadURL, "").want(200)
			to := w.call("", "POST", formAction.FindStringSubmatch(page.body)[1], "").want(303)
			if a := w.call("", "GET", to.header.Get("Location"), "").want(200); a.body != want {
				t.Errorf("the customer got %q", a.body)
			}
		}
		for key, want := range map[string]string{"ct_wrong": "invalid key", w.member: "role too low"} {
			if _, err := mintURL(key, "epic-drums-v1", "1.0.0"); err == nil || err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
		if _, err := mintURL(w.admin, "epic-drums-v1", "9.9.9"); err == nil || err.Error() != "no active manifest for epic-drums-v1@9.9.9" {
			t.Error(err)
		}
		rows := w.report("?from=2026-01-01&to=2026-12-31")
		if len(rows) != 2 {
			t.Errorf("%q", rows)
		}
	})
}
