package purvey

import (
	"math/big"
	"strconv"
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

// digits is how many decimal places a currency has, where that is not two
// (ISO 4217).
var digits = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "VND": 0, "VUV": 0,
	"XAF": 0, "XOF": 0, "XPF": 0, "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

func digitsOf(currency string) int {
	if n, ok := digits[currency]; ok {
		return n
	}
	return 2
}

// ParseAmount reads a decimal number as an amount in the smallest unit of a
// currency: "12.50" is 1250 in USD, and 13 in JPY. ok is as with ParseCents.
func ParseAmount(number, currency string) (amount int64, ok bool) {
	if n := digitsOf(currency); n != 2 {
		if strings.ContainsAny(number, "eE") {
			return 0, false
		}
		number += "e" + strconv.Itoa(n-2)
	}
	return ParseCents(number)
}

// FormatAmount writes an amount in the smallest unit of a currency for people:
// 1250 in USD is "12.50 USD".
func FormatAmount(amount int64, currency string) string {
	n := digitsOf(currency)
	unit := big.NewInt(1)
	for range n {
		unit.Mul(unit, big.NewInt(10))
	}
	return new(big.Rat).SetFrac(big.NewInt(amount), unit).FloatString(n) + " " + currency
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
