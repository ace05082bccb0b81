package order

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"
)

func cents(n int64) *int64 { return &n }

// Which units an amount of money stands for, and when nobody can say.
func TestUnitsOfAnAmount(t *testing.T) {
	t.Parallel()
	one := Telling{Total: 3570, Lines: []StoreLine{{ID: "a", Quantity: 3, PriceCents: cents(1000), PaidCents: 1190}}}
	shipped := Telling{Total: 2500, Lines: []StoreLine{{ID: "a", Quantity: 1, PriceCents: cents(2000)}}}
	two := Telling{Lines: []StoreLine{{ID: "a", Quantity: 2, PriceCents: cents(1000)}, {ID: "b", Quantity: 1, PriceCents: cents(1500)}}}
	alike := Telling{Lines: []StoreLine{{ID: "a", Quantity: 1, PriceCents: cents(1000)}, {ID: "b", Quantity: 1, PriceCents: cents(1000)}}}
	free := Telling{Lines: []StoreLine{{ID: "a", Quantity: 1, PriceCents: cents(0)}, {ID: "b", Quantity: 1, PriceCents: cents(900)}}}
	many := Telling{}
	for range 60 {
		many.Lines = append(many.Lines, StoreLine{ID: "x", Quantity: 9, PriceCents: cents(1)})
	}
	for _, c := range []struct {
		name  string
		t     Telling
		cents int64
		a, b  int
		ok    bool
	}{
		{"nothing", two, 0, 0, 0, true},
		{"all of one line", one, 3570, 3, 0, true},
		{"two of three", one, 2380, 2, 0, true},
		{"a courtesy", one, 500, 0, 0, true},
		{"all but the shipping", shipped, 2000, 1, 0, true},
		{"all of two lines", two, 3500, 2, 1, true},
		{"more than all", two, 9900, 2, 1, true},
		{"one of the first", two, 1000, 1, 0, true},
		{"one of each", two, 2500, 1, 1, true},
		{"no sum of units", two, 700, 0, 0, false},
		{"one or the other", alike, 1000, 0, 0, false},
		{"the one that cost something", free, 900, 1, 1, true},
		{"too many ways to look through", many, 100, 0, 0, false},
	} {
		got, ok := c.t.unitsOf(c.cents)
		if ok != c.ok || ok && (got["a"] != c.a || got["b"] != c.b) {
			t.Errorf("%s: %v %v", c.name, got, ok)
		}
	}
}

// Part of a unit's price gives back no unit, and parts that come to a unit's
// price do.
func TestWorthOfReturnedUnits(t *testing.T) {
	t.Parallel()
	tell := Telling{Lines: []StoreLine{{ID: "a", Quantity: 3, PriceCents: cents(333)}, {ID: "b", Quantity: 1, PriceCents: cents(0)}, {ID: "c", Quantity: 2}}}
	back := func(id, line string, units int, worth int64) StoreRefund {
		return StoreRefund{ID: id, Units: map[string]int{line: units}, Worth: map[string]int64{line: worth}}
	}
	for _, c := range []struct {
		name    string
		refunds []StoreRefund
		a, b, c int
	}{
		{"part of one", []StoreRefund{back("1", "a", 1, 100)}, 0, 0, 0},
		{"all, of a price that does not divide", []StoreRefund{back("1", "a", 3, 1000)}, 3, 0, 0},
		{"two for the price of one", []StoreRefund{back("1", "a", 2, 333)}, 1, 0, 0},
		{"one in two parts", []StoreRefund{back("1", "a", 1, 133), back("2", "a", 1, 200)}, 1, 0, 0},
		{"what cost nothing, and what has no price", []StoreRefund{back("1", "b", 1, 0), back("2", "c", 1, 5)}, 0, 1, 1},
		{"units alone", []StoreRefund{{ID: "1", Units: map[string]int{"a": 2}}, back("2", "a", 1, 10)}, 2, 0, 0},
	} {
		var f facts
		for _, r := range append(c.refunds, c.refunds...) {
			f.learn(News{Refunds: []StoreRefund{r}})
		}
		units, _, clear := f.given(tell)
		if !clear || units["a"] != c.a || units["b"] != c.b || units["c"] != c.c {
			t.Errorf("%s: %v %v", c.name, units, clear)
		}
	}
}

// What is known does not depend on the order in which it was told, nor on how
// often.
func TestNewsInAnyOrder(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	line := StoreLine{ID: "1", Quantity: 2, PriceCents: cents(1000)}
	grown := StoreLine{ID: "2", Quantity: 1, PriceCents: cents(500)}
	less := line
	less.Removed = 1
	all := []News{
		{Keys: []string{"k"}, Tells: &Telling{Kind: "order", At: at, Lines: []StoreLine{line}}},
		{Keys: []string{"k"}, Paid: true, Tells: &Telling{Kind: "order", At: at.Add(time.Minute), Lines: []StoreLine{line, grown}}},
		{Keys: []string{"k"}, Tells: &Telling{Kind: "order", At: at.Add(2 * time.Minute), Closed: true, Lines: []StoreLine{less}}},
		{Keys: []string{"k"}, Tells: &Telling{Kind: "order", At: at.Add(3 * time.Minute), Lines: []StoreLine{line}}},
		{Keys: []string{"k"}, Tells: &Telling{Kind: "session", Rank: 1, Lines: []StoreLine{line}}},
		{Keys: []string{"k"}, Refunds: []StoreRefund{{ID: "r", Units: map[string]int{"1": 1}}}},
		{Keys: []string{"k"}, Refunds: []StoreRefund{{ID: "r", Cents: 1000}}},
		{Keys: []string{"k"}, RefundedCents: 700},
		{Keys: []string{"k"}, RefundedCents: 300},
		{Keys: []string{"k"}, Disputes: []StoreDispute{{ID: "d", State: DisputeOpen, Cents: 5}}},
		{Keys: []string{"k"}, Disputes: []StoreDispute{{ID: "d", State: DisputeWon, Cents: 5}}},
	}
	want := ""
	for range 300 {
		told := append(append([]News{}, all...), all...)
		rand.Shuffle(len(told), func(i, j int) { told[i], told[j] = told[j], told[i] })
		cut := rand.IntN(len(told))
		var first, second facts
		for i, n := range told {
			if i < cut {
				first.learn(n)
			} else {
				second.learn(n)
			}
		}
		first.join(second) // as of two purchases that turn out to be one
		doc, err := json.Marshal(sorted(first))
		if err != nil {
			t.Fatal(err)
		}
		if want == "" {
			want = string(doc)
		}
		if string(doc) != want {
			t.Fatalf("in another order it is\n%s\nand not\n%s", doc, want)
		}
	}
}

// sorted puts lines in the order of their ids, which carries no meaning.
func sorted(f facts) facts {
	for kind, t := range f.Tellings {
		for i := range t.Lines {
			for j := i; j > 0 && t.Lines[j].ID < t.Lines[j-1].ID; j-- {
				t.Lines[j], t.Lines[j-1] = t.Lines[j-1], t.Lines[j]
			}
		}
		f.Tellings[kind] = t
	}
	return f
}
