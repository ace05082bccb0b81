package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"purvey"
	"purvey/internal/catalog"
	"purvey/internal/delivery"
	"purvey/internal/license"
	"purvey/internal/order"
	"purvey/internal/store"
)

// demoClock is the clock of a demo's database: that of the machine, put back
// while what happened earlier is made to happen.
type demoClock struct{ behind atomic.Int64 }

// Now reads the clock.
func (c *demoClock) Now() time.Time { return time.Now().Add(-time.Duration(c.behind.Load())) }

// set puts the clock back by a while; 0 is the present.
func (c *demoClock) set(ago time.Duration) { c.behind.Store(int64(ago)) }

// demoShop gives a throw-away shop four weeks of business, by the services that
// do it in earnest, each act at its own time. Jobs run once the server does.
type demoShop struct {
	app   *app
	clock *demoClock
	shop  purvey.Shop
	scope purvey.Scope

	birds, fonts, plugin, knitting, portrait purvey.Product
}

const demoDays = 28

// open makes products, keys and an endpoint, four weeks ago.
func (d *demoShop) open(ctx context.Context) error {
	guide, err := d.store(ctx, "northern-birds.pdf", booklet("Atlas of Northern Birds", "Waders", "Owls", "Songbirds"))
	if err != nil {
		return err
	}
	newer, err := d.store(ctx, "northern-birds-2nd.pdf", booklet("Atlas of Northern Birds, second edition", "Waders", "Owls", "Songbirds", "Gulls"))
	if err != nil {
		return err
	}
	fonts, err := d.archive(ctx, "lindqvist-grotesk.zip", "LICENCE.txt", "One seat.\n", "README.txt", "Install the fonts, then enter the key.\n")
	if err != nil {
		return err
	}
	spring, err := d.archive(ctx, "patterns-spring.zip", "scarf.txt", "Cast on 40.\n", "hat.txt", "Cast on 96.\n")
	if err != nil {
		return err
	}
	chart, err := d.store(ctx, "charts.pdf", booklet("Knitting Patterns, Spring", "Charts"))
	if err != nil {
		return err
	}
	for _, p := range []struct {
		to     *purvey.Product
		change catalog.Change
	}{
		{&d.birds, catalog.Change{
			Name: catalog.Set("Atlas of Northern Birds"), FileIDs: catalog.Set([]string{guide}), PriceCents: catalog.Set[int64](2400), Stamping: catalog.Set(true),
			StampText: catalog.Set("Licensed to {name}, {email}"), Description: catalog.Set("A field guide in PDF, stamped for its reader."),
		}},
		{&d.fonts, catalog.Change{
			Name: catalog.Set("Lindqvist Grotesk"), FileIDs: catalog.Set([]string{fonts}), PriceCents: catalog.Set[int64](4900), Access: catalog.Set(purvey.AccessFileAndKey),
			KeyTag: catalog.Set("grotesk"), KeyMode: catalog.Set(purvey.KeysFromPool), Description: catalog.Set("Six fonts with a key for one seat."),
		}},
		{&d.plugin, catalog.Change{
			Name: catalog.Set("Reverb Plugin"), PriceCents: catalog.Set[int64](7900), Access: catalog.Set(purvey.AccessKey), KeyTag: catalog.Set("reverb"),
			KeyMode: catalog.Set(purvey.KeysFromPool), Description: catalog.Set("A licence key; the installer is on the maker's site."),
		}},
		{&d.knitting, catalog.Change{
			Name: catalog.Set("Knitting Patterns, Spring"), FileIDs: catalog.Set([]string{spring, chart}), PriceCents: catalog.Set[int64](900), MaxDownloads: catalog.Set(pointer(5)),
		}},
		{&d.portrait, catalog.Change{
			Name: catalog.Set("Portrait Retouching"), PriceCents: catalog.Set[int64](6500), Delivering: catalog.Set(purvey.Unique), Description: catalog.Set("Files are made for each order."),
		}},
	} {
		if *p.to, err = d.app.catalog.CreateProduct(ctx, d.shop, p.change); err != nil {
			return err
		}
	}
	d.clock.set(12 * 24 * time.Hour)
	defer d.clock.set(demoDays * 24 * time.Hour)
	_, _, err = d.app.catalog.CreateVersion(ctx, d.shop.ID, d.birds.ID, catalog.NewVersion{
		Version: "2.0.0", Notes: "A chapter on gulls, and better maps.", FileIDs: []string{newer}, Activate: true,
	})
	return err
}

// trade sells, releases and gives back, from four weeks ago until now.
func (d *demoShop) trade(ctx context.Context) error {
	d.clock.set(demoDays * 24 * time.Hour)
	for tag, n := range map[string]int{"grotesk": 12, "reverb": 6} {
		keys := make([]string, n)
		for i := range keys {
			keys[i] = purvey.GenerateKey()
		}
		if _, err := d.app.licenses.Add(ctx, d.scope, license.Batch{Keys: keys, Tag: tag}); err != nil {
			return err
		}
	}
	_, err := d.app.webhooks.Create(ctx, d.scope, purvey.Endpoint{
		Name: "Warehouse", URL: "https://warehouse.example.invalid/hooks", Events: []purvey.EventType{purvey.EventOrderRefunded, purvey.EventStockLow}, Dialect: "bigdd",
	})
	if err != nil {
		return err
	}
	products := []purvey.Product{d.birds, d.knitting, d.fonts, d.birds, d.plugin, d.knitting, d.birds, d.fonts, d.knitting, d.plugin}
	const orders = 40
	for i := range orders {
		// More and more, at times of day that differ.
		part := float64(i) / orders
		ago := time.Duration((1-part*(1.6-0.6*part))*demoDays*24*float64(time.Hour)) + time.Duration(i*7%11)*time.Hour/3 + 20*time.Minute
		d.clock.set(ago)
		p := products[i%len(products)]
		if i == 11 || i == 30 {
			p = d.portrait
		}
		if err := d.sell(ctx, i, p); err != nil {
			return err
		}
	}
	d.clock.set(25 * time.Minute)
	body := `{"id":5501882,"name":"#2087","email":"kim@example.com","financial_status":"paid","currency":"USD","line_items":[
		{"id":1488302,"sku":"SYNTH-01","product_id":771,"variant_id":991,"title":"Synth Presets","name":"Synth Presets","quantity":1,"price":"15.00"}]}`
	return d.app.orders.Receive(ctx, d.scope, purvey.StoreEvent{Source: purvey.SourceShopify, Topic: "orders/paid", Body: []byte(body)})
}

// sell places one order and does with it what its number says.
func (d *demoShop) sell(ctx context.Context, i int, p purvey.Product) error {
	first, last := demoFirstnames[i*5%len(demoFirstnames)], demoLastnames[i*7%len(demoLastnames)]
	if i%6 == 5 { // somebody comes back
		first, last = demoFirstnames[(i-5)*5%len(demoFirstnames)], demoLastnames[(i-5)*7%len(demoLastnames)]
	}
	r := order.Request{
		Financial: purvey.Paid, SendEmail: true, Lines: []order.LineRequest{{ProductID: p.ID, Quantity: 1}},
		Customer: purvey.Customer{Email: purvey.Slug(first) + "." + purvey.Slug(last) + "@example.com", Firstname: first, Lastname: last, Locale: "en"},
	}
	switch i {
	case 19, 33:
		r.Financial = purvey.Pending
	case 36:
		r.Risk = purvey.RiskHigh
	case 37:
		r.Customer.Email = "jonas.weber@gmial.example"
	}
	if i%9 == 4 {
		r.Lines = append(r.Lines, order.LineRequest{ProductID: d.knitting.ID, Quantity: 1})
	}
	o, err := d.app.orders.Place(ctx, d.scope, r)
	if err != nil {
		return err
	}
	switch i {
	case 7, 22:
		_, err = d.app.orders.Refund(ctx, d.scope, o.ID, []order.RefundLine{{LineID: o.Lines[0].ID, Quantity: 1}})
		return err
	case 37:
		return d.bounce(ctx, o)
	}
	if i%3 == 2 || !o.Releasable() {
		return nil
	}
	return d.fetch(ctx, i, o)
}

// bounce makes the mail of an order one that a mail server refused, which the
// demo has not.
func (d *demoShop) bounce(ctx context.Context, o purvey.Order) error {
	page, err := d.app.mail.Messages(ctx, d.scope, store.MessageFilter{OrderID: o.ID}, purvey.Page{Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return err
	}
	m := page.Items[0]
	m.State, m.Attempts, m.Error = purvey.MessageFailed, 1, "550 5.1.1 <"+o.Customer.Email+">: no such user here"
	return d.app.node.db.Tx(ctx, func(tx *store.Tx) error { return tx.UpdateMessage(ctx, &m) })
}

// fetch downloads the goods of an order as the buyer would, some of them only
// in part.
func (d *demoShop) fetch(ctx context.Context, i int, o purvey.Order) error {
	page, err := url.Parse(d.app.orders.PageURL(d.shop, o))
	if err != nil {
		return err
	}
	token := page.Path[strings.LastIndexByte(page.Path, '/')+1:]
	rights, err := d.app.orders.Rights(ctx, o)
	if err != nil {
		return err
	}
	client := delivery.Client{IP: fmt.Sprintf("203.0.113.%d", 10+i), UserAgent: demoAgents[i%len(demoAgents)]}
	for _, r := range rights {
		for _, f := range r.Goods() {
			if r.Check(d.clock.Now()) != nil || r.Product.Stamping.Enabled && i > 6 { // stamping takes its time
				continue
			}
			it, err := d.app.delivery.File(ctx, token, f.ID)
			if err != nil {
				return err
			}
			b, err := d.app.delivery.Begin(ctx, it, 0, client)
			if err != nil {
				return err
			}
			to := it.Size
			if i%10 == 6 {
				to = it.Size * 2 / 5
			}
			err = b.Send(ctx, io.Discard, 0, to)
			b.Close(0)
			if err != nil {
				return err
			}
		}
	}
	return d.app.delivery.Flush(ctx)
}

func (d *demoShop) store(ctx context.Context, name string, content []byte) (string, error) {
	f, err := d.app.catalog.StoreFile(ctx, d.shop.ID, name, "", bytes.NewReader(content), 0)
	return f.ID, err
}

// archive stores a ZIP of files, each given by name and text.
func (d *demoShop) archive(ctx context.Context, name string, files ...string) (string, error) {
	all := map[string][]byte{}
	for i := 0; i+1 < len(files); i += 2 {
		all[files[i]] = []byte(files[i+1])
	}
	content, err := archiveOf(all)
	if err != nil {
		return "", err
	}
	return d.store(ctx, name, content)
}

// history fills the shop with the twelve months before. Their figures are kept
// by the job that begins with the server.
func (d *demoShop) history(ctx context.Context, orders, downloads int) error {
	d.clock.set(0)
	h := demoHistory{app: d.app, shop: d.shop}
	var err error
	for _, p := range []purvey.Product{d.birds, d.knitting, d.fonts} {
		if p, err = d.app.catalog.Product(ctx, d.shop.ID, p.ID); err != nil {
			return err
		}
		h.products = append(h.products, p)
	}
	return h.fill(ctx, orders, downloads)
}

// build opens the shop, fills it and trades in it. The clock is right again
// when it returns.
func (d *demoShop) build(ctx context.Context, orders, downloads int) error {
	defer d.clock.set(0)
	err := d.open(ctx)
	if err == nil && orders > 0 {
		err = d.history(ctx, orders, downloads)
	}
	if err == nil {
		err = d.trade(ctx)
	}
	if err != nil {
		return errors.Join(errors.New("the demo's shop could not be filled"), err)
	}
	return nil
}

func pointer[T any](v T) *T { return &v }
