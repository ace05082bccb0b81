package bigdd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/blob"
	"purvey/internal/catalog"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// shelf is the API with a catalogue.
type shelf struct {
	*frame
	clock *storetest.Clock
}

// onShelf runs a test on both engines.
func onShelf(t *testing.T, limits bool, o catalog.Options, test func(s *shelf)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		f := newFrameWith(t, db, auth.Options{NoLimits: !limits})
		bucket, err := blob.OpenDir(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		f.backend.Catalog = catalog.New(db, bucket, o)
		mux := http.NewServeMux()
		Register(mux, f.backend)
		f.handler = documented(t, mux)
		test(&shelf{f, clock})
	})
}

// ok makes a call that must succeed and decodes its data into v.
func (s *shelf) ok(status int, method, path, body string, v any, headers ...string) answer {
	s.t.Helper()
	a := s.call(s.member, method, prefix+path, body, headers...)
	if a.status != status {
		s.t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
	}
	if v != nil {
		var e struct{ Data json.RawMessage }
		a.into(s.t, &e)
		if err := json.Unmarshal(e.Data, v); err != nil {
			s.t.Fatalf("%s %s: %v: %s", method, path, err, a.body)
		}
	}
	return a
}

// field makes a call that must be refused for a field.
func (s *shelf) field(method, path, body, field string) {
	s.t.Helper()
	e := s.refused(s.call(s.member, method, prefix+path, body), 400, "validation_error")
	for _, d := range e.Error.Details {
		if d.Field == field {
			return
		}
	}
	s.t.Errorf("%s %s %s: refused %+v, want %s", method, path, body, e.Error.Details, field)
}

type object = map[string]any

// part is a part of a form.
type part struct{ field, name, mime, content string }

func form(parts ...part) (body, contentType string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		disposition := fmt.Sprintf(`form-data; name="%s"`, p.field)
		if p.name != "-" {
			disposition += `; filename="` + strings.ReplaceAll(p.name, `"`, `\"`) + `"`
		}
		h.Set("Content-Disposition", disposition)
		if p.mime != "" {
			h.Set("Content-Type", p.mime)
		}
		to, _ := w.CreatePart(h)
		_, _ = to.Write([]byte(p.content))
	}
	_ = w.Close()
	return b.String(), w.FormDataContentType()
}

// post uploads a form.
func (s *shelf) post(parts []part, headers ...string) answer {
	s.t.Helper()
	body, contentType := form(parts...)
	return s.call(s.member, "POST", prefix+"files", body, append([]string{"Content-Type", contentType}, headers...)...)
}

// store uploads a file and gives its id.
func (s *shelf) store(name, content string) string {
	s.t.Helper()
	a := s.post([]part{{"file", name, "", content}})
	if a.status != http.StatusCreated {
		s.t.Fatalf("upload: %d %s", a.status, a.body)
	}
	var e struct{ Data struct{ ID string } }
	a.into(s.t, &e)
	return e.Data.ID
}

// keys tells which keys an object has beside the wanted, and lacks.
func keys(got object, want ...string) string {
	var odd []string
	wanted := map[string]bool{}
	for _, k := range want {
		wanted[k] = true
		if _, ok := got[k]; !ok {
			odd = append(odd, "-"+k)
		}
	}
	for k := range got {
		if !wanted[k] {
			odd = append(odd, "+"+k)
		}
	}
	return strings.Join(odd, " ")
}

var vendorProduct = strings.Fields(`id name delivering_type access download_mode download_type product_gid variant_gids use_all_variants license_key_tag
	license_key_mode download_in max_downloads notify_when_updated scheduled_delivery_date scheduled_delivery_timezone is_archived files links
	created_at updated_at`)

var nativeProduct = strings.Fields(`slug external_id asset_id kind status version active_version_id file_ids price_cents currency description cover_url
	world countries min_quantity available stamping period_months partable parts`)

// BDD-01
func TestBDD01_Products(t *testing.T) {
	t.Parallel()
	onShelf(t, false, catalog.Options{}, func(s *shelf) {
		file := s.store("book.pdf", "%PDF-1.7")
		var p object
		s.ok(201, "POST", "digital-products", `{"name":"The Book","file_ids":["`+file+`"],"unknown_field":1}`, &p)
		if odd := keys(p, append(vendorProduct, nativeProduct...)...); odd != "" {
			t.Errorf("keys: %s", odd)
		}
		for key, want := range map[string]any{
			"name": "The Book", "delivering_type": "REGULAR", "access": "FILE", "download_mode": "redirect", "download_type": "single_file",
			"product_gid": nil, "use_all_variants": true, "license_key_tag": nil, "license_key_mode": nil, "download_in": nil, "max_downloads": nil,
			"notify_when_updated": false, "scheduled_delivery_date": nil, "scheduled_delivery_timezone": nil, "is_archived": false,
			"created_at": "2026-01-05T12:00:00.000Z", "updated_at": "2026-01-05T12:00:00.000Z",
			"slug": "the-book", "external_id": nil, "asset_id": 1.0, "kind": "content", "version": "1.0.0", "price_cents": 0.0, "currency": "USD",
			"description": nil, "cover_url": nil, "world": true, "min_quantity": 1.0, "available": true, "period_months": nil, "partable": false,
		} {
			if p[key] != want {
				t.Errorf("%s is %v, want %v", key, p[key], want)
			}
		}
		files := p["files"].([]any)
		f := files[0].(object)
		if odd := keys(f, "id", "name", "size", "type", "is_encrypted", "uploaded"); odd != "" || f["size"] != 8.0 || f["type"] != "application/pdf" || f["uploaded"] != true {
			t.Errorf("file %v: %s", f, odd)
		}
		for _, list := range []string{"variant_gids", "links", "countries", "parts"} {
			if l, ok := p[list].([]any); !ok || len(l) != 0 {
				t.Errorf("%s is %v, want []", list, p[list])
			}
		}
		s.clock.Advance(time.Second)
		s.ok(201, "POST", "digital-products", `{"name":"Songs","cover_url":"https://a.example/c.png"}`, nil)
		s.ok(201, "POST", "digital-products", `{"name":"Old Songs"}`, &p)
		s.ok(200, "PATCH", "digital-products/"+p["id"].(string), `{"is_archived":true}`, nil)

		list := func(query string) []object {
			t.Helper()
			var l []object
			s.ok(200, "GET", "digital-products"+query, "", &l)
			return l
		}
		if l := list(""); len(l) != 2 || l[0]["name"] != "Songs" || l[0]["product"] != nil {
			t.Errorf("default list: %v", l)
		}
		for query, want := range map[string]string{
			"?sort=id": "The Book,Songs", "?sort=-id": "Songs,The Book", "?sort=created_at": "The Book,Songs", "?sort=-created_at": "Songs,The Book",
			"?include_archived=true": "Old Songs,Songs,The Book", "?q=SONG&include_archived=true&sort=id": "Songs,Old Songs", "?q=%25": "", "?include_archived=false": "Songs,The Book",
		} {
			var names []string
			for _, p := range list(query) {
				names = append(names, p["name"].(string))
			}
			if got := strings.Join(names, ","); got != want {
				t.Errorf("%s gives %q, want %q", query, got, want)
			}
		}
		if l := list("?include=product&sort=id"); l[0]["product"].(object)["title"] != "The Book" || l[0]["product"].(object)["image"] != nil ||
			l[1]["product"].(object)["image"] != "https://a.example/c.png" {
			t.Errorf("include=product: %v", l)
		}
		// In pages of one, in each sort.
		for _, sort := range []string{"", "&sort=id", "&sort=created_at", "&sort=-created_at"} {
			seen, cursor := map[string]bool{}, ""
			for range 3 {
				var e struct {
					Data       []struct{ ID string }
					Pagination pagination
				}
				s.call(s.member, "GET", prefix+"digital-products?include_archived=true&limit=1"+sort+"&cursor="+cursor, "").into(t, &e)
				seen[e.Data[0].ID] = true
				if e.Pagination.HasMore {
					cursor = *e.Pagination.NextCursor
				}
			}
			if len(seen) != 3 {
				t.Errorf("pages of %q show %d products", sort, len(seen))
			}
		}
		for _, query := range []string{"?limit=0", "?include_archived=1", "?include=products", "?sort=name", "?q=" + strings.Repeat("x", 121), "?cursor=%"} {
			if a := s.call(s.member, "GET", prefix+"digital-products"+query, ""); a.status != 400 && query != "?cursor=%" {
				t.Errorf("%s: %d", query, a.status)
			}
		}
	})
}

// BDD-02
func TestBDD02_Product(t *testing.T) {
	t.Parallel()
	onShelf(t, false, catalog.Options{}, func(s *shelf) {
		var p, q object
		s.ok(201, "POST", "digital-products", `{"name":"Book"}`, &p)
		id := p["id"].(string)
		s.ok(200, "GET", "digital-products/"+id, "", &q)
		if fmt.Sprint(p) != fmt.Sprint(q) {
			t.Errorf("created %v, read %v", p, q)
		}
		s.ok(200, "GET", "digital-products/"+id+"?include=product", "", &q)
		if q["product"].(object)["title"] != "Book" {
			t.Errorf("include=product: %v", q)
		}
		s.ok(200, "PATCH", "digital-products/"+id, `{"is_archived":true}`, nil)
		s.ok(200, "GET", "digital-products/"+id, "", &q) // archived ones are given
		for _, unknown := range []string{"nonsense", strings.Repeat("0", 24), "%00", "a%20b"} {
			s.refused(s.call(s.member, "GET", prefix+"digital-products/"+unknown, ""), 404, "not_found")
		}
		other := s.newShop("other")
		foreign := s.token(other, purvey.Admin, purvey.Live)
		s.refused(s.call(foreign, "GET", prefix+"digital-products/"+id, ""), 404, "not_found")
		s.refused(s.call(foreign, "PATCH", prefix+"digital-products/"+id, `{"name":"x"}`), 404, "not_found")
		if a := s.call(s.sandbox, "GET", prefix+"digital-products/"+id, ""); a.status != 200 {
			t.Errorf("the catalogue is not seen from the sandbox: %d", a.status)
		}
	})
}

// BDD-03
func TestBDD03_LimitsCall(t *testing.T) {
	t.Parallel()
	onShelf(t, false, catalog.Options{}, func(s *shelf) {
		var p object
		s.ok(201, "POST", "digital-products", `{"name":"Book"}`, &p)
		path := "digital-products/" + p["id"].(string) + "/limits"
		for _, c := range []struct {
			body    string
			max, in any
		}{
			{`{"max_downloads":5}`, 5.0, nil}, {`{"download_in":30}`, 5.0, 30.0}, {`{"max_downloads":0,"download_in":null}`, 0.0, nil},
			{`{"max_downloads":1000000,"download_in":100000}`, 1e6, 1e5}, {`{"max_downloads":null}`, nil, 1e5},
		} {
			s.ok(200, "PUT", path, c.body, &p)
			if p["max_downloads"] != c.max || p["download_in"] != c.in {
				t.Errorf("%s gives %v and %v", c.body, p["max_downloads"], p["download_in"])
			}
		}
		if odd := keys(p, append(vendorProduct, nativeProduct...)...); odd != "" {
			t.Errorf("keys: %s", odd)
		}
		for body, field := range map[string]string{
			`{"max_downloads":-1}`: "max_downloads", `{"max_downloads":1000001}`: "max_downloads", `{"max_downloads":1.5}`: "max_downloads",
			`{"max_downloads":"3"}`: "max_downloads", `{"download_in":100001}`: "download_in", `{"download_in":true}`: "download_in",
			`{"download_in":1e30}`: "download_in", `{}`: "max_downloads", `{"other":1}`: "max_downloads",
		} {
			s.field("PUT", path, body, field)
		}
		for _, body := range []string{"", "null", "[]", "{", `"x"`} {
			s.refused(s.call(s.member, "PUT", prefix+path, body), 400, "validation_error")
		}
		s.refused(s.call(s.member, "PUT", prefix+"digital-products/nonsense/limits", `{"download_in":1}`), 404, "not_found")
		s.field("PUT", "digital-products/nonsense/limits", `{"download_in":-1}`, "download_in") // 400 comes before 404
		s.refused(s.call(s.member, "PUT", prefix+path, `{"download_in":1}`, "Content-Type", "text/plain"), 415, "unsupported_media_type")
		s.refused(s.call(s.member, "DELETE", prefix+path, ""), 405, "method_not_allowed")
	})
}

func TestNativeProductCalls(t *testing.T) {
	t.Parallel()
	onShelf(t, false, catalog.Options{}, func(s *shelf) {
		file := s.store("a.txt", "a")
		var oboe, p, q object
		s.ok(201, "POST", "digital-products", `{"name":"Oboe"}`, &oboe)
		body := `{"name":"Suite","slug":"the-suite","external_id":"E1","asset_id":77,"kind":"subscription","period_months":3,"access":"FILE_WITH_LICENCE_KEY",
			"file_ids":["` + file + `"],"links":[{"name":"Manual","url":"https://a.example/m"}],"version":"2.1.0","license_key_tag":"pro",
			"license_key_mode":"GENERATED","download_in":30,"max_downloads":5,"download_mode":"proxy","download_type":"zip","delivering_type":"SCHEDULED",
			"scheduled_delivery_date":"2026-05-01T09:00:00","scheduled_delivery_timezone":"Europe/Paris","notify_when_updated":true,
			"product_gid":"gid://shopify/Product/1","variant_gids":["gid://shopify/ProductVariant/2"],"price_cents":1999,"currency":"EUR",
			"description":"Text","cover_url":"https://a.example/c.png","world":false,"countries":["FR","DE"],"min_quantity":2,"available":false,
			"stamping":{"enabled":true,"text":"{email}"},"partable":true,"parts":[{"digital_product_id":"` + oboe["id"].(string) + `","name":"Oboe 1","sequence":4}]}`
		s.ok(201, "POST", "digital-products", body, &p)
		var sent object
		if err := json.Unmarshal([]byte(body), &sent); err != nil {
			t.Fatal(err)
		}
		sent["links"].([]any)[0].(object)["id"] = p["links"].([]any)[0].(object)["id"]
		sent["scheduled_delivery_date"] = "2026-05-01T07:00:00.000Z"
		for key, want := range sent {
			if fmt.Sprint(p[key]) != fmt.Sprint(want) {
				t.Errorf("%s is %v, want %v", key, p[key], want)
			}
		}
		id := p["id"].(string)
		s.ok(200, "PATCH", "digital-products/"+id, `{}`, &q)
		p["updated_at"] = q["updated_at"]
		if fmt.Sprint(p) != fmt.Sprint(q) {
			t.Errorf("an empty change changes\n%v\n%v", p, q)
		}
		s.ok(200, "PATCH", "digital-products/"+id, `{"external_id":null,"license_key_tag":null,"license_key_mode":null,"download_in":null,"max_downloads":null,
			"product_gid":null,"variant_gids":[],"description":null,"cover_url":null,"period_months":null,"stamping":{"enabled":false}}`, &q)
		for _, key := range []string{"external_id", "license_key_tag", "download_in", "max_downloads", "product_gid", "description", "cover_url", "period_months"} {
			if q[key] != nil {
				t.Errorf("%s is %v, want null", key, q[key])
			}
		}
		if q["license_key_mode"] != "FROM_POOL" || q["use_all_variants"] != true || fmt.Sprint(q["stamping"]) != "map[enabled:false text:{email}]" {
			t.Errorf("cleared: %v", q)
		}
		for field, value := range map[string]string{
			"name": `null`, "slug": `null`, "kind": `null`, "price_cents": `null`, "world": `null`, "file_ids": `null`, "stamping": `null`, "parts": `null`,
			"currency": `"EURO"`, "min_quantity": `1.5`, "countries": `"FR"`, "is_archived": `"yes"`, "description": `7`, "cover_url": `"x"`,
		} {
			s.field("PATCH", "digital-products/"+id, `{"`+field+`":`+value+`}`, field)
		}
		s.field("POST", "digital-products", `{}`, "name")
		s.field("POST", "digital-products", `{"name":null}`, "name")
		s.ok(201, "POST", "digital-products", `{"name":"Nulls","slug":null,"currency":null,"file_ids":null,"links":null,"stamping":null,"world":null}`, nil)
		for _, taken := range []string{`"slug":"the-suite"`, `"asset_id":77`} {
			e := s.refused(s.call(s.member, "POST", prefix+"digital-products", `{"name":"x",`+taken+`}`), 409, "conflict")
			if len(e.Error.Details) != 1 {
				t.Errorf("a conflict names no field: %+v", e)
			}
		}
		s.refused(s.call(s.member, "POST", prefix+"digital-products", `{"name":"x","file_ids":["nope"]}`), 404, "not_found")
		s.refused(s.call(s.member, "POST", prefix+"digital-products", `{"name":"`+strings.Repeat("x", 1<<20)+`"}`), 413, "payload_too_large")

		// A repeat with the same key makes nothing.
		a := s.ok(201, "POST", "digital-products", `{"name":"Once"}`, &p, "Idempotency-Key", "k1")
		b := s.ok(201, "POST", "digital-products", `{"name":"Once"}`, &q, "Idempotency-Key", "k1")
		if a.body != b.body || b.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("repeat: %s, %s", a.body, b.body)
		}
	})
}

func TestVersionCalls(t *testing.T) {
	t.Parallel()
	onShelf(t, false, catalog.Options{}, func(s *shelf) {
		a, b := s.store("a.txt", "a"), s.store("b.txt", "b")
		var p, v, w object
		s.ok(201, "POST", "digital-products", `{"name":"App","file_ids":["`+a+`"]}`, &p)
		path := "digital-products/" + p["id"].(string)
		s.ok(201, "POST", path+"/versions", `{"version":"1.1.0","notes":"Faster","file_ids":["`+b+`"],"activate":false}`, &v)
		if odd := keys(v, "id", "digital_product_id", "version", "notes", "state", "is_active", "files", "created_at", "activated_at"); odd != "" {
			t.Errorf("keys: %s", odd)
		}
		if v["state"] != "ready" || v["is_active"] != false || v["activated_at"] != nil || v["notes"] != "Faster" {
			t.Errorf("%v", v)
		}
		vpath := path + "/versions/" + v["id"].(string)
		s.ok(200, "POST", vpath+"/activate", "", &w)
		s.ok(200, "POST", vpath+"/activate", "{}", &w)
		if w["is_active"] != true || w["activated_at"] == nil {
			t.Errorf("%v", w)
		}
		s.ok(200, "GET", path, "", &p)
		if p["version"] != "1.1.0" || p["active_version_id"] != v["id"] || fmt.Sprint(p["file_ids"]) != "["+b+"]" {
			t.Errorf("%v", p)
		}
		s.ok(201, "POST", path+"/versions", `{"file_ids":["`+a+`","`+b+`"]}`, &w)
		if w["version"] != "1.1.1" || w["is_active"] != true {
			t.Errorf("%v", w)
		}
		s.ok(200, "POST", path+"/versions/"+w["id"].(string)+"/withdraw", "", &w)
		if w["state"] != "withdrawn" || w["is_active"] != false {
			t.Errorf("%v", w)
		}
		s.refused(s.call(s.member, "POST", prefix+path+"/versions/"+w["id"].(string)+"/activate", ""), 409, "conflict")
		s.ok(200, "GET", path, "", &p)
		if p["version"] != nil || len(p["files"].([]any)) != 0 {
			t.Errorf("%v", p)
		}
		var list []object
		s.ok(200, "GET", path+"/versions?sort=id", "", &list)
		if len(list) != 3 || list[0]["version"] != "1.0.0" || list[2]["state"] != "withdrawn" {
			t.Errorf("%v", list)
		}
		s.ok(200, "GET", vpath, "", &w)
		s.refused(s.call(s.member, "POST", prefix+path+"/versions", `{"version":"1.1.0"}`), 409, "conflict")
		s.field("POST", path+"/versions", `{"version":"a b"}`, "version")
		s.refused(s.call(s.member, "POST", prefix+path+"/versions/nonsense/activate", ""), 404, "not_found")
		s.refused(s.call(s.member, "GET", prefix+"digital-products/nonsense/versions", ""), 404, "not_found")
		// A withdrawn version's files are still in use.
		s.refused(s.call(s.member, "DELETE", prefix+"files/"+b, ""), 409, "conflict")
	})
}

// serve gives a real server, for what a recorder can't do.
func (s *shelf) serve() *httptest.Server {
	srv := httptest.NewServer(s.handler)
	s.t.Cleanup(srv.Close)
	return srv
}
