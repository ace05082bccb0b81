package archtest

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// top is the folder of the module.
func top(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// listed gives the packages of the module. The race build has another SQLite
// driver, so both builds are looked at.
func listed(t *testing.T, flags ...string) []Package {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append(append([]string{"list"}, flags...), "-e", "-json=ImportPath,Name,Doc,Imports,Standard", "./...")...)
	cmd.Dir = top(t)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var list []Package
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p Package
		if err := dec.Decode(&p); err == io.EOF {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

func TestImports(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{{}, {"-tags=race"}} {
		list := listed(t, flags...)
		if len(list) < 5 {
			t.Fatalf("only %d packages were found", len(list))
		}
		for _, v := range Violations(list) {
			t.Error(v)
		}
	}
}

func TestPackagesAreDocumented(t *testing.T) {
	t.Parallel()
	for _, p := range listed(t) {
		if p.Name != "" && len(p.Doc) < 40 {
			t.Errorf("%s: begins with no paragraph that says what it is", p.ImportPath)
		}
	}
}

func TestSource(t *testing.T) {
	t.Parallel()
	found, err := Source(os.DirFS(top(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Error(v)
	}
}

// The rules themselves, on made-up packages.
func TestViolationsNameTheGuiltyImport(t *testing.T) {
	t.Parallel()
	cases := []struct{ pkg, imp, want string }{
		{"purvey", "strings", ""},
		{"purvey", "purvey/internal/store", "the vocabulary may not"},
		{"purvey", "github.com/google/uuid", "it belongs to the packages"},
		{"purvey/internal/store", "purvey", ""},
		{"purvey/internal/store", "database/sql", ""},
		{"purvey/internal/store", "purvey/internal/store/migration", ""},
		{"purvey/internal/store", "github.com/jackc/pgx/v5/stdlib", ""},
		{"purvey/internal/store", "github.com/jackc/pgx/v50", "names no owner"},
		{"purvey/internal/store", "purvey/internal/blob", "the tools may not"},
		{"purvey/internal/store", "purvey/internal/store/storetest", "only tests may"},
		{"purvey/internal/blob", "purvey/internal/keyring", "the tools may not"},
		{"purvey/internal/order", "purvey/internal/license", ""},
		{"purvey/internal/order", "purvey/internal/store", ""},
		{"purvey/internal/license", "purvey/internal/order", "the services may not"},
		{"purvey/internal/order", "purvey/internal/job", "the services may not"},
		{"purvey/internal/order", "purvey/internal/middleware", "the services may not"},
		{"purvey/internal/order", "database/sql", "it belongs to the packages internal/store"},
		{"purvey/internal/job", "purvey/internal/store", ""},
		{"purvey/internal/job", "purvey/internal/order", "the queue may not"},
		{"purvey/internal/dialect/bigdd", "purvey/internal/order", ""},
		{"purvey/internal/dialect/bigdd", "purvey/internal/web/page", ""},
		{"purvey/internal/dialect/bigdd", "purvey/internal/dialect/bigdd/wire", ""},
		{"purvey/internal/dialect/bigdd", "purvey/internal/dialect/continuata", "the surfaces may not"},
		{"purvey/internal/dialect/bigdd", "purvey/internal/store", "the surfaces may not"},
		{"purvey/internal/dialect/bigdd", "purvey/internal/job", "the surfaces may not"},
		{"purvey/internal/dialect/bigdd", "database/sql", "it belongs to"},
		{"purvey/internal/web/buyer", "purvey/internal/web/admin", "the surfaces may not"},
		{"purvey/internal/web/buyer", "purvey/internal/server", "the surfaces may not"},
		{"purvey/internal/web/page", "purvey/internal/order", "the pages may not"},
		{"purvey/internal/connect", "purvey/internal/blob", "the surfaces may not"},
		{"purvey/internal/server", "purvey/internal/dialect/bigdd", ""},
		{"purvey/cmd/purvey", "purvey/internal/server", ""},
		{"purvey/cmd/purvey", "purvey/internal/store", ""},
		{"purvey/cmd/purvey", "database/sql", "it belongs to"},
		{"purvey/internal/store/storetest", "purvey/internal/order", ""},
		{"purvey/internal/novelty", "strings", "is in no layer"},
		{"elsewhere", "purvey/internal/store", ""},
	}
	for _, c := range cases {
		got := strings.Join(Violations([]Package{{ImportPath: c.pkg, Imports: []string{c.imp}}}), "\n")
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s imports %s: %q, want %q", c.pkg, c.imp, got, c.want)
		}
		if got != "" && !strings.HasPrefix(got, c.pkg+": ") {
			t.Errorf("%q does not name %s", got, c.pkg)
		}
	}
}

func TestSourceFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	long := "package a\n" + strings.Repeat("\n", maxLines)
	cases := map[string]struct{ text, want string }{
		"a/long.go":            {long, "a/long.go: 601 lines"},
		"a/made.go":            {"// Code generated by x. DO NOT EDIT.\n\n" + long, ""},
		"a/full.go":            {long[:len(long)-1], ""},
		"util/x.go":            {"package util\n", "called util"},
		"a/init.go":            {"package a\n\nfunc init() {}\n", "a/init.go:3:1: init function"},
		"a/method.go":          {"package a\n\ntype t int\n\nfunc (t) init() {}\n", ""},
		"a/a_test.go":          {"package a\n\nfunc f() { time.Sleep(1) }\n", "a test sleeps"},
		"a/b_test.go":          {"package a\n\nfunc f() { t.Skipf(``) }\n", "a test is skipped"},
		"a/c.go":               {"package a\n\nfunc f() { time.Sleep(1) }\n", ""},
		"node_modules/x/x.go":  {"package util\n", ""},
		".cache/x.go":          {"package util\n", ""},
		"a/testdata/broken.go": {"package", ""},
		"a/x.txt":              {"package util\n", ""},
	}
	for name, c := range cases {
		got, err := Source(fstest.MapFS{name: {Data: []byte(c.text)}})
		text := strings.Join(got, "\n")
		if err != nil || (text == "") != (c.want == "") || !strings.Contains(text, c.want) {
			t.Errorf("%s: %q, %v; want %q", name, text, err, c.want)
		}
	}
	if _, err := Source(fstest.MapFS{"a/x.go": {Data: []byte("package")}}); err == nil {
		t.Error("a broken file is taken")
	}
}
