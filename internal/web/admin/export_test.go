package admin

import (
	"io/fs"
	"net/http"
)

// AppOf serves a built application, for tests.
func AppOf(built fs.FS, placeholder []byte) (http.Handler, error) {
	a, err := newApp(built, placeholder)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /admin", a.page)
	mux.HandleFunc("GET /admin/", a.file)
	mux.HandleFunc("GET /admin/assets/", a.immutable)
	return mux, nil
}
