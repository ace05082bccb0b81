package bigdd

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// guesser makes values that fit schemas, or nearly.
type guesser struct {
	*rand.Rand
	known map[string][]string // ids and names seen in answers, by noun, and by noun and owner
	owner string              // whose parts are wanted most often
}

// one picks an item.
func one[T any](g *guesser, from ...T) T { return from[g.IntN(len(from))] }

// chance is true in so many of a hundred cases.
func (g *guesser) chance(percent int) bool { return g.IntN(100) < percent }

// learn keeps an id of a noun, the latest few of each.
func (g *guesser) learn(noun, id string) {
	if id != "" && !slices.Contains(g.known[noun], id) {
		all := append(g.known[noun], id)
		g.known[noun] = all[max(0, len(all)-40):]
	}
}

// forget drops an id that is no more.
func (g *guesser) forget(noun, id string) {
	g.known[noun] = slices.DeleteFunc(g.known[noun], func(other string) bool { return other == id })
}

// id gives one of a noun: most often one that there is.
func (g *guesser) id(noun string) string {
	if own := g.known[noun+" "+g.owner]; len(own) > 0 && g.chance(80) {
		return one(g, own...)
	}
	switch all := g.known[noun]; {
	case len(all) > 0 && g.chance(90):
		return one(g, all...)
	case g.chance(50):
		return fmt.Sprintf("%024x", g.Uint64())
	default:
		return g.oddText()
	}
}

// nouns says what the ids in a field or a part of a path are of.
var nouns = map[string]string{
	"file_ids": "files", "digital_product_id": "digital-products", "line_id": "lines", "line": "lines", "tag": "license-key-tags", "version_id": "versions", "order_name": "order names",
	"order_id": "orders", "key": "keys", "customer_gid": "customers",
}

// plausible are texts for fields whose schema says little of their form.
var plausible = map[string][]string{
	"email": {"ana@example.org", "bo+x@example.net"}, "customer_email": {"ana@example.org", "bo@example.net"}, "to": {"ana@example.org"},
	"timezone": {"Europe/Paris", "UTC"}, "scheduled_delivery_timezone": {"Europe/Paris", "America/Lima"}, "locale": {"en", "pt-BR"},
	"url": {"https://erp.example/hook", "https://course.example/a?b=c"}, "logo_url": {"", "https://shop.example/l.png"},
	"cover_url": {"https://shop.example/c.png"}, "api_base": {"", "http://127.0.0.1:9"}, "public_url": {""}, "webhook_url": {""},
	"redirect_url": {"https://shop.example/"}, "logout_url": {""}, "gid": {"gid://shopify/Order/5"}, "secret": {"a secret of some length"},
	"Upload-Metadata": {"filename YS50eHQ=", "filename YS50eHQ=,filetype dGV4dC9wbGFpbg=="}, "Range": {"bytes=0-3", "bytes=-1", "bytes=9-"},
	"Upload-Offset": {"0", "0", "0", "3"}, "Upload-Length": {"5", "8", "0"},
	"cursor": {"eyJpZCI6IjY2YTFmMGMyYjdkOTRlM2Y4YTEwNWQxMSJ9", ""}, "kind": {"delivery"}, "type": {"text/plain", "application/pdf"},
}

// isTime tells whether a field of that name takes a time.
func isTime(name string) bool {
	return strings.HasSuffix(name, "_at") || strings.HasSuffix(name, "_date") || strings.HasPrefix(name, "created_") || name == "since" || name == "start" || name == "end"
}

func (g *guesser) time() string {
	return one(g, "2026-05-01", "2026-05-15T14:30:00.000Z", "2024-11-02T09:15:00+01:00", "2031-01-01T00:00:00Z", fmt.Sprintf("%04d-%02d-%02d", 1990+g.IntN(60), 1+g.IntN(12), 1+g.IntN(28)))
}

// value makes one that fits the schema, for a field of that name.
func (g *guesser) value(name string, s *openapi3.Schema) any {
	switch {
	case len(s.Enum) > 0:
		return one(g, s.Enum...)
	case len(s.AllOf) > 0:
		out := map[string]any{}
		for _, part := range s.AllOf {
			v, isObject := g.value(name, part.Value).(map[string]any)
			if !isObject {
				return g.value(name, part.Value)
			}
			for k, inner := range v {
				out[k] = inner
			}
		}
		for _, part := range s.AllOf {
			for _, k := range part.Value.Required {
				for _, other := range s.AllOf {
					if p := other.Value.Properties[k]; p != nil && out[k] == nil {
						out[k] = g.value(k, p.Value)
					}
				}
			}
		}
		return out
	case s.Type == nil && (len(s.Properties) > 0 || len(s.Required) > 0):
		return g.object(s)
	case s.Type == nil && len(s.AnyOf) > 0:
		return g.value(name, one(g, s.AnyOf...).Value)
	case s.Type.Includes("null") && g.chance(15):
		return nil
	case s.Type.Includes("object"):
		return g.object(s)
	case s.Type.Includes("array"):
		return g.array(name, s)
	case s.Type.Includes("string"):
		return g.text(name, s)
	case s.Type.Includes("integer"):
		return g.integer(s)
	case s.Type.Includes("boolean"):
		return g.chance(50)
	}
	return nil
}

func (g *guesser) object(s *openapi3.Schema) map[string]any {
	out := map[string]any{}
	must := slices.Clone(s.Required)
	if len(s.AnyOf) > 0 {
		must = append(must, one(g, s.AnyOf...).Value.Required...)
	}
	few := one(g, 0, 10, 50) // per cent of the optional fields
	for _, name := range slices.Sorted(keysOf(s.Properties)) {
		if slices.Contains(must, name) || g.chance(few) {
			out[name] = g.value(name, s.Properties[name].Value)
		}
	}
	return out
}

func keysOf[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func (g *guesser) array(name string, s *openapi3.Schema) []any {
	n := int(s.MinItems) + g.IntN(3)
	out := []any{}
	for range n {
		out = append(out, g.value(name, s.Items.Value))
	}
	return out
}

func (g *guesser) integer(s *openapi3.Schema) any {
	low, high := 0.0, 1000.0
	if s.Min != nil {
		low = *s.Min
	}
	if s.Max != nil {
		high = *s.Max
	}
	switch {
	case g.chance(10):
		return int64(low)
	case high < 1<<50 && g.chance(10): // an asset_id that no other can follow ends all creating
		return int64(high)
	}
	return int64(low) + g.Int64N(int64(min(high-low, 20))+1)
}

func (g *guesser) text(name string, s *openapi3.Schema) string {
	switch {
	case nouns[name] != "":
		return g.id(nouns[name])
	case isTime(name):
		return g.time()
	case len(plausible[name]) > 0:
		return one(g, plausible[name]...)
	case s.Pattern != "":
		re, err := syntax.Parse(s.Pattern, syntax.Perl)
		if err != nil {
			return ""
		}
		var b strings.Builder
		g.matching(&b, re)
		return b.String()
	}
	most := 12
	if s.MaxLength != nil {
		most = int(min(*s.MaxLength, 12))
		if g.chance(3) {
			return strings.Repeat("é", int(*s.MaxLength))
		}
	}
	return g.letters(int(s.MinLength) + g.IntN(max(1, most-int(s.MinLength))))
}

func (g *guesser) letters(n int) string {
	var b strings.Builder
	for range n {
		b.WriteRune(one(g, 'a', 'b', 'z', 'A', '0', '9', '-', ' ', 'é', 'ж', '愛'))
	}
	return b.String()
}

// matching writes a text that the expression matches.
func (g *guesser) matching(b *strings.Builder, re *syntax.Regexp) {
	repeat := func(low, high int) {
		if high < 0 {
			high = low + 3
		}
		for range low + g.IntN(min(high-low, 5)+1) {
			for _, sub := range re.Sub {
				g.matching(b, sub)
			}
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		at := 2 * g.IntN(len(re.Rune)/2)
		b.WriteRune(re.Rune[at] + rune(g.IntN(int(re.Rune[at+1]-re.Rune[at])+1)))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('x')
	case syntax.OpCapture, syntax.OpConcat:
		repeat(1, 1)
	case syntax.OpAlternate:
		g.matching(b, one(g, re.Sub...))
	case syntax.OpStar:
		repeat(0, -1)
	case syntax.OpPlus:
		repeat(1, -1)
	case syntax.OpQuest:
		repeat(0, 1)
	case syntax.OpRepeat:
		repeat(re.Min, re.Max)
	}
}

// oddText is text that somebody might send.
func (g *guesser) oddText() string {
	return one(g, "", " ", "null", "0", "-1", "true", "%", "%00", "..", "../../etc/passwd", "'; DROP TABLE orders; --", "<script>", "\\", "_", "a/b", "a//b",
		"\x00", "\xff\xfe", "\u2028", "e\u0301", "🏴\u200d☠️", strings.Repeat("x", 300), strings.Repeat("%", 130), "gid://shopify/Customer/9223372036854775808",
		"NaN", "1e309", "99999999999999999999", "2026-02-30", "0000-00-00", "9999-12-31T23:59:59.999999999+00:01", "10000-01-01T00:00:00Z", "{\"id\":\"x\"}", "W10=")
}

// odd is a value of any type.
func (g *guesser) odd() any {
	switch g.IntN(8) {
	case 0:
		return nil
	case 1:
		return g.chance(50)
	case 2:
		return one[any](g, -1, 0, 1, math.MaxInt32+1, math.MinInt64, uint64(math.MaxUint64), 1.5, 1e300, json.Number("1e999"), json.Number("-0"), json.Number("1.0"))
	case 3:
		return []any{g.odd(), g.oddText()}
	case 4:
		return map[string]any{g.oddText(): g.odd()}
	case 5:
		return []any{}
	default:
		return g.oddText()
	}
}

// spoil changes a value somewhere inside.
func (g *guesser) spoil(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 || g.chance(20) {
			return g.odd()
		}
		k := one(g, slices.Sorted(keysOf(v))...)
		if g.chance(25) {
			delete(v, k)
		} else {
			v[k] = g.spoil(v[k])
		}
		return v
	case []any:
		if len(v) == 0 || g.chance(30) {
			return g.odd()
		}
		i := g.IntN(len(v))
		v[i] = g.spoil(v[i])
		return v
	}
	return g.odd()
}
