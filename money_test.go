package purvey_test

import (
	"testing"

	"purvey"
)

func TestAmounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		number, currency string
		amount           int64
		ok               bool
		shown            string
	}{
		{"12.50", "USD", 1250, true, "12.50 USD"}, {"0.005", "EUR", 1, true, "0.01 EUR"}, {"-3", "EUR", -300, true, "-3.00 EUR"},
		{"1250", "JPY", 1250, true, "1250 JPY"}, {"12.50", "JPY", 13, true, "13 JPY"}, {"1.234", "KWD", 1234, true, "1.234 KWD"},
		{"1e2", "JPY", 0, false, ""}, {"x", "USD", 0, false, ""}, {"", "USD", 0, false, ""},
	} {
		got, ok := purvey.ParseAmount(c.number, c.currency)
		if got != c.amount || ok != c.ok {
			t.Errorf("%s %s is %d, %v", c.number, c.currency, got, ok)
		}
		if ok && purvey.FormatAmount(got, c.currency) != c.shown {
			t.Errorf("%d is shown as %s", got, purvey.FormatAmount(got, c.currency))
		}
	}
}

func TestSplitName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]string{
		"Ana Maria Lopez": {"Ana Maria", "Lopez"}, " Ana  Lopez ": {"Ana", "Lopez"}, "Ana": {"Ana", ""}, "": {"", ""},
	} {
		if a, b := purvey.SplitName(name); [2]string{a, b} != want {
			t.Errorf("%q: %q %q", name, a, b)
		}
	}
}
