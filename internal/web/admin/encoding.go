package admin

import (
	"strconv"
	"strings"
	"time"
)

// noTime makes http.ServeContent go by the tag alone: what is embedded has no
// time of its own.
var noTime time.Time

// acceptsGzip tells whether the client takes gzip: named, or by *, with a
// weight above zero.
func acceptsGzip(headers []string) bool {
	any := false
	for _, line := range headers {
		for entry := range strings.SplitSeq(line, ",") {
			name, params, _ := strings.Cut(entry, ";")
			weight := 1.0
			if _, q, ok := strings.Cut(strings.ReplaceAll(params, " ", ""), "q="); ok {
				v, err := strconv.ParseFloat(q, 64)
				if err != nil {
					v = 0
				}
				weight = v
			}
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "gzip":
				return weight > 0
			case "*":
				any = weight > 0
			}
		}
	}
	return any
}
