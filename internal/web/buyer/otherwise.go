package buyer

import (
	"log/slog"
	"net/http"

	"purvey"
	"purvey/internal/web/page"
)

// Otherwise answers people whose address no surface of the mux owns: the root
// leads to the library, every other has the page that says so. Programs get the
// mux's own answer.
func Otherwise(mux *http.ServeMux, log *slog.Logger) http.Handler {
	h := &handlers{Backend: Backend{Log: log}, pages: page.New(templates, "template/*.html")}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if (r.Method == http.MethodGet || r.Method == http.MethodHead) && wantsPage(r) {
			if plain, pattern := mux.Handler(r); pattern == "" && isMissing(plain, r) {
				if r.URL.Path == "/" {
					see(w, libraryPath(purvey.Shop{}))
				} else {
					h.refuse(w, r, purvey.Missing("page"))
				}
				return
			}
		}
		mux.ServeHTTP(w, r)
	})
}

// isMissing tells the mux's answer to an unknown path from that to a method
// which the path does not take.
func isMissing(plain http.Handler, r *http.Request) bool {
	s := statusOnly{header: http.Header{}}
	plain.ServeHTTP(&s, r)
	return s.status == http.StatusNotFound
}

// statusOnly keeps the status of an answer and nothing else.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) WriteHeader(status int)      { s.status = status }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }
