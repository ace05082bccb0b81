package main_test

import (
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"purvey/internal/store/storetest"
)

type object = map[string]any

// awhile is how long tests wait for what a server does in the background.
const awhile = time.Minute

// caller makes calls of the API with one token.
type caller struct {
	t     *testing.T
	url   string // scheme and host
	token string
}

// reply is the answer to a call.
type reply struct {
	status int
	header http.Header
	body   string
}

// do makes a call; a body is sent as JSON unless headers, which come in pairs,
// say otherwise.
func (c caller) do(method, path, body string, headers ...string) reply {
	c.t.Helper()
	r, err := c.try(method, path, body, headers...)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

// try is do for goroutines, and for servers that may be gone.
func (c caller) try(method, path, body string, headers ...string) (reply, error) {
	var sent io.Reader
	if body != "" {
		sent = strings.NewReader(body)
	}
	req, err := http.NewRequest(method, c.url+path, sent)
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(b)}, err
}

// data makes a call that must be answered with the status, and reads the
// answer's data into v unless it is nil.
func (c caller) data(status int, v any, method, path, body string, headers ...string) reply {
	c.t.Helper()
	r := c.do(method, path, body, headers...)
	if r.status != status {
		c.t.Fatalf("%s %s: %d %.2000s, want %d", method, path, r.status, r.body, status)
	}
	r.into(c.t, v)
	return r
}

// into reads the data of an answer.
func (r reply) into(t *testing.T, v any) {
	t.Helper()
	if v == nil {
		return
	}
	whole := struct{ Data any }{v}
	if err := json.Unmarshal([]byte(r.body), &whole); err != nil {
		t.Fatalf("%v: %.2000s", err, r.body)
	}
}

// code is the code of an error's answer.
func (r reply) code() string {
	var e struct{ Error struct{ Code string } }
	if json.Unmarshal([]byte(r.body), &e) != nil {
		return ""
	}
	return e.Error.Code
}

// form is a file as a form sends it, and the form's type.
func form(name, mime, content string) (body, contentType string) {
	var b strings.Builder
	w := multipart.NewWriter(&b)
	part, err := w.CreatePart(map[string][]string{
		"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`}, "Content-Type": {mime},
	})
	if err == nil {
		_, err = io.WriteString(part, content)
	}
	if err != nil || w.Close() != nil {
		panic("a form in memory cannot fail")
	}
	return b.String(), w.FormDataContentType()
}

// upload stores a file and gives its id.
func (c caller) upload(name, mime, content string) string {
	c.t.Helper()
	body, contentType := form(name, mime, content)
	var f struct{ ID string }
	c.data(201, &f, "POST", "/public-api/v1/files", body, "Content-Type", contentType)
	return f.ID
}

// onEngines runs a test on both engines, with the settings that name the
// database.
func onEngines(t *testing.T, test func(t *testing.T, env []string)) {
	t.Helper()
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			env := []string{"PURVEY_LOG_LEVEL=error"}
			if url := storetest.Options(t, engine).URL; url != "" {
				env = append(env, "PURVEY_DATABASE_URL="+url)
			}
			test(t, env)
		})
	}
}

// walkList shows every row of a list.
func walkList(c caller, path string, show func(row object)) {
	c.t.Helper()
	for cursor := ""; ; {
		var page struct {
			Data       []object
			Pagination struct {
				NextCursor string `json:"next_cursor"`
			}
		}
		r := c.do("GET", path+"?limit=100&cursor="+cursor, "")
		if err := json.Unmarshal([]byte(r.body), &page); err != nil || r.status != 200 {
			c.t.Fatalf("%s: %d %s", path, r.status, r.body)
		}
		for _, row := range page.Data {
			show(row)
		}
		if cursor = page.Pagination.NextCursor; cursor == "" {
			return
		}
	}
}
