package probe

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// files serves a folder over links signed with HMAC-SHA256, through http.ServeContent and so through sendfile.
type files struct{ dir string }

func newFiles(dir string) *files { return &files{dir: dir} }

// SignedPath is the path and query under which the file probe gives out name for a day.
func SignedPath(name string, now time.Time) string {
	expires := strconv.FormatInt(now.Add(24*time.Hour).Unix(), 10)
	return "/" + name + "?e=" + expires + "&s=" + signature("/"+name, expires)
}

func signature(path, expires string) string {
	h := hmac.New(sha256.New, []byte(Token))
	io.WriteString(h, path+"\n"+expires)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func (f *files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	expires := q.Get("e")
	until, err := strconv.ParseInt(expires, 10, 64)
	if err != nil || until < time.Now().Unix() || !hmac.Equal([]byte(q.Get("s")), []byte(signature(r.URL.Path, expires))) {
		http.Error(w, "not signed, or expired", http.StatusForbidden)
		return
	}
	file, err := os.Open(filepath.Join(f.dir, filepath.Base(r.URL.Path)))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, info.Name(), info.ModTime(), file)
}
