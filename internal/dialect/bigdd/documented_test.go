package bigdd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// documented puts the OpenAPI document between a test and the mux of the API:
// every answer must be one that the document has for the call, and every
// request that is taken must be one that it allows. Wrap the mux itself, before
// anything that goes around it.
func documented(t testing.TB, mux http.Handler) http.Handler {
	t.Helper()
	c, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent := &witness{body: r.Body, limit: 1 << 20}
		r = r.WithContext(r.Context()) // the server looks at its own request again
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = sent
		}
		seen := &exchange{ResponseWriter: w}
		mux.ServeHTTP(seen, r)
		if r.Context().Err() != nil {
			return // the client has gone and saw nothing
		}
		if err := c.check(r, sent, seen); err != nil {
			t.Errorf("%s %s answered %d %.300s\ndoes not fit the OpenAPI document: %v\nthe request was %.300s",
				r.Method, r.URL.RequestURI(), seen.status, seen.body.String(), err, sent.taken.String())
		}
	})
}

// contract is the document, read once for all tests.
var contract = sync.OnceValues(func() (*openAPI, error) {
	text, err := openapiDocument()
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	return newOpenAPI(doc)
})

// openAPI is the document in a form that is quick to check against.
type openAPI struct {
	doc   *openapi3.T
	paths map[string]string // a path's form without names, to the path
}

// newOpenAPI prepares a document. For 3.1 the library compiles each schema
// anew for each value; its validator of 3.0 takes the same schemas at once,
// nulls among the types included, but for const.
func newOpenAPI(doc *openapi3.T) (*openAPI, error) {
	doc.OpenAPI = "3.0.3"
	err := doc.WalkSchemas(func(_ string, s *openapi3.SchemaRef) error {
		if s.Value.Const != nil {
			s.Value.Enum, s.Value.Const = []any{s.Value.Const}, nil
		}
		return nil
	})
	c := &openAPI{doc: doc, paths: map[string]string{}}
	for path := range doc.Paths.Map() {
		c.paths[nameless(path)] = path
	}
	return c, err
}

var pathName = regexp.MustCompile(`\{[^}]*\}`)

// nameless is a path without the names of its parts.
func nameless(path string) string { return pathName.ReplaceAllString(path, "{}") }

// check judges one exchange.
func (c *openAPI) check(r *http.Request, sent *witness, seen *exchange) error {
	path := r.Pattern[strings.IndexByte(r.Pattern, ' ')+1:]
	switch {
	case r.Pattern == "", strings.HasPrefix(path, "/public-api/docs"), path == "/public-api/openapi.json":
		return nil
	case seen.status == http.StatusTemporaryRedirect: // from // and .. to the path that is meant
		return nil
	case strings.HasSuffix(path, "/"): // no call
		return c.checkRefusal(seen)
	}
	known, ok := c.paths[nameless(path)]
	if !ok {
		return fmt.Errorf("it has no path %s", path)
	}
	item := c.doc.Paths.Value(known)
	op := item.GetOperation(r.Method)
	if op == nil && r.Method == http.MethodHead {
		op = item.Get
	}
	if op == nil {
		return fmt.Errorf("it has no %s %s", r.Method, known)
	}
	input := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: pathParams(r, path, known),
		Route:   &routers.Route{Spec: c.doc, Path: known, PathItem: item, Method: r.Method, Operation: op},
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true, IncludeResponseStatus: true},
	}
	if err := checkResponse(input, seen); err != nil {
		return err
	}
	if seen.status >= 300 {
		return nil
	}
	return checkRequest(input, sent)
}

// checkRefusal judges the answer to a path or method that no call has.
func (c *openAPI) checkRefusal(seen *exchange) error {
	switch seen.status {
	case 400, 401, 403, 404, 405, 429:
	default:
		return fmt.Errorf("no call answers %d", seen.status)
	}
	var v any
	if err := json.Unmarshal(seen.body.Bytes(), &v); err != nil {
		return err
	}
	return c.doc.Components.Schemas["Error"].Value.VisitJSON(v)
}

// pathParams reads the values of a path, by the document's names.
func pathParams(r *http.Request, ours, theirs string) map[string]string {
	out := map[string]string{}
	names := pathName.FindAllString(theirs, -1)
	for i, name := range pathName.FindAllString(ours, -1) {
		out[strings.Trim(names[i], "{}")] = r.PathValue(strings.Trim(name, "{}."))
	}
	return out
}

func checkResponse(input *openapi3filter.RequestValidationInput, seen *exchange) error {
	answer := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: seen.status, Header: seen.Header(), Options: input.Options,
	}
	declared := input.Route.Operation.Responses.Status(seen.status)
	if declared == nil {
		return fmt.Errorf("the call has no answer %d", seen.status)
	}
	kind, _, _ := mime.ParseMediaType(seen.Header().Get("Content-Type"))
	isJSON := kind == "application/json"
	anything := input.Request.Method == http.MethodHead || declared.Value.Content["*/*"] != nil
	if !anything && isJSON != (declared.Value.Content["application/json"] != nil) {
		return fmt.Errorf("the answer %d is of type %q", seen.status, kind)
	}
	if anything || !isJSON {
		o := *input.Options // a copy: the request has them too
		o.ExcludeResponseBody = true
		answer.Options = &o
	}
	answer.SetBodyBytes(seen.body.Bytes())
	return openapi3filter.ValidateResponse(input.Request.Context(), answer)
}

// checkRequest judges a request that was taken. Bodies other than JSON, and
// those that the call did not read to their end, are left out.
func checkRequest(input *openapi3filter.RequestValidationInput, sent *witness) error {
	r := input.Request.Clone(input.Request.Context())
	query, _ := parseQuery(r.URL.RawQuery) // as the server reads it
	r.URL.RawQuery = plainLists(query, input.Route)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	body := sent.taken.Bytes()
	input.Request, input.QueryParams = r, r.URL.Query()
	for name, values := range r.Header {
		if strings.Join(values, "") == "" {
			delete(r.Header, name) // an empty value is none
		}
	}
	input.Options.ExcludeRequestBody = true
	if rb := input.Route.Operation.RequestBody; rb != nil && !sent.short {
		content := rb.Value.Content["application/json"]
		input.Options.ExcludeRequestBody = content == nil || content.Schema.Value.IsEmpty() || len(body) > 0 && kind != "application/json"
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	err := openapi3filter.ValidateRequest(r.Context(), input)
	if err == nil || len(body) == 0 {
		return err
	}
	var v any
	if json.Unmarshal(body, &v) != nil {
		return err
	}
	withoutNulls(v, input.Route.Operation.RequestBody.Value.Content["application/json"].Schema.Value)
	if body, err = json.Marshal(v); err != nil {
		return err
	}
	r.Body, r.ContentLength, r.GetBody = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	return openapi3filter.ValidateRequest(r.Context(), input)
}

// withoutNulls drops the fields that are null where the schema has no null:
// there it equals absent.
func withoutNulls(v any, s *openapi3.Schema) {
	if list, ok := v.([]any); ok && s.Items != nil {
		for _, item := range list {
			withoutNulls(item, s.Items.Value)
		}
	}
	object, ok := v.(map[string]any)
	if !ok {
		return
	}
	for name, field := range s.Properties {
		if inner, has := object[name]; !has {
			continue
		} else if inner != nil {
			withoutNulls(inner, field.Value)
		} else if field.Value.VisitJSON(nil) != nil {
			delete(object, name)
		}
	}
	for _, part := range s.AllOf {
		withoutNulls(v, part.Value)
	}
}

// plainLists writes a query with every array as repeated parameters: they may
// also come as name[]= and separated by commas, which OpenAPI cannot say.
func plainLists(q url.Values, route *routers.Route) string {
	for _, p := range append(route.PathItem.Parameters, route.Operation.Parameters...) {
		if p.Value.In != openapi3.ParameterInQuery || !p.Value.Schema.Value.Type.Is("array") {
			if q.Get(p.Value.Name) == "" {
				q.Del(p.Value.Name) // an empty value is none
			}
			continue
		}
		name := p.Value.Name
		var all []string
		for _, joined := range append(q[name], q[name+"[]"]...) {
			for v := range strings.SplitSeq(joined, ",") {
				if v = strings.TrimSpace(v); v != "" {
					all = append(all, v)
				}
			}
		}
		q.Del(name + "[]")
		if q.Del(name); len(all) > 0 {
			q[name] = all
		}
	}
	return q.Encode()
}

// witness keeps what a call reads of its body, up to a limit.
type witness struct {
	body  io.ReadCloser
	taken bytes.Buffer
	limit int
	short bool // not all of the body is here
}

func (w *witness) Read(p []byte) (int, error) {
	n, err := w.body.Read(p)
	room := max(0, w.limit-w.taken.Len())
	w.taken.Write(p[:min(n, room)])
	w.short = w.short || n > room
	return n, err
}

func (w *witness) Close() error { return w.body.Close() }

// exchange keeps what a call answers.
type exchange struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// Unwrap lets deadlines and flushes through.
func (e *exchange) Unwrap() http.ResponseWriter { return e.ResponseWriter }

func (e *exchange) WriteHeader(status int) {
	if e.status == 0 && status >= 200 {
		e.status = status
	}
	e.ResponseWriter.WriteHeader(status)
}

func (e *exchange) Write(p []byte) (int, error) {
	if e.status == 0 {
		e.status = http.StatusOK
	}
	if e.body.Len() < 16<<20 {
		e.body.Write(p)
	}
	return e.ResponseWriter.Write(p)
}
