package viewer

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"purvey"
)

// static holds the viewer's script and style, and pdf.js with its fonts,
// character maps and decoders.
//
//go:embed static
var static embed.FS

// assets serves the files of static under an address that changes when any of
// them does, so that browsers may keep them for ever.
type assets struct {
	files   fs.FS
	root    string // "/viewer/" and the edition, with a slash at the end
	edition string
	packed  sync.Map // path → []byte, of texts that were asked for
}

func newAssets() *assets {
	files, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	sum := sha256.New()
	err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, name)
		_, _ = io.WriteString(sum, name)
		_, _ = sum.Write(text)
		return err
	})
	if err != nil {
		panic(err) // so are the files
	}
	edition := hex.EncodeToString(sum.Sum(nil))[:12]
	return &assets{files: files, edition: edition, root: "/viewer/" + edition + "/"}
}

// typeOf gives the type of a file by its name; "" for what is not served.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".mjs", ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".wasm":
		return "application/wasm"
	case ".ttf":
		return "font/ttf"
	case ".bcmap", ".pfb", ".icc":
		return "application/octet-stream"
	}
	return ""
}

func (a *assets) serve(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("path")
	kind := typeOf(name)
	text, err := fs.ReadFile(a.files, name)
	if err != nil || kind == "" {
		return purvey.Missing("page")
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	// The worker takes its policy from here.
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-cache")
	if r.PathValue("edition") == a.edition {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("Vary", "Accept-Encoding")
	h.Set("ETag", `"`+a.edition+`"`)
	if strings.HasPrefix(kind, "text/") && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && r.Header.Get("Range") == "" {
		text = a.pack(name, text)
		h.Set("Content-Encoding", "gzip")
		h.Set("ETag", `"`+a.edition+`-gzip"`)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
	return nil
}

// pack compresses a file once.
func (a *assets) pack(name string, text []byte) []byte {
	if b, ok := a.packed.Load(name); ok {
		return b.([]byte)
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(text)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		panic(err) // a buffer takes everything, and the level is a right one
	}
	b, _ := a.packed.LoadOrStore(name, out.Bytes())
	return b.([]byte)
}
