package purvey

import (
	"math/big"
	"strings"
)

// Money is always an integer in the smallest unit of its currency. Floats
// never hold it: JSON numbers are read as text and converted here.

// MaxCents bounds an amount, so that clients whose numbers are floats read it
// exactly and sums over a shop cannot overflow.
const MaxCents = 1 << 53

// ParseCents reads a decimal number such as "3.99" or "1e2" as hundredths,
// rounded half away from zero. ok is false for anything else and for amounts
// beyond 2^53.
func ParseCents(number string) (cents int64, ok bool) {
	if number == "" || len(number) > 40 || strings.ContainsAny(number, "/_xXpP") {
		return 0, false
	}
	if i := strings.IndexAny(number, "eE"); i >= 0 && len(number)-i > 4 {
		return 0, false
	}
	r, ok := new(big.Rat).SetString(number)
	if !ok {
		return 0, false
	}
	r.Mul(r, big.NewRat(100, 1))
	half := big.NewRat(1, 2)
	neg := r.Sign() < 0
	r.Abs(r).Add(r, half)
	q := new(big.Int).Quo(r.Num(), r.Denom())
	if !q.IsInt64() || q.Int64() > MaxCents {
		return 0, false
	}
	if neg {
		return -q.Int64(), true
	}
	return q.Int64(), true
}

// FormatCents writes hundredths as the shortest decimal number: 399 is "3.99",
// 1000 is "10".
func FormatCents(cents int64) string {
	return strings.TrimSuffix(strings.TrimRight(big.NewRat(cents, 100).FloatString(2), "0"), ".")
}

// ValidCurrency tells whether s has the form of an ISO 4217 code.
func ValidCurrency(s string) bool {
	if len(s) != 3 {
		return false
	}
	for i := range 3 {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return true
}
