package bigdd

import (
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"net/http/httptest"
	"strconv"
	"testing"

	"purvey"
)

// constants lists the values of every constant of a type in the vocabulary.
func constants(t *testing.T, typeName string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../../error.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			if id, ok := v.Type.(*ast.Ident); !ok || id.Name != typeName {
				continue
			}
			text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, text)
		}
	}
	return out
}

func TestEveryKindAndReasonHasARow(t *testing.T) {
	t.Parallel()
	codes := map[string]bool{
		"validation_error": true, "unauthorized": true, "forbidden": true, "not_found": true, "method_not_allowed": true, "conflict": true,
		"payload_too_large": true, "unsupported_media_type": true, "rate_limited": true, "internal_error": true,
	}
	kinds, reasons := constants(t, "Kind"), constants(t, "Reason")
	if len(kinds) < 11 || len(reasons) < 35 {
		t.Fatalf("the vocabulary was not read: %d kinds, %d reasons", len(kinds), len(reasons))
	}
	a := &api{Backend: Backend{Log: slog.New(slog.DiscardHandler)}}
	for _, k := range kinds {
		to, ok := byKind[purvey.Kind(k)]
		if !ok || !codes[to.code] {
			t.Errorf("kind %q: %+v", k, to)
		}
		for _, err := range []error{purvey.Kind(k), purvey.Errorf(purvey.Kind(k), "detail")} {
			w := httptest.NewRecorder()
			a.respond(w, httptest.NewRequest("GET", "/", nil), err)
			if w.Code != to.status {
				t.Errorf("kind %q answers %d, want %d", k, w.Code, to.status)
			}
		}
	}
	for _, r := range reasons {
		if words, ok := byReason[purvey.Reason(r)]; !ok || words == "" && r != "" {
			t.Errorf("reason %q has no row", r)
		}
	}
	if len(byKind) != len(kinds) || len(byReason) != len(reasons) {
		t.Error("a row stands for nothing in the vocabulary")
	}
	for r := range statusOf {
		if _, ok := byReason[r]; !ok {
			t.Errorf("status of an unknown reason %q", r)
		}
	}
}
