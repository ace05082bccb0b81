package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxConfigFile bounds the configuration file, in bytes.
const maxConfigFile = 1 << 20

// parseFile reads KEY=VALUE lines. Empty lines and lines that begin with #
// are left out. White space around key and value is dropped; a value may be
// set in a pair of quotes, single or double, which are dropped too and
// between which everything stands for itself. A key that is no setting, or
// that stands twice, is an error. Errors name the line and never the value.
func parseFile(table []setting, body []byte) (map[string]string, error) {
	if len(body) > maxConfigFile {
		return nil, fmt.Errorf("larger than %d bytes", maxConfigFile)
	}
	if !utf8.Valid(body) || bytes.IndexByte(body, 0) >= 0 {
		return nil, errors.New("is not UTF-8 text")
	}
	known := map[string]bool{}
	for _, s := range table {
		known[s.name] = true
		if s.secret {
			known[s.fileVar()] = true
		}
	}
	got := map[string]string{}
	var errs []error
	for i, line := range strings.Split(strings.TrimPrefix(string(body), "\uFEFF"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		_, twice := got[key]
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("line %d: must be KEY=VALUE", i+1))
			continue
		case !known[key]:
			errs = append(errs, fmt.Errorf("line %d: %s is no setting", i+1, shownKey(key)))
			continue
		case twice:
			errs = append(errs, fmt.Errorf("line %d: %s stands twice", i+1, key))
			continue
		}
		value, ok = unquote(value)
		if !ok {
			errs = append(errs, fmt.Errorf("line %d: %s: the quotes are not closed", i+1, key))
			continue
		}
		got[key] = value
	}
	return got, errors.Join(errs...)
}

// unquote drops a pair of quotes around v. It is false when only one end of
// v has a quote that the other end lacks.
func unquote(v string) (string, bool) {
	if v == "" || v[0] != '"' && v[0] != '\'' {
		return v, true
	}
	if len(v) < 2 || v[len(v)-1] != v[0] {
		return "", false
	}
	return v[1 : len(v)-1], true
}

// shownKey gives a key that reads like the name of a variable, cut to 60
// bytes. Anything else may be a piece of a secret and is not repeated.
func shownKey(key string) string {
	if key == "" || strings.Trim(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") != "" {
		return "what stands before the ="
	}
	return key[:min(len(key), 60)]
}
