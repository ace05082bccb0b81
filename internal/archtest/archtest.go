// Package archtest holds the rules of the source tree as tests: which package
// may import which, how long a file may be, and what a package may not be
// called or contain. The tables in this file are the rules; CONTRIBUTING.md
// tells them in words.
//
// A new package, or a new third-party module in an old one, needs a line here.
// That is meant: it is where such a step is weighed.
package archtest

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// module is the path of the server's module.
const module = "purvey"

// A layer is a set of packages with the same rights. Packages are named
// relative to the module; "" is the root and "x/*" is every package below x.
type layer struct {
	name     string
	packages []string
	may      []string // packages of the module, beside those of the own family
}

// The vocabulary, the tools and the services, as other layers refer to them.
var (
	root     = []string{""}
	tools    = []string{"internal/store", "internal/blob", "internal/stamp", "internal/region", "internal/keyring"}
	wire     = []string{"internal/httpjson", "internal/middleware", "internal/jwt"}
	services = []string{
		"internal/auth", "internal/catalog", "internal/checkout", "internal/delivery", "internal/idempotency", "internal/license",
		"internal/mail", "internal/order", "internal/overview", "internal/report", "internal/shop", "internal/webhook",
	}
)

// layers is the dependency rule. Every package of the module, but those of
// support, is in exactly one layer.
var layers = []layer{
	{name: "vocabulary", packages: root},
	{name: "tools", packages: slices.Concat(tools, wire, []string{"internal/config"}), may: root},
	// Services parse documents as the surfaces do, but know no server of HTTP.
	{name: "services", packages: services, may: slices.Concat(root, tools, []string{"internal/httpjson", "internal/jwt"})},
	{name: "queue", packages: []string{"internal/job"}, may: []string{"", "internal/store"}},
	{name: "pages", packages: []string{"internal/web/page"}, may: slices.Concat(root, wire)},
	{
		name: "surfaces", packages: []string{"internal/dialect/*", "internal/connect", "internal/web/*"},
		may: slices.Concat(root, services, wire, []string{"internal/web/page"}),
	},
	{name: "assembly", packages: []string{"internal/server", "cmd/*"}, may: []string{"", "internal/*"}},
	{name: "checks", packages: []string{"internal/archtest"}},
}

// sideways lists the imports inside a layer.
var sideways = map[string][]string{
	"internal/order":    {"internal/license"},
	"internal/checkout": {"internal/order"},
}

// support are packages that only tests import. They may import anything below.
var support = []string{"internal/browsertest", "internal/store/storetest", "internal/blob/blobtest", "internal/wiretest"}

// owners says which packages may use a third-party module, or a package of the
// standard library that is not for everybody. A name stands for everything
// below it, too.
var owners = map[string][]string{
	"database/sql":                            {"internal/store"},
	"net/smtp":                                {},
	"code.dny.dev/ssrf":                       {"internal/webhook"},
	"codeberg.org/go-pdf/fpdf":                {"internal/stamp"},
	"github.com/alexedwards/argon2id":         {"internal/auth"},
	"github.com/google/uuid":                  {"internal/store", "internal/order", "internal/delivery", "internal/catalog", "internal/dialect/*"},
	"github.com/jackc/pgx/v5":                 {"internal/store"},
	"github.com/mattn/go-sqlite3":             {"internal/store"},
	"github.com/minio/minio-go/v7":            {"internal/blob"},
	"github.com/minio/sio":                    {"internal/blob"},
	"github.com/oschwald/maxminddb-golang/v2": {"internal/region"},
	"github.com/pdfcpu/pdfcpu":                {"internal/stamp"},
	"github.com/pressly/goose/v3":             {"internal/store"},
	"github.com/prometheus/client_golang":     {"internal/server", "internal/job", "cmd/*"},
	"github.com/stripe/stripe-go/v85":         {"internal/checkout", "internal/connect"},
	"github.com/wneessen/go-mail":             {"internal/mail"},
	"go.yaml.in/yaml/v3":                      {"internal/dialect/*"},
	"golang.org/x/crypto":                     {"internal/auth", "internal/blob", "internal/keyring"},
	"golang.org/x/image":                      {"internal/stamp"},
	"golang.org/x/sync":                       {"internal/auth", "internal/blob", "internal/store", "internal/job", "cmd/*"},
	"golang.org/x/text":                       {"internal/mail", "internal/stamp", "internal/store", "internal/web/*", "internal/webhook"},
	"golang.org/x/time":                       {"internal/auth"},
	"modernc.org/sqlite":                      {"internal/store"},
	"rsc.io/qr":                               {"internal/web/admin"},
}

// Package is what the rules look at, in the words of `go list -json`. Imports
// are those of the package itself, without its tests.
type Package struct {
	ImportPath string
	Name       string
	Doc        string
	Imports    []string
	Standard   bool
}

// below is the path of a package inside the module; ok is false outside it.
func below(path string) (rel string, ok bool) {
	if path == module {
		return "", true
	}
	return strings.CutPrefix(path, module+"/")
}

// matches tells whether a package is the one that pattern names, or in the
// family that it names.
func matches(pattern, rel string) bool {
	if family, ok := strings.CutSuffix(pattern, "/*"); ok {
		return strings.HasPrefix(rel, family+"/")
	}
	return pattern == rel || pattern != "" && strings.HasPrefix(rel, pattern+"/")
}

func anyMatches(patterns []string, rel string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, rel) })
}

// layerOf gives the layer with the most exact pattern for a package.
func layerOf(rel string) (found layer, ok bool) {
	longest := -1
	for _, l := range layers {
		for _, p := range l.packages {
			if matches(p, rel) && len(p) > longest {
				found, longest = l, len(p)
			}
		}
	}
	return found, longest >= 0
}

// family is the package that another one belongs to: internal/store for
// internal/store/migration. The dialects, the pages and the commands are a
// family each, not one together.
func family(rel string) string {
	parts := strings.Split(rel, "/")
	n := 2
	if len(parts) > 1 && (parts[1] == "dialect" || parts[1] == "web") {
		n = 3
	}
	return strings.Join(parts[:min(n, len(parts))], "/")
}

// Violations checks the imports of packages against the tables. Each line
// names the importing package, the guilty import and the rule.
func Violations(packages []Package) []string {
	var out []string
	for _, p := range packages {
		rel, ok := below(p.ImportPath)
		if !ok || anyMatches(support, rel) {
			continue
		}
		l, ok := layerOf(rel)
		if !ok {
			out = append(out, fmt.Sprintf("%s: is in no layer; archtest.go must name it", p.ImportPath))
			continue
		}
		for _, imp := range p.Imports {
			if why := refuse(l, rel, imp); why != "" {
				out = append(out, fmt.Sprintf("%s: imports %s: %s", p.ImportPath, imp, why))
			}
		}
	}
	sort.Strings(out)
	return out
}

// refuse says why a package of layer l may not import imp, or "".
func refuse(l layer, rel, imp string) string {
	if to, ok := below(imp); ok {
		switch {
		case anyMatches(support, to):
			return "only tests may"
		case rel != "" && family(rel) == family(to), anyMatches(sideways[rel], to):
			return ""
		case !anyMatches(l.may, to):
			return fmt.Sprintf("the %s may not", l.name)
		case strings.HasPrefix(rel, "internal/") && family(to) == "internal/server":
			return "only commands may"
		}
		return ""
	}
	for name, owner := range owners {
		if imp == name || strings.HasPrefix(imp, name+"/") {
			if !anyMatches(owner, rel) {
				return "it belongs to " + strings.Join(append([]string{"the packages"}, owner...), " ")
			}
			return ""
		}
	}
	first, _, _ := strings.Cut(imp, "/")
	if strings.Contains(first, ".") {
		return "archtest.go names no owner of that module"
	}
	return ""
}
