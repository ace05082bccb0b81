package hlconnect

import (
	"encoding/json"
	"errors"
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

// HL-03
func TestHL03_EveryKindAndReasonHasARow(t *testing.T) {
	t.Parallel()
	a := &api{Backend{Log: slog.New(slog.DiscardHandler)}}
	answer := func(err error) (status int, body map[string]any) {
		w := httptest.NewRecorder()
		a.respond(w, httptest.NewRequest("GET", "/", nil), err)
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatal(err)
		}
		if len(body) != 4 || body["status"] != float64(w.Code) || body["name"] == "" || body["message"] == "" || body["code"] == nil {
			t.Errorf("%v: %s", err, w.Body)
		}
		return w.Code, body
	}
	kinds, reasons := constants(t, "Kind"), constants(t, "Reason")
	if len(kinds) < 11 || len(reasons) < 35 {
		t.Fatalf("the vocabulary was not read: %d kinds, %d reasons", len(kinds), len(reasons))
	}
	for _, k := range kinds {
		to, ok := byKind[purvey.Kind(k)]
		if !ok {
			t.Errorf("kind %q has no row", k)
		}
		for _, err := range []error{purvey.Kind(k), purvey.Errorf(purvey.Kind(k), "detail")} {
			if status, _ := answer(err); status != to.status {
				t.Errorf("kind %q answers %d, want %d", k, status, to.status)
			}
		}
	}
	for _, r := range reasons {
		to, ok := byReason[purvey.Reason(r)]
		if !ok {
			t.Errorf("reason %q has no row", r)
		}
		if status, body := answer(purvey.Because(purvey.Conflict, purvey.Reason(r), "x")); to.status != 0 && (status != to.status || body["code"] != float64(to.code)) {
			t.Errorf("reason %q answers %d %v", r, status, body)
		}
	}
	if len(byKind) != len(kinds) || len(byReason) != len(reasons) {
		t.Error("a row stands for nothing in the vocabulary")
	}
	if status, body := answer(errors.New("secret inner words")); status != 500 || body["message"] != "Something went wrong here." || body["name"] != "Internal Server Error" {
		t.Errorf("%d %v", status, body)
	}
	notOnSale := purvey.Because(purvey.Invalid, purvey.ReasonNotAvailable, "x")
	if status, body := answer(errRegister{notOnSale}); status != 422 || body["name"] != "Unprocessable entity" {
		t.Errorf("register knows no 400, and answers %d %v", status, body)
	}
	if status, _ := answer(errQuery{purvey.BadField("order_id", "is odd")}); status != 400 {
		t.Errorf("a bad query answers %d", status)
	}
}

func TestSentence(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"too many requests": "Too many requests.", "asset_id is required": "asset_id is required.", "Done.": "Done.",
		"parts[0].asset_id must be x": "parts[0].asset_id must be x.", "été": "Été.",
	} {
		if got := sentence(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}
