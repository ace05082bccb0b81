package blob_test

import (
	"errors"
	"strings"
	"testing"

	"purvey"
	"purvey/internal/blob"
)

// TestOpenRefuses: a storage URL that cannot be meant is refused before
// anything is asked, and no error repeats a secret.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	const secret = "hush-hush"
	env := func(name string) string {
		return map[string]string{"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": secret}[name]
	}
	for url, want := range map[string]string{
		"gs://bucket":                       "s3://",
		"/srv/files":                        "s3://",
		"s3:bucket":                         "must name a bucket",
		"s3:///prefix":                      "must name a bucket",
		"s3://key:hush-hush@bucket":         "AWS_ACCESS_KEY_ID",
		"s3://bucket/a/../b":                "prefix",
		"s3://bucket/a//b":                  "prefix",
		"s3://bucket/..":                    "prefix",
		"s3://bucket/%2e%2e/x":              "prefix",
		"s3://bucket/a#b":                   "#",
		"s3://bucket?secret=hush-hush":      `unknown parameter "secret"`,
		"s3://bucket?content_md5=perhaps":   "content_md5 must be 1 or 0",
		"s3://bucket?path_style=2":          "path_style must be 1 or 0",
		"s3://bucket?endpoint=host:9000":    "endpoint",
		"s3://bucket?endpoint=ftp://host":   "endpoint",
		"s3://bucket?endpoint=http://h/p":   "endpoint",
		"s3://bucket?endpoint=http://a:b@h": "endpoint",
		"s3://bucket?a;b":                   "parameters",
		"s3://bu cket/hush-hush":            "not a URL",
		"s3://bucket:hush-hush/":            "not a URL",
	} {
		_, err := blob.Open(t.Context(), url, "", env)
		if !errors.Is(err, purvey.Invalid) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, missing := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		_, err := blob.Open(t.Context(), "s3://bucket", "", func(name string) string {
			if name == missing {
				return ""
			}
			return env(name)
		})
		if !errors.Is(err, purvey.Invalid) || !strings.Contains(err.Error(), missing) || strings.Contains(err.Error(), secret) {
			t.Errorf("without %s: %v", missing, err)
		}
	}
}
