package archtest

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// Money is never a float inside.
func TestMoneyIsNoFloat(t *testing.T) {
	t.Parallel()
	found, err := Floats(os.DirFS(top(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Error(v)
	}
}

func TestFloatsAreFound(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"func f(priceCents int64) float64 { return 0 }":                            "priceCents",
		"type t struct { Amount float32 }":                                         "Amount",
		"func f(s string) { total, _ = strconv.ParseFloat(s, 64); refund(total) }": "refund",
		"func f(x *big.Rat) { grossOf(x.Float64()) }":                              "grossOf",
		"func f(cents int64) int64 { return cents * 2 }":                           "",
		"func f(weight float64) float64 { return weight }":                         "",
	} {
		got, err := Floats(fstest.MapFS{"a/a.go": {Data: []byte("package a\n\n" + text + "\n")}})
		if err != nil || (len(got) > 0) != (want != "") || !strings.Contains(strings.Join(got, ""), want) {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	for _, name := range []string{"a/a_test.go", "cmd/x/a.go", "node_modules/a.go"} {
		if got, err := Floats(fstest.MapFS{name: {Data: []byte("package a\n\nvar price float64\n")}}); err != nil || len(got) > 0 {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
