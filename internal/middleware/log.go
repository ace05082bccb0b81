package middleware

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// secretAfter says, for the first word of a path that leads to somebody's
// goods, which of the segments behind it is the secret: 1 is the next one.
var secretAfter = map[string]int{
	"d":           1, // /d/{token}/files/{file_id}
	"b":           1, // short-lived byte URLs
	"view":        1,
	"download":    1, // the token is in the query; a path segment may be a mistaken one
	"checkout":    1,
	"setup":       1,
	"invitation":  1,
	"invitations": 1,
	"unsubscribe": 1,
	"link":        2, // /link/{id}/{uuid}
}

// openAfter are segments that stand where a secret could, and are none.
var openAfter = map[string]bool{"files": true, "zip": true, "manifest": true, "pack": true}

const hidden = "***"

// SafePath is a path fit for a log: the segments that let their holder fetch
// something are replaced by ***. It takes the escaped path, so that an escaped
// slash cannot move a secret to another segment.
func SafePath(escaped string) string {
	segments := strings.Split(escaped, "/")
	countdown := 0
	for i, s := range segments {
		if s == "" {
			continue
		}
		plain, err := url.PathUnescape(s)
		if err != nil {
			plain = s
		}
		if countdown > 0 {
			if countdown--; countdown == 0 && !openAfter[plain] {
				segments[i] = hidden
				continue
			}
		}
		if n := secretAfter[plain]; n > 0 && countdown == 0 {
			countdown = n
		} else if looksSecret(plain) {
			segments[i] = hidden
		}
	}
	return strings.Join(segments, "/")
}

// looksSecret knows random text by its mix of digits with letters of both
// cases. Ids, digests and UUIDs have one case; only long names are hit by
// mistake, which does no harm in a log.
func looksSecret(s string) bool {
	return len(s) >= 22 &&
		strings.ContainsAny(s, "0123456789") &&
		strings.ContainsAny(s, "abcdefghijklmnopqrstuvwxyz") &&
		strings.ContainsAny(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
}

// AccessLog writes one line for each request when it has ended: method, path
// without secrets and never with the query, status, bytes of the body, time
// taken, client and request id. Answers from 500 up are logged as errors,
// health checks at debug level. An answer that a handler gave up has "cut" set.
func AccessLog(log *slog.Logger) Middleware {
	log = withRequestID(log)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start, rec, whole := time.Now(), Record(w), false
			defer func() {
				status := rec.Status()
				if status == 0 && whole {
					status = http.StatusOK
				}
				level := slog.LevelInfo
				switch {
				case status >= 500:
					level = slog.LevelError
				case r.URL.Path == "/healthz" || r.URL.Path == "/readyz":
					level = slog.LevelDebug
				}
				ctx := r.Context()
				if !log.Enabled(ctx, level) {
					return
				}
				now := time.Now()
				line := slog.NewRecord(now, level, "request", 0) // the place in the source is always this one
				line.AddAttrs(
					slog.String("method", r.Method),
					slog.String("path", SafePath(r.URL.EscapedPath())),
					slog.Int("status", status),
					slog.Int64("bytes", rec.Bytes()),
					slog.Duration("duration", now.Sub(start)),
					slog.String("client", clientText(r)),
				)
				if !whole {
					line.AddAttrs(slog.Bool("cut", true))
				}
				_ = log.Handler().Handle(ctx, line) // where the log cannot be written there is nobody to tell
			}()
			next.ServeHTTP(rec, r)
			whole = true
		})
	}
}

func clientText(r *http.Request) string {
	if a := ClientAddr(r.Context()); a.IsValid() {
		return a.String()
	}
	return r.RemoteAddr
}
