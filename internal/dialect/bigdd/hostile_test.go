package bigdd

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// writes are the routes that take JSON, as the document says.
func writes(f *frame) (out []walk, schemas []*openapi3.SchemaRef) {
	f.t.Helper()
	c, err := contract()
	if err != nil {
		f.t.Fatal(err)
	}
	for _, w := range walks(f.backend) {
		item := c.doc.Paths.Value(c.paths[nameless(w.path)])
		if item == nil || item.GetOperation(w.method) == nil || item.GetOperation(w.method).RequestBody == nil {
			continue
		}
		if kind := item.GetOperation(w.method).RequestBody.Value.Content["application/json"]; kind != nil {
			out, schemas = append(out, w), append(schemas, kind.Schema)
		}
	}
	return out, schemas
}

// target makes what a route's path names, and gives the path, the body that
// the call takes, and where the object can be read; "" nowhere.
func (f *frame) target(w walk) (path, body, at string, ok bool) {
	f.t.Helper()
	path, body = w.path, bodies[w.pattern]
	if strings.Contains(path, "{") {
		object := objects()[w.noun]
		if object == nil {
			return "", "", "", false
		}
		ids := object(f, f.admin)
		path = w.filled(f.t, ids)
		body = strings.ReplaceAll(body, "LINE", ids["line"])
		if at = prefix + w.noun + "/" + ids["id"]; w.noun == "webhook-deliveries" || w.noun == "customers" {
			at = ""
		}
	}
	return path, body, at, true
}

// What is no JSON, or JSON of another form than an object, is refused by every
// call that reads its body, in the shape of every error, and changes nothing.
func TestBodiesThatAreNone(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		f := newFrame(t, db)
		deep := strings.Repeat(`{"a":[`, 30_000)
		routes, _ := writes(f)
		for _, w := range routes {
			path, good, at, ok := f.target(w)
			if !ok {
				continue
			}
			read := func() string {
				if at == "" {
					return ""
				}
				return f.call(f.admin, "GET", at, "").body
			}
			before := read()
			for _, bad := range []string{
				`{`, `{"a":1}}`, `{"a":1}{"a":2}`, `{a:1}`, `{'a':1}`, `{"a":01}`, `{"a":NaN}`, `nul`, `}`, "\xff\xfe{\x00}\x00", "{\"a\":\"\xc3\x28\"}", `{"a":"\u0000"}`, deep,
				"\x00", `<a/>`, `a=1&b=2`,
			} {
				a := f.call(f.admin, w.method, path, bad)
				if a.status == 413 && len(bad) > 4096 {
					continue
				}
				if a.status != 400 {
					t.Errorf("%s with %.20q: %d %s", w.pattern, bad, a.status, a.body)
					continue
				}
				f.refused(a, 400, "validation_error")
			}
			if good != "" && good != "{}" { // it reads fields
				for _, bad := range []string{`[]`, `[{}]`, `null`, `true`, `7`, `"{}"`} {
					f.refused(f.call(f.admin, w.method, path, bad), 400, "validation_error")
				}
			}
			for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=latin1", "json", ";"} {
				f.refused(f.call(f.admin, w.method, path, `{"a":1}`, "Content-Type", kind), 415, "unsupported_media_type")
			}
			f.refused(f.call(f.admin, w.method, path, `{"a":"`+strings.Repeat("x", 17<<20)+`"}`), 413, "payload_too_large")
			if after := read(); after != before {
				t.Errorf("%s: refused calls changed\n%s\nto\n%s", w.pattern, before, after)
			}
		}
	})
}

// Every field that the document gives a type refuses values of all others and
// is named, as is each field of an object in it.
func TestFieldsOfTheWrongType(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		f := newFrame(t, db)
		tried := 0
		routes, schemas := writes(f)
		for i, w := range routes {
			path, good, at, ok := f.target(w)
			if !ok {
				continue
			}
			whole := object{}
			if good != "" {
				if err := json.Unmarshal([]byte(good), &whole); err != nil {
					t.Fatal(err)
				}
			}
			before := ""
			if at != "" {
				before = f.call(f.admin, "GET", at, "").body
			}
			for name, schema := range properties(schemas[i]) {
				for _, wrong := range wrongFor(schema.Value) {
					body := object{}
					for k, v := range whole {
						body[k] = v
					}
					body[name] = wrong
					b, err := json.Marshal(body)
					if err != nil {
						t.Fatal(err)
					}
					tried++
					a := f.call(f.admin, w.method, path, string(b))
					if a.status != 400 {
						t.Errorf("%s with %s: %d %.300s", w.pattern, b, a.status, a.body)
						continue
					}
					e := f.refused(a, 400, "validation_error")
					if !slices.ContainsFunc(e.Error.Details, func(d detail) bool { return strings.HasPrefix(d.Field, name) }) {
						t.Errorf("%s with %s does not name %s: %s", w.pattern, b, name, a.body)
					}
				}
			}
			if at != "" {
				if after := f.call(f.admin, "GET", at, "").body; after != before {
					t.Errorf("%s: refused calls changed\n%s\nto\n%s", w.pattern, before, after)
				}
			}
		}
		if tried < 200 {
			t.Errorf("only %d fields were tried", tried)
		}
	})
}

// properties are the fields of a schema, those of the schemas it is made of
// included.
func properties(ref *openapi3.SchemaRef) map[string]*openapi3.SchemaRef {
	out := map[string]*openapi3.SchemaRef{}
	for name, p := range ref.Value.Properties {
		out[name] = p
	}
	for _, part := range slices.Concat(ref.Value.AllOf, ref.Value.AnyOf, ref.Value.OneOf) {
		for name, p := range properties(part) {
			out[name] = p
		}
	}
	return out
}

// wrongFor gives a value of each type that a schema does not take.
func wrongFor(s *openapi3.Schema) []any {
	taken := map[string]bool{}
	var look func(s *openapi3.Schema)
	look = func(s *openapi3.Schema) {
		if s.Type != nil {
			for _, kind := range s.Type.Slice() {
				taken[kind] = true
			}
		}
		for _, part := range slices.Concat(s.AllOf, s.AnyOf, s.OneOf) {
			look(part.Value)
		}
	}
	look(s)
	if len(taken) == 0 {
		return nil
	}
	var out []any
	for kind, value := range map[string]any{"string": "7 apples", "boolean": true, "object": object{"x": 1}, "array": []any{object{"x": []any{}}}} {
		if !taken[kind] {
			out = append(out, value)
		}
	}
	if !taken["number"] {
		out = append(out, 1.5)
		if !taken["integer"] {
			out = append(out, 7)
		}
	}
	return out
}
