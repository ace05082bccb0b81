package store

import (
	"encoding/json"
	"time"
)

// micros is how an instant is stored: microseconds of the Unix epoch, 0 for
// the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// instant reads a stored instant, in UTC.
func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// at scans a stored instant into a time.
type at struct{ t *time.Time }

// Scan implements sql.Scanner.
func (a at) Scan(v any) error {
	n, _ := v.(int64)
	*a.t = instant(n)
	return nil
}

// doc scans a JSON column into a value; "" leaves it as it is.
type doc struct{ v any }

// Scan implements sql.Scanner.
func (d doc) Scan(v any) error {
	var b []byte
	switch x := v.(type) {
	case string:
		b = []byte(x)
	case []byte:
		b = x
	}
	if len(b) == 0 {
		return nil
	}
	return json.Unmarshal(b, d.v)
}

// asJSON writes a value for a JSON column. The vocabulary's types marshal
// without failing.
func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}
