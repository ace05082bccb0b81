package delivery

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"purvey"
	"purvey/internal/store"
)

// mayAsk tells whether a customer may ask for more of a line: it is in force,
// and its copies are counted or its time is over.
func mayAsk(r purvey.Right, now time.Time) bool {
	f := r.Check(now)
	switch {
	case r.Line.Status != purvey.LineActive:
		return false
	case f == nil:
		return r.Allowance() > 0 && len(r.Goods()) > 0
	case f.Reason != purvey.ReasonExpired:
		return false
	}
	return r.Line.EndsAt.IsZero() || now.Before(r.Line.EndsAt)
}

// AskMore notes, for the holder of an order's page, that a line's downloads do
// not suffice, and tells the shop by mail. While a request of the line is open
// another one changes nothing. message is what the customer says, of at most
// purvey.MaxRequestMessage characters, or "". An order has
// purvey.RequestsPerDay of them in a day; more are purvey.Limited.
func (s *Service) AskMore(ctx context.Context, token, lineID, message string) error {
	o, shop, err := s.orderOf(ctx, token)
	if err != nil {
		return err
	}
	message, err = plainMessage(message)
	if err != nil {
		return err
	}
	scope := purvey.Scope{ShopID: o.ShopID, Mode: o.Mode}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		o, err := tx.LockOrder(ctx, scope, o.ID)
		if err != nil {
			return err
		}
		right, err := rightOf(ctx, tx, o, lineID)
		if err != nil {
			return err
		}
		if !mayAsk(right, tx.Now()) {
			return purvey.Because(purvey.Conflict, purvey.ReasonTransition, "there is nothing to ask for")
		}
		const day = 24 * time.Hour
		n, first, err := tx.RequestsSince(ctx, o.ID, tx.Now().Add(-day))
		if err != nil {
			return err
		}
		if known, err := tx.RequestsOfOrder(ctx, o.ID); err != nil || known[lineID].State == purvey.RequestOpen {
			return err
		}
		if n >= purvey.RequestsPerDay {
			wait := first.Add(day).Sub(tx.Now())
			return &purvey.Error{Kind: purvey.Limited, Detail: "too many requests for this order", RetryAfter: max(int(wait/time.Second), 1)}
		}
		q := purvey.DownloadRequest{ShopID: o.ShopID, Mode: o.Mode, OrderID: o.ID, LineID: lineID, Message: message}
		if made, err := tx.InsertRequest(ctx, &q); err != nil || !made {
			return err
		}
		return s.tellShop(ctx, tx, shop, o, right.Line, message)
	})
}

// plainMessage takes what a person wrote in a form: without control characters
// but line ends.
func plainMessage(text string) (string, error) {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, text))
	if utf8.RuneCountInString(text) > purvey.MaxRequestMessage {
		return "", purvey.BadField("message", "must be at most %d characters", purvey.MaxRequestMessage)
	}
	return text, nil
}

// rightOf gives the right of one line of an order.
func rightOf(ctx context.Context, tx *store.Tx, o purvey.Order, lineID string) (purvey.Right, error) {
	rights, err := tx.Rights(ctx, o)
	if err != nil {
		return purvey.Right{}, err
	}
	for _, r := range rights {
		if r.Line.ID == lineID {
			return r, nil
		}
	}
	return purvey.Right{}, purvey.Missing("order line")
}

// tellShop mails the shop's admins what a customer asks for. A reply goes to
// the customer. Without an admin the mail is kept.
func (s *Service) tellShop(ctx context.Context, tx *store.Tx, shop purvey.Shop, o purvey.Order, l purvey.Line, message string) error {
	to, err := tx.AdminAddresses(ctx, shop.ID)
	if err != nil {
		return err
	}
	queued := s.mail && o.Mode == purvey.Live && len(to) > 0
	if len(to) == 0 {
		to = []string{""}
	}
	for _, address := range to {
		m := purvey.Message{
			ShopID: shop.ID, Mode: o.Mode, Kind: purvey.MailDownloadRequest, State: purvey.MessageKept, To: address,
			Locale: shop.Settings.Shop.Locale, OrderID: o.ID, Data: shop.Settings.MailData(),
		}
		m.Data.OrderName, m.Data.Name, m.Data.Notes, m.Data.Customer = o.Name, o.Customer.FullName(), message, o.Customer.Email
		m.Data.Lines = []purvey.MessageLine{{Product: l.ProductName}}
		m.Data.PageURL = s.originFor(shop) + "/admin/requests"
		if o.Customer.Email != "" {
			m.Data.ReplyTo = o.Customer.Email
		}
		if queued {
			m.State = purvey.MessageQueued
		}
		if err := tx.InsertMessage(ctx, &m); err != nil {
			return err
		}
	}
	return nil
}

// originFor is the origin of a shop's pages.
func (s *Service) originFor(shop purvey.Shop) string {
	if shop.Settings.Shop.PublicURL != "" {
		return shop.Settings.Shop.PublicURL
	}
	return s.origin
}

// Requests lists the customers' requests of a mode, those in one state unless
// it is "".
func (s *Service) Requests(ctx context.Context, scope purvey.Scope, state purvey.RequestState, p purvey.Page) (purvey.Listed[purvey.DownloadRequest], error) {
	return s.db.DownloadRequests(ctx, scope, state, p)
}

// More is what a shop grants; nil is the usual.
type More struct {
	Copies *int // of each file, from 1 up; nil the product's limit
	Days   *int // from now, from 1 up; nil as many as the product gives, if the time is over
}

// usualDays is how long access is opened again where the product does not say.
const usualDays = 30

// ApproveRequest grants what a customer asked for: from now on the line gives
// so many copies of each file, and its access stays open for so many days at
// the least. The customer is mailed. Run again on an approved request it does
// nothing; a declined one is purvey.Conflict.
func (s *Service) ApproveRequest(ctx context.Context, scope purvey.Scope, id string, more More) (purvey.DownloadRequest, error) {
	var c purvey.Checker
	c.Require(more.Copies == nil || *more.Copies >= 1 && *more.Copies <= purvey.MaxDownloadsBound, "copies", "must be a whole number from 1 to %d", purvey.MaxDownloadsBound)
	c.Require(more.Days == nil || *more.Days >= 1 && *more.Days <= purvey.DownloadInBound, "days", "must be a whole number from 1 to %d", purvey.DownloadInBound)
	if err := c.Err(); err != nil {
		return purvey.DownloadRequest{}, err
	}
	return s.decide(ctx, scope, id, purvey.RequestApproved, func(tx *store.Tx, o purvey.Order, q *purvey.DownloadRequest, d *purvey.MessageData) error {
		r, err := rightOf(ctx, tx, o, q.LineID)
		if err != nil {
			return err
		}
		now := tx.Now()
		if f := r.Check(now); r.Line.Status != purvey.LineActive || f != nil && f.Reason != purvey.ReasonExpired {
			return purvey.Because(purvey.Conflict, purvey.ReasonTransition, "the goods of this order line are withheld for another reason")
		}
		l := r.Line
		l.CountFrom, l.GrantedCopies = now, 0
		if more.Copies != nil {
			l.GrantedCopies, q.Copies = *more.Copies, *more.Copies
		}
		end := r.Expiry()
		over := !end.IsZero() && !now.Before(end)
		days := 0
		switch in := r.Product.DownloadIn; {
		case more.Days != nil:
			days = *more.Days
		case over && in != nil && *in > 0:
			days = *in
		case over:
			days = usualDays
		}
		if until := now.AddDate(0, 0, days); days > 0 && !end.IsZero() && until.After(end) {
			l.OpenUntil = until
		}
		r.Line = l
		if f := r.Check(now); f != nil {
			return purvey.Because(purvey.Conflict, purvey.ReasonTransition, "the order line has ended")
		}
		q.Until = l.OpenUntil
		d.Copies, d.Until = r.Allowance(), r.Expiry()
		return tx.UpdateLine(ctx, &l)
	})
}

// DeclineRequest tells the customer that there is no more, in the shop's words
// if there are any. Run again on a declined request it does nothing; an
// approved one is purvey.Conflict.
func (s *Service) DeclineRequest(ctx context.Context, scope purvey.Scope, id, message string) (purvey.DownloadRequest, error) {
	message, err := plainMessage(message)
	if err != nil {
		return purvey.DownloadRequest{}, err
	}
	return s.decide(ctx, scope, id, purvey.RequestDeclined, func(_ *store.Tx, _ purvey.Order, q *purvey.DownloadRequest, d *purvey.MessageData) error {
		q.Reply, d.Notes = message, message
		return nil
	})
}

// decide closes an open request: fn does what the decision means, and the
// customer is mailed.
func (s *Service) decide(ctx context.Context, scope purvey.Scope, id string, to purvey.RequestState,
	fn func(tx *store.Tx, o purvey.Order, q *purvey.DownloadRequest, d *purvey.MessageData) error,
) (purvey.DownloadRequest, error) {
	var out purvey.DownloadRequest
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		q, err := tx.DownloadRequest(ctx, scope, id)
		if err != nil {
			return err
		}
		o, err := tx.LockOrder(ctx, scope, q.OrderID)
		if err != nil {
			return err
		}
		if q, err = tx.DownloadRequest(ctx, scope, id); err != nil { // as it is under the lock
			return err
		}
		out = q
		if q.State == to {
			return nil
		}
		if q.State != purvey.RequestOpen {
			return purvey.Because(purvey.Conflict, purvey.ReasonTransition, "the request was %s already", q.State)
		}
		shop, err := tx.Shop(ctx, scope.ShopID)
		if err != nil {
			return err
		}
		q.State = to
		data := shop.Settings.MailData()
		if err := fn(tx, o, &q, &data); err != nil {
			return err
		}
		if err := tx.DecideRequest(ctx, &q); err != nil {
			return err
		}
		out = q
		if err := tx.Audit(ctx, auditRequest(scope, q)); err != nil {
			return err
		}
		return s.tellCustomer(ctx, tx, shop, o, q, data)
	})
	return out, err
}

// auditRequest is the entry of a decision.
func auditRequest(scope purvey.Scope, q purvey.DownloadRequest) purvey.AuditEntry {
	after := purvey.AuditFields{"state": q.State, "order": q.OrderName, "product": q.ProductName}
	if q.Reply != "" {
		after["reply"] = q.Reply
	}
	if q.Copies > 0 {
		after["copies"] = q.Copies
	}
	if !q.Until.IsZero() {
		after["open_until"] = q.Until
	}
	return purvey.AuditEntry{
		ShopID: scope.ShopID, Mode: scope.Mode, Action: "download_request." + string(q.State),
		Object: purvey.AuditObject{Type: "download_request", ID: q.ID, Name: q.OrderName}, Before: purvey.AuditFields{"state": purvey.RequestOpen}, After: after,
	}
}

// tellCustomer mails what became of a request.
func (s *Service) tellCustomer(ctx context.Context, tx *store.Tx, shop purvey.Shop, o purvey.Order, q purvey.DownloadRequest, d purvey.MessageData) error {
	if o.Customer.Email == "" {
		return nil
	}
	m := purvey.Message{
		ShopID: shop.ID, Mode: o.Mode, Kind: purvey.MailDownloadsGranted, State: purvey.MessageKept, To: o.Customer.Email,
		Locale: o.Customer.Locale, OrderID: o.ID, Data: d,
	}
	if q.State == purvey.RequestDeclined {
		m.Kind = purvey.MailDownloadsDeclined
	}
	if m.Locale == "" {
		m.Locale = shop.Settings.Shop.Locale
	}
	m.Data.OrderName, m.Data.Name, m.Data.PageURL = o.Name, o.Customer.FullName(), s.PageURL(shop, o)
	m.Data.Lines = []purvey.MessageLine{{Product: q.ProductName}}
	if s.mail && o.Mode == purvey.Live {
		m.State = purvey.MessageQueued
	}
	return tx.InsertMessage(ctx, &m)
}
