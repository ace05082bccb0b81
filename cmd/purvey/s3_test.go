package main_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"purvey/internal/blob/blobtest"
)

// TestWholePathOnS3 sells a file whose bytes lie in an S3 bucket: the button
// leads to the bucket itself, the direct address serves ranges, and the copy
// of the button counts.
func TestWholePathOnS3(t *testing.T) {
	t.Parallel()
	s3 := blobtest.StartS3(t)
	env := append(s3.Environ(), "PURVEY_STORAGE_URL="+s3.NewURL())
	data := t.TempDir()
	p := startServer(t, data, env...)
	d := &desk{t: t, url: p.url, token: runPurveyEnv(t, env, "token", "create", "--name", "s3", "--data", data)}

	content := randomBytes(3 << 20)
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", "drums.bin")
	if err != nil {
		t.Fatal(err)
	}
	part.Write(content)
	w.Close()
	req, err := http.NewRequest("POST", p.url+"/public-api/v1/files", &form)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+d.token)
	req.Header.Set("Content-Type", w.FormDataContentType())
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode != 201 {
		t.Fatalf("POST /files: %d %s", res.StatusCode, answer)
	}
	_, list := d.call(d.token, "GET", "/public-api/v1/files", nil)
	file := list["data"].([]any)[0].(map[string]any)["id"].(string)
	_, product := d.call(d.token, "POST", "/public-api/v1/digital-products", map[string]any{"name": "Drums", "file_ids": []string{file}, "max_downloads": 2})
	_, order := d.call(d.token, "POST", "/public-api/v1/orders", map[string]any{
		"customer": map[string]any{"email": "ana@example.com"},
		"lines":    []any{map[string]any{"digital_product_id": product["data"].(map[string]any)["id"]}},
	})
	page := order["data"].(map[string]any)["download_url"].(string)

	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err = stay.Post(page+"/files/"+file, "application/x-www-form-urlencoded", nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	bucket := res.Header.Get("Location")
	if res.StatusCode != 303 || !strings.Contains(bucket, s3.Bucket) {
		t.Fatalf("the button answers %d to %q, want 303 to the bucket", res.StatusCode, bucket)
	}
	fetch := func(url, ranges string) (*http.Response, []byte) {
		t.Helper()
		req, err := http.NewRequest("GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if ranges != "" {
			req.Header.Set("Range", ranges)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, body
	}
	if res, body := fetch(bucket, ""); res.StatusCode != 200 || !bytes.Equal(body, content) || !strings.Contains(res.Header.Get("Content-Disposition"), "drums.bin") {
		t.Errorf("the bucket answers %d, %d bytes, %q", res.StatusCode, len(body), res.Header.Get("Content-Disposition"))
	}
	if res, body := fetch(page+"/files/"+file, "bytes=1000000-1999999"); res.StatusCode != 206 || !bytes.Equal(body, content[1000000:2000000]) {
		t.Errorf("a range of the direct address: %d, %d bytes", res.StatusCode, len(body))
	}
	_, shown := d.call(d.token, "GET", "/public-api/v1/orders?include=downloads", nil)
	line := shown["data"].([]any)[0].(map[string]any)["lines"].([]any)[0].(map[string]any)
	if n := len(line["downloads"].([]any)); n < 1 || n > 2 {
		t.Errorf("%d copies are recorded", n)
	}
	if status, ready := d.call(d.token, "GET", "/readyz", nil); status != 200 {
		t.Errorf("readiness: %d %v", status, ready)
	}
}
