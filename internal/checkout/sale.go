package checkout

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"purvey"
	"purvey/internal/order"
	"purvey/internal/store"
)

// Sale is an order on its checkout page.
type Sale struct {
	Shop  purvey.Shop
	Order purvey.Order
}

// Pending tells whether the sale still waits for its payment.
func (x Sale) Pending() bool { return x.Order.Published() == purvey.PublishedPending }

// ReturnURL is where the customer goes after the checkout: the order's own
// address with three parameters, which anyone could write: the shop's server
// must ask for the order itself. Without such an address it is the home of
// the shop's customers. Serves PUB-15.
func (s *Service) ReturnURL(x Sale) string {
	u, err := url.Parse(x.Order.Publication().ReturnURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return s.home(x.Shop)
	}
	status := x.Order.Published()
	if status == purvey.PublishedPaused {
		status = purvey.PublishedApproved // it was paid
	}
	return withQuery(u, "order-id", x.Order.UUID, "order-external-id", x.Order.ExternalReference, "status", string(status))
}

// withQuery gives an address with parameters, names and values in turn, put in
// the place of those of the same name. The rest of the query stays as it was
// written: the shop's server may have signed it, or read it by rules of its own.
func withQuery(u *url.URL, pairs ...string) string {
	var kept, added []string
	escape := strings.NewReplacer(" ", "%20", `"`, "%22", "<", "%3C", ">", "%3E") // what may not stand in an address
	for i := 0; i < len(pairs); i += 2 {
		added = append(added, url.QueryEscape(pairs[i])+"="+url.QueryEscape(pairs[i+1]))
	}
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		name, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		ours := false
		for i := 0; i < len(pairs); i += 2 {
			ours = ours || name == pairs[i]
		}
		if part != "" && !ours {
			kept = append(kept, escape.Replace(part))
		}
	}
	out := *u
	out.RawQuery = strings.Join(append(kept, added...), "&")
	return out.String()
}

// home is the page of a shop's customers.
func (s *Service) home(shop purvey.Shop) string { return s.Origin(shop) + libraryOf(shop) }

// libraryOf is the path of that page.
func libraryOf(shop purvey.Shop) string {
	if shop.Settings.Shop.PublicURL != "" || shop.Slug == purvey.DefaultShop {
		return "/my"
	}
	return "/s/" + shop.Slug + "/my"
}

// pageKey is the purpose of the key that signs addresses of checkout pages.
const pageKey = "checkout page"

// pageLife is how long a checkout page can be opened. It is longer than a
// session at a gateway, from which the customer comes back to it.
const pageLife = 48 * time.Hour

// page is the address of an order's checkout page, or of one below it.
func (s *Service) page(x Sale, below string) string {
	until := s.db.Now().Add(pageLife)
	token := s.keys.Token(pageKey, []byte(x.Order.ID+" "+until.UTC().Format(time.RFC3339)))
	return s.Origin(x.Shop) + "/checkout/" + x.Order.UUID + below + "?session=" + token
}

// Open gives the sale of a checkout page. Denied when the session is not the
// page's, or over; or when the shop is closed. With an error the sale still
// names its shop, if the session was ever one of that page.
func (s *Service) Open(ctx context.Context, uuid, session string) (Sale, error) {
	refused := purvey.Because(purvey.Denied, purvey.ReasonExpired, "this checkout is not open any more")
	payload, ok := s.keys.OpenToken(pageKey, session)
	id, until, _ := strings.Cut(string(payload), " ")
	end, err := time.Parse(time.RFC3339, until)
	if !ok || err != nil || purvey.UUIDOf(id) != strings.ToLower(uuid) {
		return Sale{}, refused
	}
	x, err := s.sale(ctx, id)
	if err == nil && !s.db.Now().Before(end) {
		err = refused
	}
	return x, err
}

func (s *Service) sale(ctx context.Context, orderID string) (Sale, error) {
	o, err := s.db.OrderByID(ctx, orderID)
	if err != nil {
		return Sale{}, err
	}
	shop, err := s.db.Shop(ctx, o.ShopID)
	if err == nil && shop.State != purvey.ShopActive {
		err = purvey.Because(purvey.Denied, purvey.ReasonShopDisabled, "the shop is closed")
	}
	return Sale{shop, o}, err
}

// Begin gives the address of the gateway at which a pending live sale is paid:
// that of the session that is open, else of a new one. A sale that costs
// nothing is approved at once, and the address is then the order's own.
func (s *Service) Begin(ctx context.Context, x Sale) (string, error) {
	if x.Order.TotalCents == 0 {
		return s.Decide(ctx, x, purvey.PaymentPaid)
	}
	months, err := s.monthsFor(ctx, x)
	if err != nil {
		return "", err
	}
	p, fresh, err := s.reserve(ctx, x, months)
	switch {
	case err != nil:
		return "", err
	case p.State == purvey.PaymentPending:
		return s.ReturnURL(x), nil // the money is on its way already
	case p.URL != "":
		return p.URL, nil
	case !fresh:
		return "", &purvey.Error{Kind: purvey.Unavailable, Detail: "the payment is being begun already", RetryAfter: 2}
	}
	g, err := s.gateway(ctx, x.Shop, p.Gateway)
	if err != nil {
		return "", err
	}
	until, back := s.db.Now().Add(sessionLife), s.page(x, "/return")
	p.Reference, p.URL, err = g.begin(ctx, offer{
		id: p.ID, order: x.Order, months: p.Months, title: titleOf(x.Order), success: back, canceled: back + "&canceled=1",
		notify: s.Origin(x.Shop) + "/gateways/" + x.Shop.Slug + "/" + p.Gateway, expires: until.Add(time.Hour / 2),
	})
	if err != nil {
		// Nobody was sent to it, so the next try may begin at once.
		return "", errors.Join(err, s.note(context.WithoutCancel(ctx), &p, purvey.PaymentDeclined))
	}
	p.ExpiresAt = until
	return p.URL, s.db.Tx(ctx, func(tx *store.Tx) error { return tx.SetPaymentSession(ctx, &p) })
}

// beginning is how long the making of a session may take before another is
// begun in its place.
const beginning = time.Minute

// reserve gives the payment that is under way, or writes a fresh one, which is
// then to be begun: of many calls at once one gets to do it.
func (s *Service) reserve(ctx context.Context, x Sale, months int) (p purvey.Payment, fresh bool, err error) {
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		p, fresh = purvey.Payment{}, false
		if _, err := tx.LockOrder(ctx, purvey.Scope{ShopID: x.Order.ShopID, Mode: x.Order.Mode}, x.Order.ID); err != nil {
			return err
		}
		payments, err := tx.PaymentsOfOrder(ctx, x.Order.ID)
		if err != nil {
			return err
		}
		for _, p = range payments {
			if p.State == purvey.PaymentPending || p.State == purvey.PaymentOpen && tx.Now().Before(p.ExpiresAt) {
				return nil
			}
		}
		fresh = true
		p = purvey.Payment{
			ID: tx.NewID(), OrderID: x.Order.ID, ShopID: x.Order.ShopID, Mode: x.Order.Mode, Gateway: x.Shop.Settings.Gateways.Live,
			State: purvey.PaymentOpen, Months: months, AmountCents: x.Order.TotalCents, ExpiresAt: tx.Now().Add(beginning),
		}
		return tx.InsertPayment(ctx, &p)
	})
	return p, fresh, err
}

// titleOf names what is paid for, in at most 120 characters.
func titleOf(o purvey.Order) string {
	var names []string
	for _, l := range o.Lines {
		names = append(names, l.ProductName)
	}
	title := strings.Join(names, ", ")
	if utf8.RuneCountInString(title) > 120 {
		title = string([]rune(title)[:119]) + "…"
	}
	if title == "" {
		return o.Name
	}
	return title
}

// Decide is the built-in gateway: it ends a pending sandbox sale as it is
// told, and gives the address to go on to. A sale that is over stays as it is.
// Serves PUB-16.
func (s *Service) Decide(ctx context.Context, x Sale, outcome purvey.PaymentState) (string, error) {
	if x.Order.Mode != purvey.Sandbox && x.Order.TotalCents != 0 {
		return "", purvey.Errorf(purvey.Denied, "only a sandbox sale is paid here")
	}
	if err := s.settle(ctx, &x, standing{state: outcome}, nil); err != nil {
		return "", err
	}
	return s.ReturnURL(x), nil
}

// settle brings an outcome into the order, and into the payment it came by:
// nil is the built-in gateway's.
func (s *Service) settle(ctx context.Context, x *Sale, is standing, p *purvey.Payment) error {
	to := map[purvey.PaymentState]purvey.FinancialStatus{purvey.PaymentPaid: purvey.Paid, purvey.PaymentDeclined: purvey.Voided}[is.state]
	before := purvey.PaymentState("")
	if p != nil {
		before = p.State
	}
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		scope := purvey.Scope{ShopID: x.Order.ShopID, Mode: x.Order.Mode}
		o, err := tx.LockOrder(ctx, scope, x.Order.ID)
		if err != nil {
			return err
		}
		state := is.state
		if o.Financial == purvey.Pending && to != "" {
			if o, err = s.approve(ctx, tx, o, to, is, p); err != nil {
				return err
			}
		} else if is.state == purvey.PaymentPaid && p != nil {
			paid, err := s.paidBefore(ctx, tx, *p)
			if err != nil {
				return err
			}
			if paid || !o.Financial.WasPaid() {
				state = purvey.PaymentStray
			}
		}
		x.Order = o
		if p == nil || before == state {
			return nil
		}
		p.State = state
		return tx.SetPaymentState(ctx, p.ID, state)
	})
	if err == nil && p != nil && p.State == purvey.PaymentStray && before != purvey.PaymentStray {
		s.o.Log.ErrorContext(ctx, "a payment came that its order did not wait for: refund it at the gateway",
			"order", x.Order.Name, "gateway", p.Gateway, "reference", p.Reference)
		return s.endStray(ctx, *x, is, p)
	}
	return err
}

// approve moves the payment of a locked order that waits for it, and begins
// its subscription where it is one.
func (s *Service) approve(ctx context.Context, tx *store.Tx, o purvey.Order, to purvey.FinancialStatus, is standing, p *purvey.Payment) (purvey.Order, error) {
	sub := purvey.Subscription{Gateway: builtIn}
	switch {
	case p != nil && is.subscription != "":
		sub.Gateway, sub.Reference, sub.Period.Months = p.Gateway, is.subscription, p.Months
	case p == nil && to == purvey.Paid && o.Mode == purvey.Sandbox:
		months, err := s.orders.RenewalMonths(tx.With(ctx), o)
		if err != nil {
			return o, err
		}
		sub.Period.Months = months
	}
	o, err := s.orders.Patch(tx.With(ctx), purvey.Scope{ShopID: o.ShopID, Mode: o.Mode}, o.ID, order.Patch{Financial: &to})
	if err != nil || to != purvey.Paid || sub.Period.Months == 0 {
		return o, err
	}
	return o, s.subscribe(ctx, tx, o, sub)
}

// paidBefore tells whether the order of a payment was paid by another one.
func (s *Service) paidBefore(ctx context.Context, tx *store.Tx, p purvey.Payment) (bool, error) {
	payments, err := tx.PaymentsOfOrder(ctx, p.OrderID)
	for _, other := range payments {
		if other.ID != p.ID && other.State == purvey.PaymentPaid {
			return true, err
		}
	}
	return false, err
}

// Settle asks the gateways how the payments of a sale stand, and brings the
// answers into the order. With giveUp the customer has turned back: sessions
// that nothing was paid in are ended, and then the sale. Safe to run again.
func (s *Service) Settle(ctx context.Context, x Sale, giveUp bool) (Sale, error) {
	payments, err := s.db.PaymentsOfOrder(ctx, x.Order.ID)
	if err != nil {
		return x, err
	}
	waits := false // for money, or for the customer
	for i := range payments {
		p := &payments[i]
		if p.Kind != purvey.PaymentFirst || p.Reference == "" || p.State != purvey.PaymentOpen && p.State != purvey.PaymentPending {
			continue // nobody was sent to it, or it is over
		}
		is, err := s.ask(ctx, x, *p, giveUp)
		if err != nil {
			return x, err
		}
		waits = waits || is.state == purvey.PaymentPending || is.state == purvey.PaymentOpen
		if is.state == purvey.PaymentDeclined { // of one session; the sale may have another
			err = s.note(ctx, p, is.state)
		} else {
			err = s.settle(ctx, &x, is, p)
		}
		if err != nil {
			return x, err
		}
	}
	if giveUp && !waits {
		err = s.settle(ctx, &x, standing{state: purvey.PaymentDeclined}, nil)
	}
	return x, err
}

// ask asks for one payment; with giveUp a session that is open is ended first.
func (s *Service) ask(ctx context.Context, x Sale, p purvey.Payment, giveUp bool) (standing, error) {
	g, err := s.gateway(ctx, x.Shop, p.Gateway)
	if err != nil {
		return standing{}, err
	}
	is, err := g.ask(ctx, x.Order, p)
	if err != nil || is.state != purvey.PaymentOpen || !giveUp {
		return is, err
	}
	if err := g.end(ctx, p); err != nil {
		return standing{}, err
	}
	if is, err = g.ask(ctx, x.Order, p); err == nil && is.state == purvey.PaymentOpen {
		is.state = purvey.PaymentDeclined
	}
	return is, err
}

func (s *Service) note(ctx context.Context, p *purvey.Payment, state purvey.PaymentState) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error { return tx.SetPaymentState(ctx, p.ID, state) })
}

// Return is the customer coming back from the gateway; it gives the address to
// go on to.
func (s *Service) Return(ctx context.Context, x Sale, canceled bool) (string, error) {
	if x.Pending() && x.Order.Mode == purvey.Live {
		settled, err := s.Settle(ctx, x, canceled)
		if err != nil {
			// The customer goes on all the same; the sweep asks again.
			s.o.Log.ErrorContext(ctx, "a gateway could not be asked for a payment", "order", x.Order.Name, "error", err)
		}
		x = settled
	}
	return s.ReturnURL(x), nil
}
