package blob_test

import (
	"path"
	"path/filepath"
	"strings"
	"testing"

	"purvey/internal/blob"
)

// FuzzNames: whatever is called a digest or an upload, its place is below the
// root, in the folder meant for it, and no two names share a place.
func FuzzNames(f *testing.F) {
	f.Add(strings.Repeat("0", 64))
	f.Add("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
	for _, s := range []string{
		"", ".", "..", "../x", "/", "/etc/passwd", `..\x`, `C:\x`, "a.done", "con", "nul", "up-1_a", "A", "a/../b",
		"\x00", "\u202e", strings.Repeat("a", 128), strings.Repeat("../", 21) + "x", strings.Repeat("0", 61) + "/..",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		root := filepath.FromSlash("/srv/files")
		check := func(name string, ok bool, folder string) {
			if !ok {
				if name != "" {
					t.Fatalf("%q is refused, and yet has the place %q", s, name)
				}
				return
			}
			at := filepath.Join(root, filepath.FromSlash(name))
			back, err := filepath.Rel(root, at)
			if err != nil || !filepath.IsLocal(back) || filepath.ToSlash(back) != name {
				t.Fatalf("%q is at %q", s, at)
			}
			if path.Dir(name) != folder || path.Base(name) != s || path.Clean(name) != name {
				t.Fatalf("%q has the place %q", s, name)
			}
			if strings.ToLower(name) != name || strings.ContainsAny(s, `.\:`) {
				t.Fatalf("the place %q is not the same on every file system", name)
			}
		}
		name, ok := blob.ContentName(s)
		check(name, ok, s[:min(2, len(s))])
		if ok && len(s) != 64 {
			t.Fatalf("%q is no digest", s)
		}
		name, ok = blob.UploadName(s)
		check(name, ok, "staging")
	})
}
