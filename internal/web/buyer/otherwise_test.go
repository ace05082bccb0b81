package buyer_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"purvey/internal/web/buyer"
)

// Who types the bare address comes to the library, and any other that nobody
// owns has a page that leads there; programs are answered as before.
func TestAddressesNobodyOwns(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("POST /hook", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	h := buyer.Otherwise(mux, slog.New(slog.DiscardHandler))
	for _, c := range []struct {
		method, path, accept string
		status               int
		location, text       string
	}{
		{"GET", "/", "text/html", 303, "/my", ""}, {"HEAD", "/", "text/html", 303, "/my", ""}, {"GET", "/", "*/*", 404, "", ""}, {"POST", "/", "text/html", 404, "", ""},
		{"GET", "/who?knows", "text/html", 404, "", `href="/my"`}, {"GET", "/who", "", 404, "", "404 page not found"},
		{"GET", "/healthz", "text/html", 204, "", ""}, {"GET", "/hook", "text/html", 405, "", "Method Not Allowed"}, {"POST", "/hook", "text/html", 204, "", ""},
	} {
		r, w := httptest.NewRequest(c.method, c.path, nil), httptest.NewRecorder()
		r.Header.Set("Accept", c.accept)
		h.ServeHTTP(w, r)
		if w.Code != c.status || w.Header().Get("Location") != c.location || !strings.Contains(w.Body.String(), c.text) {
			t.Errorf("%+v: %d, %v, %s", c, w.Code, w.Header(), w.Body)
		}
	}
}
