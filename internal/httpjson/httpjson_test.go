package httpjson_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"purvey"
	"purvey/internal/httpjson"
)

type line struct {
	Product  string `json:"digital_product_id"`
	Quantity int    `json:"quantity"`
	Price    *int64 `json:"price_cents"`
}

type base struct {
	Locale string `json:"locale"`
}

// choosy refuses what it reads with an error of the domain.
type choosy string

func (c *choosy) UnmarshalJSON([]byte) error {
	return purvey.BadField("mode", "must be live or sandbox")
}

// broken refuses with an error of its own.
type broken string

func (b *broken) UnmarshalJSON([]byte) error { return errors.New("secret inner text") }

type order struct {
	base
	Name     string `json:"name"`
	Paid     bool   `json:"paid"`
	Customer struct {
		Email string `json:"email"`
	} `json:"customer"`
	Lines  []line            `json:"lines"`
	Extra  map[string][]int  `json:"extra"`
	Score  float64           `json:"score"`
	Small  int8              `json:"small"`
	Mode   *choosy           `json:"mode"`
	Broken *broken           `json:"broken"`
	Labels map[string]string `json:"labels"`
}

const limit = 1 << 10

func request(body, contentType string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

func TestDecode(t *testing.T) {
	t.Parallel()
	got := order{}
	err := httpjson.Decode(request(`{"name":"a","name":"b","unknown":[{}],"lines":[{"quantity":2,"price_cents":null}],"locale":"de"} `,
		"application/json; charset=UTF-8"), &got, limit)
	want := order{Name: "b", Lines: []line{{Quantity: 2}}, base: base{Locale: "de"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	const js = "application/json"
	cases := []struct {
		name, body, contentType string
		kind                    purvey.Kind
		field, says             string
	}{
		{"no body", "", js, purvey.Invalid, "", "empty"},
		{"no media type", `{}`, "", purvey.Unsupported, "", "application/json"},
		{"form", `a=b`, "application/x-www-form-urlencoded", purvey.Unsupported, "", "application/json"},
		{"other charset", `{}`, "application/json; charset=latin1", purvey.Unsupported, "", "application/json"},
		{"broken media type", `{}`, "application/json; =", purvey.Unsupported, "", "application/json"},
		{"too large", `"` + strings.Repeat("x", limit) + `"`, js, purvey.TooLarge, "", "at most 1024 bytes"},
		{"too large and no JSON", strings.Repeat("x", limit+1), "text/plain", purvey.TooLarge, "", "1024"},
		{"not JSON", `{"name":`, js, purvey.Invalid, "", "not valid JSON, at byte 8"},
		{"blank", "  \n", js, purvey.Invalid, "", "not valid JSON"},
		{"trailing data", `{"name":"a"} {}`, js, purvey.Invalid, "", "at byte 14"},
		{"not UTF-8", "{\"name\":\"\xff\"}", js, purvey.Invalid, "", "UTF-8"},
		{"null", ` null `, js, purvey.Invalid, "", "must be an object"},
		{"array", `[]`, js, purvey.Invalid, "", "the body must be an object"},
		{"string", `"x"`, js, purvey.Invalid, "", "the body must be an object"},
		{"number for string", `{"name":7}`, js, purvey.Invalid, "name", "must be a string"},
		{"string for bool", `{"paid":"true"}`, js, purvey.Invalid, "paid", "must be true or false"},
		{"array for object", `{"paid":true,"customer":[1]}`, js, purvey.Invalid, "customer", "must be an object"},
		{"inside an object", `{"customer":{"x":{"email":1},"email":{"a":1}}}`, js, purvey.Invalid, "customer.email", "must be a string"},
		{"inside an array", `{"lines":[{"quantity":1},{"z":[[]],"quantity":"2"}]}`, js, purvey.Invalid, "lines[1].quantity", "must be a whole number"},
		{"object for array", `{"lines":{"quantity":1}}`, js, purvey.Invalid, "lines", "must be an array"},
		{"string for object", `{"lines":[null,"x"]}`, js, purvey.Invalid, "lines[1]", "must be an object"},
		{"fraction", `{"lines":[{"quantity":1.5}]}`, js, purvey.Invalid, "lines[0].quantity", "must be a whole number"},
		{"out of range", `{"small":300}`, js, purvey.Invalid, "small", "must be a whole number in range"},
		{"pointer", `{"lines":[{"price_cents":false}]}`, js, purvey.Invalid, "lines[0].price_cents", "must be a whole number"},
		{"in a map", `{"extra":{"a":[1,2],"b.c":[1,"2"]}}`, js, purvey.Invalid, "extra.b.c[1]", "must be a whole number"},
		{"embedded", `{"locale":5}`, js, purvey.Invalid, "locale", "must be a string"},
		{"number", `{"score":"1"}`, js, purvey.Invalid, "score", "must be a number"},
		{"map of strings", `{"labels":{"a":1}}`, js, purvey.Invalid, "labels.a", "must be a string"},
		{"refused by its type", `{"mode":"x"}`, js, purvey.Invalid, "mode", "must be live or sandbox"},
		{"broken type", `{"broken":"x"}`, js, purvey.Invalid, "", "wrong form"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var v order
			err := httpjson.Decode(request(c.body, c.contentType), &v, limit)
			var e *purvey.Error
			if !errors.As(err, &e) || e.Kind != c.kind || !strings.Contains(e.Detail, c.says) || strings.Contains(e.Detail, "inner") {
				t.Fatalf("error %v", err)
			}
			field := ""
			if len(e.Fields) > 0 {
				field = e.Fields[0].Name
			}
			if field != c.field {
				t.Errorf("field %q, want %q", field, c.field)
			}
		})
	}
}

func TestLengthNotTold(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]error{
		`{"name":"a"}`: nil,
		`{"name":"` + strings.Repeat("x", limit) + `"}`: purvey.TooLarge,
		``: purvey.Invalid,
	} {
		r := request(body, "application/json")
		r.ContentLength = -1
		var v order
		if err := httpjson.Decode(r, &v, limit); !errors.Is(err, want) {
			t.Errorf("%.20s: %v", body, err)
		}
	}
	// A limit set further out is told by its own figure.
	r := request(`{"name":"0123456789"}`, "application/json")
	r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, 5)
	r.ContentLength = -1
	var v order
	if err := httpjson.Decode(r, &v, limit); !errors.Is(err, purvey.TooLarge) || !strings.Contains(err.Error(), "5 bytes") {
		t.Error(err)
	}
}

func TestDecodeOptional(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"", "application/json", "text/plain"} {
		v := line{Quantity: 1}
		if err := httpjson.DecodeOptional(request("", contentType), &v, limit); err != nil || v.Quantity != 1 {
			t.Errorf("%s: %+v, %v", contentType, v, err)
		}
	}
	v := line{Quantity: 1}
	if err := httpjson.DecodeOptional(request(`{"quantity":3}`, "application/merge-patch+json"), &v, limit); err != nil || v.Quantity != 3 {
		t.Errorf("%+v, %v", v, err)
	}
	if err := httpjson.DecodeOptional(request(`{`, "application/json"), &v, limit); !errors.Is(err, purvey.Invalid) {
		t.Error(err)
	}
	if err := httpjson.DecodeOptional(request(`{}`, "text/plain"), &v, limit); !errors.Is(err, purvey.Unsupported) {
		t.Error(err)
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	httpjson.Write(w, http.StatusCreated, map[string]any{"name": "<a & b>", "n": nil})
	const want = `{"n":null,"name":"<a & b>"}`
	if w.Code != 201 || w.Body.String() != want {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if h := w.Header(); h.Get("Content-Type") != "application/json; charset=utf-8" || h.Get("Content-Length") != strconv.Itoa(len(want)) {
		t.Errorf("header %v", h)
	}
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, "cannot be encoded") {
			t.Errorf("panic %s", got)
		}
	}()
	httpjson.Write(httptest.NewRecorder(), 200, func() {})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{}`, `{"lines":[{"quantity":"1"}]}`, `[[{"a":{}}]]`, `{"extra":{"a":[{}]}}`, `null`, `{"labels":{"":[]}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var v order
		err := httpjson.Parse(body, &v)
		var e *purvey.Error
		switch {
		case err == nil && !json.Valid(body):
			t.Fatal("took what is no JSON")
		case err != nil && (!errors.As(err, &e) || e.Detail == ""):
			t.Fatalf("odd error %v", err)
		}
	})
}

func TestEncodeReadyJSON(t *testing.T) {
	t.Parallel()
	if got := string(httpjson.Encode(json.RawMessage(`{"a":[1]}`))); got != `{"a":[1]}` {
		t.Error(got)
	}
	if got := string(httpjson.Encode(json.RawMessage(nil))); got != "null" {
		t.Error(got)
	}
	for _, s := range []string{"", "plain", "a\"b", `a\b`, "é", "\x00\x1f\x7f", "<&>", "\u2028", "😀"} {
		if got, want := string(httpjson.AppendString([]byte("x"), s)), "x"+string(httpjson.Encode(s)); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
}
