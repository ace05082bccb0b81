package checkout

import (
	"encoding/json"
	"errors"
	"strconv"
)

// audience is one name or several.
type audience []string

// UnmarshalJSON takes a string or an array of them.
func (a *audience) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(a))
}

// MarshalJSON writes a single name as a string.
func (a audience) MarshalJSON() ([]byte, error) {
	if len(a) == 1 {
		return json.Marshal(a[0])
	}
	return json.Marshal([]string(a))
}

// seconds is a time of a token, in whole seconds since 1970. Callers write
// fractions, too.
type seconds int64

// UnmarshalJSON takes a number; what is after its point is dropped.
func (s *seconds) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	n, err := strconv.ParseFloat(string(b), 64)
	if err != nil || n < -1<<52 || n > 1<<52 {
		return errors.New("a time must be a number of seconds")
	}
	*s = seconds(n)
	return nil
}
