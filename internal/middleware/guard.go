package middleware

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"purvey"
)

// Respond writes an error in the shape of one surface.
type Respond func(w http.ResponseWriter, r *http.Request, err error)

// Guard turns a panic of a handler into an answer: it logs the panic with its
// stack and has respond write an error that says nothing of it. When a part of
// the answer is already on its way the connection is cut instead, so that the
// client cannot take the part for the whole. http.ErrAbortHandler passes.
func Guard(log *slog.Logger, respond Respond) Middleware {
	log = withRequestID(log)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := Record(w)
			defer func() {
				v := recover()
				if v == nil {
					return
				}
				if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(v)
				}
				log.LogAttrs(r.Context(), slog.LevelError, "panic in a handler",
					slog.String("method", r.Method),
					slog.String("path", SafePath(r.URL.EscapedPath())),
					slog.String("panic", fmt.Sprint(v)),
					slog.String("stack", string(debug.Stack())))
				if rec.Status() != 0 {
					panic(http.ErrAbortHandler)
				}
				for _, name := range entityHeaders {
					rec.Header().Del(name)
				}
				respond(rec, r, errPanic{})
			}()
			next.ServeHTTP(rec, r)
		})
	}
}

// entityHeaders describe an answer that was prepared and will not be sent.
var entityHeaders = []string{
	"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Length", "Content-Range", "Content-Type", "Etag", "Last-Modified",
}

// errPanic is of no kind that a surface knows, which makes it answer 500.
type errPanic struct{}

func (errPanic) Error() string { return "internal error" }

// BodyLimit refuses bodies of more than max bytes: at once when the client
// tells the length, else when a handler reads past the limit, where the error
// of Read is an *http.MaxBytesError.
func BodyLimit(max int64, respond Respond) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength > max {
				respond(w, r, purvey.Errorf(purvey.TooLarge, "the body must be at most %d bytes", max))
				return
			}
			if r.Body != nil && r.Body != http.NoBody {
				r.Body = http.MaxBytesReader(w, r.Body, max)
			}
			next.ServeHTTP(w, r)
		})
	}
}

// PagePolicy is the content security policy of pages that need nothing but
// the server itself and pictures from anywhere. It leaves forms free: a
// button's POST may be answered by a redirect to the storage or to a payment
// page, which browsers would count as a form going there.
const PagePolicy = "default-src 'self'; img-src 'self' data: https:; style-src 'self' 'unsafe-inline'; " +
	"object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

// PageHeaders sets the headers that keep a page to itself: no frames, no
// sniffing, no address of ours told to other sites (tokens stand in paths).
// The referrer stays for our own origin, since browsers without it would send
// forms with the origin "null". A handler may replace any of them.
func PageHeaders(policy string) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("Content-Security-Policy", policy)
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("X-Frame-Options", "DENY")
			h.Set("Referrer-Policy", "same-origin")
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
			h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
			next.ServeHTTP(w, r)
		})
	}
}
