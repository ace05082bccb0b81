package overview

import (
	"context"
	"slices"
	"strings"
	"time"

	"purvey"
	"purvey/internal/store"
)

// Figure is a number of the period and of the one before.
type Figure struct{ Value, Previous int64 }

// Money is an amount of the period and of the one before.
type Money struct {
	Currency string
	Figure
}

// Figures are a period's sums. See store.Figures for what each counts.
type Figures struct {
	Orders, Downloads, Completed, Bytes, Customers, Keys, Refunds Figure
	Revenue                                                       []Money // the shop's currency first
}

// Step is one step of a series.
type Step struct {
	At        time.Time
	Orders    int64
	Cents     int64 // in the shop's currency
	Downloads int64
}

// Top is an object that much happened to.
type Top struct {
	ID, Name string
	Number   int64 // orders, or downloads
	Cents    int64 // in the shop's currency; products only
}

// Today is a period's figures.
type Today struct {
	Period, Previous       Period
	Figures                Figures
	Series, PreviousSeries []Step
	TopProducts, TopFiles  []Top
	Attention              []Attention
}

const topsShown = 5

// Today gives the figures of a period, and what needs a hand now.
func (s *Service) Today(ctx context.Context, shop purvey.Shop, mode purvey.Mode, q Query) (Today, error) {
	t, err := s.today(ctx, shop, mode, q, true)
	if err != nil {
		return t, err
	}
	t.Attention, err = s.Attention(ctx, shop, mode)
	return t, err
}

// today gives the figures, from kept ones where there are, or none.
func (s *Service) today(ctx context.Context, shop purvey.Shop, mode purvey.Mode, q Query, fromKept bool) (Today, error) {
	scope := purvey.Scope{ShopID: shop.ID, Mode: mode}
	zone := zoneOf(shop)
	var t Today
	var err error
	if t.Period, t.Previous, err = q.periods(s.db.Now(), zone); err != nil {
		return t, err
	}
	state, kept, err := s.db.FigureState(ctx, scope)
	if err != nil {
		return t, err
	}
	c := counting{s: s, scope: scope, zone: zone, unit: 24 * time.Hour, currency: shop.Settings.Shop.Currency, state: state, kept: kept && fromKept}
	if q.Granularity == Hour {
		c.unit = time.Hour
	}
	now, err := c.period(ctx, t.Period)
	if err != nil {
		return t, err
	}
	before, err := c.period(ctx, t.Previous)
	if err != nil {
		return t, err
	}
	t.Figures, t.Series, t.PreviousSeries = compare(now, before, c.currency), now.series, before.series
	if t.TopProducts, err = c.top(ctx, t.Period, store.ObjectProduct); err != nil {
		return t, err
	}
	t.TopFiles, err = c.top(ctx, t.Period, store.ObjectFile)
	return t, err
}

// zoneOf is the shop's time zone, UTC if it is none that is known here.
func zoneOf(shop purvey.Shop) *time.Location {
	zone, err := time.LoadLocation(shop.Settings.Shop.Timezone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// sums are what a period comes to.
type sums struct {
	plain  store.Figures
	money  map[string]int64
	series []Step
}

func compare(now, before sums, currency string) Figures {
	a, b := now.plain, before.plain
	f := Figures{
		Orders: Figure{a.Orders, b.Orders}, Downloads: Figure{a.Downloads, b.Downloads}, Completed: Figure{a.Completed, b.Completed},
		Bytes: Figure{a.Bytes, b.Bytes}, Customers: Figure{a.Customers, b.Customers}, Keys: Figure{a.Keys, b.Keys}, Refunds: Figure{a.Refunds, b.Refunds},
	}
	names := []string{currency}
	for _, m := range []map[string]int64{now.money, before.money} {
		for name := range m {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.SortFunc(names[1:], strings.Compare)
	for _, name := range names {
		f.Revenue = append(f.Revenue, Money{name, Figure{now.money[name], before.money[name]}})
	}
	return f
}

// counting sums one scope's figures.
type counting struct {
	s        *Service
	scope    purvey.Scope
	zone     *time.Location
	unit     time.Duration
	currency string
	state    store.FigureState
	kept     bool
}

// maxGaps is how many marked days are counted one by one; with more, all from
// the first of them on are.
const maxGaps = 40

// span is a piece of time that is counted from the rows.
type span struct{ from, to time.Time }

// parts cuts a time into the slots whose kept figures hold, the days among them
// whose don't, and the rest, all of which is to be counted.
func (c *counting) parts(from, to time.Time) (first, last int64, gaps []int64, count []span) {
	first, last = store.SlotOf(from.Add(store.SlotLength-time.Microsecond)), store.SlotOf(to)
	if last = min(last, c.state.Slot); !c.kept || first >= last {
		return 0, 0, nil, []span{{from, to}}
	}
	for _, day := range c.state.Marked {
		if a, b := store.DaySlots(day); a < last && b > first {
			gaps = append(gaps, day)
		}
	}
	if len(gaps) > maxGaps {
		begin, _ := store.DaySlots(gaps[0])
		if last = max(begin, first); first >= last {
			return 0, 0, nil, []span{{from, to}}
		}
		gaps = nil
	}
	count = append(count, span{from, store.SlotTime(first)})
	for _, day := range gaps {
		a, b := store.DaySlots(day)
		count = append(count, span{store.SlotTime(max(a, first)), store.SlotTime(min(b, last))})
	}
	return first, last, gaps, append(count, span{store.SlotTime(last), to})
}

// period sums a period.
func (c *counting) period(ctx context.Context, p Period) (sums, error) {
	out := sums{money: map[string]int64{}, series: make([]Step, len(p.steps))}
	for i, at := range p.steps {
		out.series[i].At = at
	}
	add := func(at time.Time, currency string, f store.Figures) {
		step := &out.series[p.step(at)]
		out.plain.Add(f)
		step.Orders, step.Downloads = step.Orders+f.Orders, step.Downloads+f.Downloads
		if currency != "" {
			out.money[currency] += f.Cents
		}
		if currency == c.currency {
			step.Cents += f.Cents
		}
	}
	first, last, gaps, count := c.parts(p.Start, p.End)
	for at := first; at < last; {
		// Between two changes of the zone's clock all units are equally long.
		begin := store.SlotTime(at)
		to := last
		if _, end := begin.In(c.zone).ZoneBounds(); !end.IsZero() {
			to = min(last, store.SlotOf(end.Add(store.SlotLength-time.Microsecond)))
		}
		_, seconds := begin.In(c.zone).Zone()
		offset := time.Duration(seconds) * time.Second
		units, err := c.s.db.SumFigures(ctx, c.scope, store.FigureSpan{From: at, To: to, Offset: offset, Unit: c.unit}, gaps)
		if err != nil {
			return out, err
		}
		for _, u := range units {
			when := time.Unix(0, 0).Add(time.Duration(u.Unit)*c.unit - offset)
			if when.Before(begin) {
				when = begin
			}
			add(when, u.Currency, u.Figures)
		}
		at = to
	}
	for _, piece := range count {
		rows, err := c.s.db.CountFigures(ctx, c.scope, piece.from, piece.to)
		if err != nil {
			return out, err
		}
		for _, r := range rows {
			when := store.SlotTime(r.Slot)
			if when.Before(piece.from) {
				when = piece.from
			}
			add(when, r.Currency, r.Figures)
		}
	}
	return out, nil
}

// top gives the objects of a kind that most happened to in a period.
func (c *counting) top(ctx context.Context, p Period, kind string) ([]Top, error) {
	const day = 24 * time.Hour
	firstDay, lastDay := dayAtOrAfter(p.Start), p.End.Unix()/int64(day/time.Second)
	lastDay = min(lastDay, c.state.Day)
	count := []span{{p.Start, p.End}}
	var rows []store.DayFigures
	if c.kept && firstDay < lastDay {
		var gaps []int64
		for _, d := range c.state.Marked {
			if d >= firstDay && d < lastDay {
				gaps = append(gaps, d)
			}
		}
		if len(gaps) > maxGaps {
			lastDay, gaps = gaps[0], nil
		}
		count = []span{{p.Start, dayTime(firstDay)}}
		for _, d := range gaps {
			count = append(count, span{dayTime(d), dayTime(d + 1)})
		}
		count = append(count, span{dayTime(lastDay), p.End})
		var err error
		if rows, err = c.s.db.SumObjects(ctx, c.scope, kind, firstDay, lastDay, gaps); err != nil {
			return nil, err
		}
	}
	for _, piece := range count {
		more, err := c.s.db.CountObjects(ctx, c.scope, kind, piece.from, piece.to)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return c.named(ctx, kind, rows)
}

// named sums rows by object and gives the first by number, with their names.
func (c *counting) named(ctx context.Context, kind string, rows []store.DayFigures) ([]Top, error) {
	byID := map[string]*Top{}
	for _, r := range rows {
		t := byID[r.ObjectID]
		if t == nil {
			t = &Top{ID: r.ObjectID}
			byID[r.ObjectID] = t
		}
		t.Number += r.Number
		if kind == store.ObjectProduct && r.Currency == c.currency {
			t.Cents += r.Amount
		}
	}
	tops := make([]Top, 0, len(byID))
	for _, t := range byID {
		tops = append(tops, *t)
	}
	slices.SortFunc(tops, func(a, b Top) int {
		switch {
		case a.Number != b.Number:
			return int(min(max(b.Number-a.Number, -1), 1))
		case a.Cents != b.Cents:
			return int(min(max(b.Cents-a.Cents, -1), 1))
		}
		return strings.Compare(a.ID, b.ID)
	})
	tops = tops[:min(len(tops), topsShown)]
	ids := make([]string, len(tops))
	for i, t := range tops {
		ids[i] = t.ID
	}
	names := c.s.db.ProductNames
	if kind == store.ObjectFile {
		names = c.s.db.FileNames
	}
	of, err := names(ctx, c.scope.ShopID, ids)
	for i := range tops {
		tops[i].Name = of[tops[i].ID]
	}
	return tops, err
}

func dayAtOrAfter(t time.Time) int64 {
	const seconds = 24 * 60 * 60
	day := t.Unix() / seconds
	if dayTime(day).Before(t) {
		day++
	}
	return day
}

func dayTime(day int64) time.Time { return time.Unix(day*24*60*60, 0).UTC() }
