package bigdd

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"go.yaml.in/yaml/v3"
)

// openapiParts are the parts of the OpenAPI document, written by hand: api.yaml
// begins it and holds what all calls share, the others are an area each.
//
//go:embed openapi/*.yaml
var openapiParts embed.FS

// openapiDocument gives the whole document as JSON, in the order in which it
// is written.
func openapiDocument() ([]byte, error) {
	const folder = "openapi"
	entries, err := fs.ReadDir(openapiParts, folder)
	if err != nil {
		return nil, err
	}
	whole := &yaml.Node{Kind: yaml.MappingNode}
	for _, e := range entries {
		text, err := openapiParts.ReadFile(path.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		if err := addPart(whole, text); err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
	}
	var out bytes.Buffer
	if err := writeJSON(&out, whole); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// addPart puts a part into the whole. Keys that begin with x- hold anchors for
// the part alone and are left out.
func addPart(whole *yaml.Node, text []byte) error {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return err
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return errors.New("is not one mapping")
	}
	top := doc.Content[0].Content
	for i := 0; i < len(top); i += 2 {
		depth := 1
		switch key := top[i].Value; {
		case len(key) > 1 && key[:2] == "x-":
			continue
		case key == "components":
			depth = 2 // their kinds, and then their names
		}
		if err := join(whole, top[i], top[i+1], depth); err != nil {
			return err
		}
	}
	return nil
}

// join puts a key into a mapping. A key that both have must be a mapping too,
// and depth says how many levels of it may be shared.
func join(into, key, value *yaml.Node, depth int) error {
	for i := 0; i < len(into.Content); i += 2 {
		if into.Content[i].Value != key.Value {
			continue
		}
		old := into.Content[i+1]
		if depth == 0 || old.Kind != yaml.MappingNode || value.Kind != yaml.MappingNode {
			return fmt.Errorf("line %d: %s stands twice", key.Line, key.Value)
		}
		for j := 0; j < len(value.Content); j += 2 {
			if err := join(old, value.Content[j], value.Content[j+1], depth-1); err != nil {
				return err
			}
		}
		return nil
	}
	into.Content = append(into.Content, key, value)
	return nil
}

// writeJSON writes a node as JSON, keys in their order.
func writeJSON(out *bytes.Buffer, n *yaml.Node) error {
	switch n.Kind {
	case yaml.AliasNode:
		return writeJSON(out, n.Alias)
	case yaml.SequenceNode:
		out.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := writeJSON(out, item); err != nil {
				return err
			}
		}
		out.WriteByte(']')
		return nil
	case yaml.MappingNode:
		pairs, err := merged(n)
		if err != nil {
			return err
		}
		out.WriteByte('{')
		for i := 0; i < len(pairs); i += 2 {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := writeValue(out, pairs[i].Value); err != nil {
				return err
			}
			out.WriteByte(':')
			if err := writeJSON(out, pairs[i+1]); err != nil {
				return err
			}
		}
		out.WriteByte('}')
		return nil
	case yaml.ScalarNode:
		var v any = n.Value
		if tag := n.ShortTag(); tag != "!!str" && tag != "!!timestamp" {
			if err := n.Decode(&v); err != nil {
				return err
			}
		}
		return writeValue(out, v)
	}
	return fmt.Errorf("line %d: not a value", n.Line)
}

// merged gives the keys and values of a mapping, those of its << included,
// which give way to its own. A key that stands twice is an error.
func merged(n *yaml.Node) ([]*yaml.Node, error) {
	var own, out []*yaml.Node
	has := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Tag == "!!merge" {
			continue
		}
		if has[key.Value] {
			return nil, fmt.Errorf("line %d: %s stands twice", key.Line, key.Value)
		}
		has[key.Value] = true
		own = append(own, key, n.Content[i+1])
	}
	for i := 0; i < len(n.Content); i += 2 {
		from := n.Content[i+1]
		if n.Content[i].Tag != "!!merge" {
			continue
		}
		if from.Kind == yaml.AliasNode {
			from = from.Alias
		}
		if from.Kind != yaml.MappingNode {
			return nil, fmt.Errorf("line %d: << takes one mapping", from.Line)
		}
		pairs, err := merged(from)
		if err != nil {
			return nil, err
		}
		for j := 0; j < len(pairs); j += 2 {
			if !has[pairs[j].Value] {
				out = append(out, pairs[j], pairs[j+1])
			}
		}
	}
	return append(own, out...), nil
}

func writeValue(out *bytes.Buffer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	out.Write(b)
	return nil
}
