package main_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestStampFont sells a PDF whose stamp has letters that the built-in font
// lacks, with the font that a setting names. testdata/hebrew.ttf has one shape,
// the letter a of Go Mono, for all the letters of Hebrew.
func TestStampFont(t *testing.T) {
	t.Parallel()
	font, err := filepath.Abs(filepath.Join("testdata", "hebrew.ttf"))
	if err != nil {
		t.Fatal(err)
	}
	data, env := t.TempDir(), []string{"PURVEY_STAMP_FONT=" + font, "PURVEY_LOG_LEVEL=error"}
	p := startServer(t, data, env...)
	c := caller{t, p.url, runPurveyEnv(t, env, "token", "create", "--name", "t", "--data", data)}
	if out := runPurveyEnv(t, env, "doctor", "--data", data); !strings.Contains(out, "ok    stamp font") {
		t.Errorf("doctor says\n%s", out)
	}

	const page = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]>>endobj\nxref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \n" +
		"0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n166\n%%EOF\n"
	file := c.upload("a.pdf", "application/pdf", page)
	var product struct{ ID string }
	c.data(201, &product, "POST", "/public-api/v1/digital-products", `{"name":"Book","file_ids":["`+file+`"],"stamping":{"enabled":true,"text":"For \u05e9\u05dc\u05d5\u05dd"}}`)
	var order struct {
		Page string `json:"download_url"`
	}
	c.data(201, &order, "POST", "/public-api/v1/orders", `{"customer":{"email":"ana@example.com"},"lines":[{"digital_product_id":"`+product.ID+`"}]}`)
	res, err := http.Get(order.Page + "/files/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	read := exec.CommandContext(t.Context(), "pdftotext", "-enc", "UTF-8", "-", "-")
	read.Stdin = res.Body
	text, err := read.Output()
	if err != nil || res.StatusCode != 200 || !strings.Contains(string(text), "\u05e9\u05dc\u05d5\u05dd") {
		t.Errorf("%d, the copy says %+q, %v\n%s", res.StatusCode, text, err, p.stderr)
	}
}

// TestStampFontThatIsNone: a server does not start with a file that is no
// font, and both it and doctor say so.
func TestStampFontThatIsNone(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	junk := filepath.Join(data, "junk.ttf")
	if err := os.WriteFile(junk, []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"doctor", "serve"} {
		cmd := exec.CommandContext(t.Context(), purveyBinary(t), command, "--data", data, "--addr", "127.0.0.1:0", "--stamp-font", junk)
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "PURVEY_STAMP_FONT") || !strings.Contains(string(out), "TrueType") && !strings.Contains(string(out), "font file") {
			t.Errorf("%s: %v\n%s", command, err, out)
		}
	}
}
