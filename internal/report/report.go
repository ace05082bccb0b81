// Package report tells what a shop has sold and given out, for people and
// their spreadsheets: a list of sales with their sums, and tables in CSV that
// are written row by row, however long they become.
//
// A sale is an order that was paid: Publica.la's sale and report orders, and
// every paid order without a type. A permission gives access and is no sale.
// Each line is a row of its own, and so is each line of each payment that
// renewed an order. Money is whole hundredths, never a float.
package report

import (
	"context"
	"time"

	"purvey"
	"purvey/internal/store"
)

// Service reads one database.
type Service struct{ db *store.DB }

// New makes the service.
func New(db *store.DB) *Service { return &Service{db} }

// Sale is one row of the report of sales.
type Sale = store.SoldRow

// Total sums the sales of one currency.
type Total = store.SoldTotal

// Place is where a piece of the sales ended.
type Place = store.SoldAt

// NoType stands for orders without a type in a filter.
const NoType = "none"

// Period is a run of whole days in a shop's time zone, both inclusive. A zero
// bound is none.
type Period struct{ Start, End time.Time }

// ReadPeriod reads days such as 2026-05-01, "" for none, in the zone of a
// shop. Invalid names the day that is none, or that lies before the other.
func ReadPeriod(shop purvey.Shop, start, end string) (Period, error) {
	zone, err := time.LoadLocation(shop.Settings.Shop.Timezone)
	if err != nil {
		zone = time.UTC // a zone that was known when it was set
	}
	var p Period
	for _, d := range []struct {
		name, text string
		to         *time.Time
	}{{"start", start, &p.Start}, {"end", end, &p.End}} {
		if d.text == "" {
			continue
		}
		t, err := time.ParseInLocation(time.DateOnly, d.text, zone)
		if err != nil || t.Year() < 1900 {
			return p, purvey.BadField(d.name, "must be a day such as 2026-05-01")
		}
		*d.to = t
	}
	if !p.Start.IsZero() && !p.End.IsZero() && p.End.Before(p.Start) {
		return p, purvey.BadField("end", "must not be before start")
	}
	return p, nil
}

// before is the first instant after the period.
func (p Period) before() time.Time {
	if p.End.IsZero() {
		return p.End
	}
	return p.End.AddDate(0, 0, 1)
}

// Filter narrows the report of sales. A zero field narrows nothing.
type Filter struct {
	Period             // in which it was paid
	Types     []string // purvey.TypeSale, purvey.TypeReport, NoType
	Currency  string   // ISO 4217
	ProductID string
	Status    string // of the line, such as "active"
}

func (f Filter) rows() store.SoldFilter {
	out := store.SoldFilter{From: f.Start, Before: f.before(), Currency: f.Currency, ProductID: f.ProductID, Status: f.Status}
	for _, t := range f.Types {
		if t == NoType {
			t = ""
		}
		out.Types = append(out.Types, t)
	}
	return out
}

// Sales gives a piece of the sales, in the order in which they were made or
// the reverse, after a place. Serves PUB-35.
func (s *Service) Sales(ctx context.Context, scope purvey.Scope, f Filter, after Place, newest bool, limit int) (purvey.Listed[Sale], error) {
	return s.db.Sold(ctx, scope, f.rows(), after, newest, limit)
}

// Totals sums all sales that the filter leaves, by currency.
func (s *Service) Totals(ctx context.Context, scope purvey.Scope, f Filter) ([]Total, error) {
	return s.db.SoldTotals(ctx, scope, f.rows())
}
