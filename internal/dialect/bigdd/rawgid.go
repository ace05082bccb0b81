package bigdd

import (
	"net/http"
	"net/url"
	"strings"
)

// RawGID lets a customer's gid stand in a path as it is, slashes and all: the
// mux would answer its // with a redirect. It goes around the mux. Serves
// BDD-21.
func RawGID(next http.Handler) http.Handler {
	const before, after = prefix + "customers/", "/downloads"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		gid, ok := strings.CutPrefix(r.URL.EscapedPath(), before+"gid://")
		gid, is := strings.CutSuffix(gid, after)
		gid, err := url.PathUnescape(gid)
		if ok && is && err == nil {
			r2 := r.Clone(r.Context())
			r2.URL.Path = before + "gid://" + gid + after
			r2.URL.RawPath = before + url.PathEscape("gid://"+gid) + after
			r = r2
		}
		next.ServeHTTP(w, r)
	})
}
