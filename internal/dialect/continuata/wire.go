package continuata

import (
	"bufio"
	"net/http"
	"time"

	"purvey/internal/httpjson"
)

// timeForm is ISO 8601 in UTC with milliseconds.
const timeForm = "2006-01-02T15:04:05.000Z"

func wireTime(t time.Time) string { return t.UTC().Format(timeForm) }

// nullString is null for "".
func nullString(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// piece is how many objects of a list are in memory at a time.
const piece = 200

// array writes a JSON array while its elements are being read. Nothing is sent
// before the first element, so that what fails until then can still be
// answered with an error.
type array struct {
	w     http.ResponseWriter
	out   *bufio.Writer
	begun bool
}

func newArray(w http.ResponseWriter) *array { return &array{w: w, out: bufio.NewWriterSize(w, 32<<10)} }

func (a *array) begin() {
	if !a.begun {
		a.begun = true
		a.w.Header().Set("Content-Type", "application/json")
		a.w.Header().Set("X-Content-Type-Options", "nosniff")
		_ = a.out.WriteByte('[') // what fails is told by Flush
	}
}

func (a *array) add(v any) error {
	if a.begun {
		_ = a.out.WriteByte(',')
	}
	a.begin()
	_, err := a.out.Write(httpjson.Encode(v))
	return err
}

// end closes the array or, after an error with a part of it on its way, the
// connection: the client must not take the part for the whole.
func (a *array) end(err error) error {
	if err != nil {
		if a.begun {
			panic(http.ErrAbortHandler)
		}
		return err
	}
	a.begin()
	_, _ = a.out.WriteString("]\n")
	if a.out.Flush() != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}
