package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// maxLines is the length that no file may pass.
const maxLines = 600

// emptyNames are names of packages that say nothing of what is inside.
var emptyNames = []string{"util", "utils", "common", "helper", "helpers", "misc", "base", "types", "shared"}

// Source checks every Go file of the tree: its length, the name of its
// package, that it has no init function, and that no test sleeps or is
// skipped. Generated files are left out, and so are folders that hold no
// source of ours.
func Source(tree fs.FS) ([]string, error) {
	var out []string
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"node_modules", "testdata", "dist", "bin", "data", "out"}, d.Name())):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		found, err := file(name, text)
		out = append(out, found...)
		return err
	})
	return out, err
}

// file checks one file.
func file(name string, text []byte) ([]string, error) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	if ast.IsGenerated(parsed) {
		return nil, nil
	}
	var out []string
	complain := func(pos token.Pos, what string) {
		out = append(out, fmt.Sprintf("%s: %s", set.Position(pos), what))
	}
	if n := bytes.Count(text, []byte("\n")); n > maxLines {
		out = append(out, fmt.Sprintf("%s: %d lines, at most %d are allowed", name, n, maxLines))
	}
	if slices.Contains(emptyNames, parsed.Name.Name) {
		complain(parsed.Name.Pos(), "the package is called "+parsed.Name.Name+", which says nothing")
	}
	for _, decl := range parsed.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			complain(f.Pos(), "init function")
		}
	}
	if strings.HasSuffix(name, "_test.go") {
		ast.Inspect(parsed, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			on, ok := sel.X.(*ast.Ident)
			switch {
			case !ok:
			case on.Name == "time" && sel.Sel.Name == "Sleep":
				complain(call.Pos(), "a test sleeps")
			case slices.Contains([]string{"t", "b", "tb", "f"}, on.Name) && strings.HasPrefix(sel.Sel.Name, "Skip"):
				complain(call.Pos(), "a test is skipped")
			}
			return true
		})
	}
	return out, nil
}
