package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"purvey"
	"purvey/internal/store"
)

// demoHistory makes up what happened in a shop over the twelve months before
// it was here: orders that grow in number, more by day than by night, with
// downloads of most of them. Rows are written in large pieces; nothing is told
// of them and nobody is mailed.
type demoHistory struct {
	app      *app
	shop     purvey.Shop
	products []purvey.Product // with files
	dice     *rand.Rand
	ids      purvey.IDs
	now      time.Time
	placed   []placedOrder
}

// placedOrder is what downloads need to know of an order.
type placedOrder struct {
	id, line string
	product  int
	at       time.Time
}

const (
	historyLength = 365 * 24 * time.Hour
	historyPiece  = 2000 // rows of one sort in one transaction
)

// fill writes the history. The same numbers give the same history, but for ids.
func (h *demoHistory) fill(ctx context.Context, orders, downloads int) error {
	h.dice = rand.New(rand.NewPCG(20260105, uint64(orders)))
	h.now = h.app.node.db.Now()
	scope := purvey.Scope{ShopID: h.shop.ID, Mode: purvey.Live}
	var first int64
	err := h.app.node.db.Tx(ctx, func(tx *store.Tx) (err error) {
		first, err = tx.TakeNumbers(ctx, h.shop.ID, "order/live", 1000, int64(orders))
		return err
	})
	if err != nil {
		return err
	}
	times := h.times(orders, 0)
	var customers []purvey.Customer // so far
	for begin := 0; begin < orders; begin += historyPiece {
		var piece store.History
		for i := begin; i < min(begin+historyPiece, orders); i++ {
			o := h.order(first+int64(i), times[i])
			if len(customers) > 0 && h.dice.IntN(100) < 45 {
				o.Customer = customers[h.dice.IntN(len(customers))]
			} else {
				o.Customer = h.customer(len(customers), times[i])
				customers = append(customers, o.Customer)
				piece.Customers = append(piece.Customers, o.Customer)
			}
			piece.Orders = append(piece.Orders, o)
			if o.Financial.WasPaid() {
				piece.Messages = append(piece.Messages, h.message(o))
			}
		}
		if err := h.write(ctx, scope, piece); err != nil {
			return err
		}
	}
	if len(h.placed) == 0 {
		return nil
	}
	times = h.times(downloads, 0.001)
	for begin := 0; begin < downloads; begin += 2 * historyPiece {
		var piece store.History
		for i := begin; i < min(begin+2*historyPiece, downloads); i++ {
			piece.Downloads = append(piece.Downloads, h.download(times[i]))
		}
		if err := h.write(ctx, scope, piece); err != nil {
			return err
		}
	}
	return nil
}

func (h *demoHistory) write(ctx context.Context, scope purvey.Scope, piece store.History) error {
	return h.app.node.db.Tx(ctx, func(tx *store.Tx) error { return tx.InsertHistory(ctx, scope, piece) })
}

// times gives moments of the last twelve months, in their order, none in the
// first part of them.
func (h *demoHistory) times(n int, first float64) []time.Time {
	out := make([]time.Time, 0, n)
	begin := h.now.Add(-historyLength)
	for len(out) < n {
		part := first + (1-first)*math.Pow(h.dice.Float64(), 0.75) // more of late
		at := begin.Add(time.Duration(part * float64(historyLength)))
		// Most is sold in the evening, little before dawn, less on Sundays.
		weight := 0.55 + 0.45*math.Sin(float64(at.Hour()-12)/24*2*math.Pi)
		if at.Weekday() == time.Sunday {
			weight *= 0.6
		}
		if h.dice.Float64() < weight && at.Before(h.now) {
			out = append(out, at.Truncate(time.Microsecond))
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

func (h *demoHistory) order(number int64, at time.Time) purvey.Order {
	o := purvey.Order{
		ID: h.ids.New(at), Number: number, Name: fmt.Sprintf("#%d", number), Source: purvey.SourceNative, Currency: h.shop.Settings.Shop.Currency,
		Financial: purvey.Paid, PaidAt: at, CreatedAt: at, UpdatedAt: at,
	}
	switch roll := h.dice.IntN(100); {
	case roll < 22:
		o.Source, o.ExternalReference = purvey.SourceShopify, fmt.Sprintf("%d", 5_500_000_000+number)
	case roll < 30:
		o.Source = purvey.SourceWooCommerce
	}
	status := purvey.LineActive
	switch roll := h.dice.IntN(1000); {
	case roll < 25:
		o.Financial, status = purvey.Refunded, purvey.LineRefunded
	case roll < 40:
		o.Financial, o.PaidAt, status = purvey.Voided, time.Time{}, purvey.LineCanceled
	case roll < 46:
		o.Financial, o.PaidAt, status = purvey.Pending, time.Time{}, purvey.LineUnpaid
	}
	lines := 1
	if h.dice.IntN(10) == 0 {
		lines = 2
	}
	for i := range lines {
		n := h.product()
		p := h.products[n]
		l := purvey.Line{
			ID: h.ids.New(at), OrderID: o.ID, Number: int64(i + 1), ProductID: p.ID, ProductName: p.Name, Delivering: p.Delivering, Access: p.Access,
			Quantity: 1, PriceCents: p.PriceCents, Status: status, CreatedAt: at, UpdatedAt: at,
		}
		if status == purvey.LineRefunded {
			l.RefundedQuantity = 1
		}
		if o.Financial == purvey.Paid {
			l.DeliveredAt = at
			h.placed = append(h.placed, placedOrder{o.ID, l.ID, n, at})
			if p.Access.HasKeys() {
				l.Keys = []purvey.LicenseKey{{
					ID: h.ids.New(at), ShopID: h.shop.ID, Mode: purvey.Live, Key: purvey.GenerateKey(), Tag: p.KeyTag, OrderID: o.ID, OrderName: o.Name, LineID: l.ID,
					AssignedAt: at, CreatedAt: at, UpdatedAt: at,
				}}
			}
		}
		o.TotalCents += l.PriceCents
		o.Lines = append(o.Lines, l)
	}
	return o
}

// product picks one, the first of them the most often.
func (h *demoHistory) product() int {
	return min(int(h.dice.ExpFloat64()*float64(len(h.products))/3), len(h.products)-1)
}

func (h *demoHistory) customer(n int, at time.Time) purvey.Customer {
	first, last := demoFirstnames[h.dice.IntN(len(demoFirstnames))], demoLastnames[h.dice.IntN(len(demoLastnames))]
	hosts := [...]string{"example.com", "example.org", "example.net", "mail.example"}
	return purvey.Customer{
		ID: h.ids.New(at), Email: fmt.Sprintf("%s.%s%d@%s", purvey.Slug(first), purvey.Slug(last), n, hosts[h.dice.IntN(len(hosts))]), Firstname: first, Lastname: last,
		Locale: [...]string{"en", "en", "en", "es", "de", "fr", "pt"}[h.dice.IntN(7)], CreatedAt: at,
	}
}

func (h *demoHistory) message(o purvey.Order) purvey.Message {
	m := purvey.Message{
		ID: h.ids.New(o.CreatedAt), Kind: purvey.MailDelivery, State: purvey.MessageKept, To: o.Customer.Email, Locale: o.Customer.Locale,
		OrderID: o.ID, CreatedAt: o.CreatedAt, Data: h.shop.Settings.MailData(),
	}
	m.Data.OrderName, m.Data.Name, m.Data.PageURL = o.Name, o.Customer.FullName(), h.app.orders.PageURL(h.shop, o)
	for _, l := range o.Lines {
		m.Data.Lines = append(m.Data.Lines, purvey.MessageLine{Product: l.ProductName, Quantity: 1, Files: 1})
	}
	return m
}

// download is a copy of a file of an order that was placed before; of a recent
// one more often than of an old one.
func (h *demoHistory) download(at time.Time) purvey.Download {
	upTo, _ := slices.BinarySearchFunc(h.placed, at, func(p placedOrder, t time.Time) int { return p.at.Compare(t) })
	back := int(h.dice.ExpFloat64() * float64(len(h.placed)) / 40)
	n := upTo - 1 - back
	if n < 0 {
		n = h.dice.IntN(max(upTo, 1))
	}
	p := h.placed[n]
	product := h.products[p.product]
	f := product.Files[h.dice.IntN(len(product.Files))]
	d := purvey.Download{
		ID: h.ids.New(at), Via: purvey.ViaOrder, OrderID: p.id, LineID: p.line, ProductID: product.ID, VersionID: product.ActiveVersionID,
		FileID: f.ID, FileName: f.Name, FileType: f.Type, Number: 1 + h.dice.IntN(3), Size: f.Size, Sent: f.Size,
		Covered: purvey.Ranges{{From: 0, To: f.Size}}, IP: fmt.Sprintf("203.0.113.%d", h.dice.IntN(256)), UserAgent: demoAgents[h.dice.IntN(len(demoAgents))],
		CreatedAt: at, LastAt: at.Add(time.Duration(1+h.dice.IntN(90)) * time.Second),
	}
	if h.dice.IntN(4) == 0 {
		d.IP = fmt.Sprintf("2001:db8:%x:%x::%x", h.dice.IntN(1<<16), h.dice.IntN(1<<16), h.dice.IntN(1<<16))
	}
	d.Redownload = d.Number > 1
	d.Counted, d.Billable = !d.Redownload, !d.Redownload
	if h.dice.IntN(100) < 6 { // given up
		d.Sent = f.Size * int64(h.dice.IntN(95)) / 100
		d.Covered = purvey.Ranges{}.Add(0, d.Sent)
	} else {
		d.CompletedAt = d.LastAt
	}
	return d
}

var demoFirstnames = [...]string{
	"Ana", "Ben", "Chiara", "Daniel", "Elif", "Fatima", "Grace", "Hugo", "Inês", "Jonas", "Keiko", "Lena", "Mateo", "Nadia", "Olivier", "Priya", "Quentin", "Rosa",
	"Samuel", "Tereza", "Uma", "Viktor", "Wanda", "Ximena", "Yusuf", "Zoë",
}

var demoLastnames = [...]string{
	"Almeida", "Bergström", "Costa", "Dubois", "Eriksen", "Fischer", "García", "Haddad", "Ivanova", "Jensen", "Kowalski", "Lindqvist", "Moreau", "Nakamura", "Núñez",
	"Okafor", "Petrov", "Quispe", "Rossi", "Schmidt", "Tanaka", "Usman", "Vargas", "Weber", "Yılmaz", "Zimmermann",
}

var demoAgents = [...]string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
	"curl/8.14.1",
}
