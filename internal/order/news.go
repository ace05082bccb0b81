package order

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"purvey"
)

// News is what one event of a store says of a purchase. Events come in any
// order, more than once, and several say the same: what they say is gathered
// (facts.learn), in a way that gives the same whatever the order, and then the
// order is brought to what is known (sale.go).
type News struct {
	Keys    []string // names of the purchase in its store; none: the event speaks of no purchase
	Tells   *Telling // what was bought; nil: the event does not say
	Paid    bool     // the money has arrived
	Refunds []StoreRefund
	// RefundedCents is what was given back in all, where a store tells no more.
	RefundedCents int64
	Disputes      []StoreDispute
}

// Telling is a purchase as one kind of event tells it. Where several kinds
// tell the same goods in different words, the best one whose goods are known
// is taken and the others left.
type Telling struct {
	Kind    string
	Rank    int       // the lowest is the best
	At      time.Time // a later telling of the kind replaces an earlier one
	Request Request   // without lines
	Total   int64     // paid for everything; 0: no more than the lines is known
	Unpaid  bool      // an order is made even before it is paid
	Closed  bool      // canceled, voided or refunded altogether: every unit is given back
	Lines   []StoreLine
}

// StoreLine is one line of a purchase, in the store's words.
type StoreLine struct {
	ID         string   // unique in the purchase
	Keys       []string // what a mapping may know it by, the most exact first
	ProductGID string   // platform ids that a product may name as its own
	VariantGID string
	Product    string // id or slug of the product itself, where the store may say it
	Name       string
	Quantity   int
	Removed    int    // units that are not in the purchase any more
	PriceCents *int64 // of one unit; nil: the product's own
	PaidCents  int64  // for one unit, tax included; 0: no more than the price is known
	GID        string
}

// paid is what a unit cost its buyer; 0 unknown.
func (l StoreLine) paid() int64 {
	if l.PaidCents == 0 && l.PriceCents != nil {
		return *l.PriceCents
	}
	return l.PaidCents
}

// StoreRefund is money given back: for units of lines or, where the store
// does not say for which, an amount.
type StoreRefund struct {
	ID    string
	Units map[string]int   // by line
	Worth map[string]int64 // what was given back for a line's units, before tax; a line without: their whole price
	Cents int64            // only without Units
}

// States of a dispute, the later ones final.
const (
	DisputeOpen = 1
	DisputeWon  = 2 // by the shop
	DisputeLost = 3
)

// StoreDispute is a customer's bank taking the money back, for the time being
// or for good.
type StoreDispute struct {
	ID    string
	State int
	Cents int64 // 0: all of it
}

// facts is all that was said of a purchase.
type facts struct {
	Tellings      map[string]Telling      `json:"tellings,omitempty"` // by kind
	Chosen        string                  `json:"chosen,omitempty"`   // the kind whose lines were taken
	Paid          bool                    `json:"paid,omitempty"`
	Refunds       map[string]StoreRefund  `json:"refunds,omitempty"`
	RefundedCents int64                   `json:"refunded_cents,omitempty"`
	Disputes      map[string]StoreDispute `json:"disputes,omitempty"`
	Placed        map[string]string       `json:"placed,omitempty"` // id of the store's line → of ours
}

func readFacts(doc []byte) (facts, error) {
	var f facts
	err := json.Unmarshal(doc, &f)
	return f, err
}

// learn adds news. Adding them again, or in another order, gives the same.
func (f *facts) learn(n News) {
	f.Paid = f.Paid || n.Paid
	f.RefundedCents = max(f.RefundedCents, n.RefundedCents)
	if n.Tells != nil {
		f.tell(*n.Tells)
	}
	for _, r := range n.Refunds {
		f.refund(r)
	}
	for _, d := range n.Disputes {
		f.dispute(d)
	}
}

func (f *facts) tell(t Telling) {
	old, told := f.Tellings[t.Kind]
	switch {
	case told && old.At.After(t.At):
		old, t = t, old
	case told && old.At.Equal(t.At):
		t.Closed = t.Closed || old.Closed
	}
	// Lines that the later telling leaves out are kept: units leave by a refund.
	for _, l := range old.Lines {
		if !slices.ContainsFunc(t.Lines, func(x StoreLine) bool { return x.ID == l.ID }) {
			t.Lines = append(slices.Clip(t.Lines), l)
		}
	}
	for i := range t.Lines {
		for _, l := range old.Lines {
			if l.ID == t.Lines[i].ID {
				t.Lines[i].Removed = max(t.Lines[i].Removed, l.Removed)
				t.Lines[i].Quantity = max(t.Lines[i].Quantity, l.Quantity)
			}
		}
	}
	put(&f.Tellings, t.Kind, t)
}

func (f *facts) refund(r StoreRefund) {
	if old, told := f.Refunds[r.ID]; told && len(old.Units) > 0 {
		return // the other event told less of it
	}
	put(&f.Refunds, r.ID, r)
}

func (f *facts) dispute(d StoreDispute) {
	if old := f.Disputes[d.ID]; old.State < d.State {
		put(&f.Disputes, d.ID, d)
	}
}

// join adds what is known of the same purchase under another name.
func (f *facts) join(g facts) {
	f.Paid = f.Paid || g.Paid
	f.RefundedCents = max(f.RefundedCents, g.RefundedCents)
	for _, t := range g.Tellings {
		f.tell(t)
	}
	for _, r := range g.Refunds {
		f.refund(r)
	}
	for _, d := range g.Disputes {
		f.dispute(d)
	}
	if f.Chosen == "" {
		f.Chosen, f.Placed = g.Chosen, g.Placed
	}
}

// closed tells whether the purchase has ended, as its store said last.
func (f *facts) closed() bool {
	for _, t := range f.Tellings {
		if t.Closed {
			return true
		}
	}
	return false
}

// best lists the tellings, the best first.
func (f *facts) best() []Telling {
	return slices.SortedFunc(maps.Values(f.Tellings), func(a, b Telling) int { return a.Rank - b.Rank })
}

func put[V any](m *map[string]V, key string, v V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[key] = v
}

// total is what was paid for a purchase.
func (t Telling) total() int64 {
	if t.Total > 0 {
		return t.Total
	}
	var sum int64
	for _, l := range t.Lines {
		sum += l.paid() * int64(l.Quantity)
	}
	return sum
}

// unitsOf tells which units an amount of money stands for. It must be all, or
// units of the only line, or exactly one choice of units; else nobody can say,
// and ok is false.
func (t Telling) unitsOf(cents int64) (units map[string]int, ok bool) {
	units = map[string]int{}
	total := t.total()
	if cents <= 0 {
		return units, true
	}
	if total > 0 && cents >= total {
		for _, l := range t.Lines {
			units[l.ID] = l.Quantity
		}
		return units, true
	}
	if len(t.Lines) == 1 && total > 0 {
		l := t.Lines[0]
		units[l.ID] = int(cents * int64(l.Quantity) / total)
		if p := l.paid(); p > 0 && cents >= p*int64(l.Quantity) {
			units[l.ID] = l.Quantity // all but the shipping
		}
		return units, true
	}
	s := search{lines: t.Lines, taken: make([]int, len(t.Lines)), steps: 100_000}
	s.run(0, cents)
	if s.found != 1 || s.steps <= 0 {
		return nil, false
	}
	for i, l := range t.Lines {
		units[l.ID] = s.answer[i]
	}
	return units, true
}

// whole is how many of n units of a line were given back, for which so much
// was paid back in all: part of a unit's price takes no goods away. The price
// of a unit is rounded, so each may be a cent short.
func (t Telling) whole(id string, n int, worth int64) int {
	for _, l := range t.Lines {
		if l.ID == id && l.PriceCents != nil && *l.PriceCents > 0 {
			return int(min(int64(n), (worth+int64(n)) / *l.PriceCents))
		}
	}
	return n
}

// search counts the ways to make an amount of units' prices, up to two.
type search struct {
	lines  []StoreLine
	taken  []int
	answer []int
	found  int
	steps  int
}

func (s *search) run(i int, left int64) {
	if s.steps--; s.steps <= 0 || s.found > 1 {
		return
	}
	if i == len(s.lines) {
		if left == 0 {
			s.found++
			s.answer = slices.Clone(s.taken)
		}
		return
	}
	l := s.lines[i]
	for n := 0; n <= l.Quantity; n++ {
		price := l.paid()
		if price == 0 && n > 0 || price*int64(n) > left {
			break
		}
		s.taken[i] = n
		s.run(i+1, left-price*int64(n))
	}
	s.taken[i] = 0
}

// saleNote is what is kept of a line beside the vocabulary, in its Extra.
type saleNote struct {
	ExternalKey string `json:"external_key,omitempty"`
}

func noteKey(key string) []byte {
	if key == "" {
		return nil
	}
	b, err := json.Marshal(saleNote{key})
	if err != nil {
		return nil // a string marshals without failing
	}
	return b
}

// ExternalKey is what the store of a line calls its product; "" when it came
// by no mapping.
func ExternalKey(l purvey.Line) string {
	var n saleNote
	if json.Unmarshal(l.Extra, &n) != nil {
		return ""
	}
	return n.ExternalKey
}
