package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// moneyWords are in the names of what holds money.
var moneyWords = regexp.MustCompile(`(?i)cents|price|amount|gross|refund|money|currency`)

// Floats finds declarations of the server that have to do with money and with
// floating-point numbers at once: money is whole hundredths, always. Tests and
// commands are left out.
func Floats(tree fs.FS) ([]string, error) {
	var out []string
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "testdata" || name == "cmd"):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("parse: %w", err)
		}
		for _, decl := range parsed.Decls {
			for _, part := range partsOf(decl) {
				if word, ok := floatMoney(part); ok {
					out = append(out, fmt.Sprintf("%s: %s is money, and a float is near it", set.Position(part.Pos()), word))
				}
			}
		}
		return nil
	})
	return out, err
}

// partsOf gives what is looked at by itself: the fields of a struct, else the
// whole declaration.
func partsOf(decl ast.Decl) []ast.Node {
	g, ok := decl.(*ast.GenDecl)
	if !ok || g.Tok != token.TYPE {
		return []ast.Node{decl}
	}
	var out []ast.Node
	for _, spec := range g.Specs {
		s, ok := spec.(*ast.TypeSpec).Type.(*ast.StructType)
		if !ok {
			out = append(out, spec)
			continue
		}
		for _, f := range s.Fields.List {
			out = append(out, f)
		}
	}
	return out
}

// floatMoney tells whether a piece of code names money and floats, and a name
// of the money.
func floatMoney(code ast.Node) (word string, ok bool) {
	float := false
	ast.Inspect(code, func(n ast.Node) bool {
		id, is := n.(*ast.Ident)
		if !is {
			return true
		}
		switch id.Name {
		case "float64", "float32", "ParseFloat", "Float64", "Float32", "SetFloat64":
			float = true
		default:
			if moneyWords.MatchString(id.Name) {
				word = id.Name
			}
		}
		return true
	})
	return word, float && word != ""
}
