package order

import (
	"context"
	"strconv"
	"strings"
	"time"

	"purvey"
	"purvey/internal/store"
)

// linksPerHour bounds the mails that strangers can have sent for one order.
const linksPerHour = 3

// SendPage mails a fresh link to an order's page to the address on record, if
// there is a paid, live order that the customer would know by the number: its
// name, its number or its reference elsewhere. The address must be the one on
// record too. What came of it is not told, and it costs the same either way.
func (s *Service) SendPage(ctx context.Context, shopID, number, email string) error {
	if !purvey.ValidEmail(email) {
		return purvey.BadField("email", "must be an e-mail address")
	}
	scope := purvey.Scope{ShopID: shopID, Mode: purvey.Live}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		ctx := tx.With(ctx)
		// A trace is left of each request, so that one without an order costs a
		// write as well. It counts as a code that was never sent.
		trace := purvey.LoginCode{ID: tx.NewID(), ShopID: shopID, Email: purvey.Fold(email), ExpiresAt: tx.Now()}
		trace.Challenge = trace.ID
		if err := tx.InsertLoginCode(ctx, &trace); err != nil {
			return err
		}
		o, err := named(ctx, tx, scope, number, email)
		if err != nil || o.ID == "" {
			return err
		}
		sent, err := tx.MessagesSince(ctx, o.ID, purvey.MailDelivery, tx.Now().Add(-time.Hour))
		if err != nil || sent >= linksPerHour {
			return err
		}
		_, err = s.Resend(ctx, scope, o.ID, nil)
		return err
	})
}

// SendAgain sends the delivery mail of an order once more to the address on
// record, unless it was sent so many times within the period: purvey.Limited.
func (s *Service) SendAgain(ctx context.Context, scope purvey.Scope, id string, most int, within time.Duration) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		ctx := tx.With(ctx)
		if _, err := tx.LockOrder(ctx, scope, id); err != nil {
			return err
		}
		sent, err := tx.MessagesSince(ctx, id, purvey.MailDelivery, tx.Now().Add(-within))
		if err != nil {
			return err
		}
		if sent >= most {
			return &purvey.Error{Kind: purvey.Limited, Detail: "the mail was sent a moment ago", RetryAfter: int(within / time.Second)}
		}
		_, err = s.Resend(ctx, scope, id, nil)
		return err
	})
}

// named finds a paid order of the address by what its customer calls it; a
// zero order says that there is none.
func named(ctx context.Context, tx *store.Tx, scope purvey.Scope, number, email string) (purvey.Order, error) {
	want := plainName(number)
	page := purvey.Page{Limit: 100}
	for want != "" {
		found, err := tx.Orders(ctx, scope, store.OrderFilter{Email: email}, page)
		if err != nil {
			return purvey.Order{}, err
		}
		for _, o := range found.Items {
			page.AfterID = o.ID
			name := strings.TrimSuffix(o.Name, StoreName("", o.Source))
			if o.Financial.WasPaid() && (plainName(name) == want || strconv.FormatInt(o.Number, 10) == want || purvey.Fold(o.ExternalReference) == want) {
				return o, nil
			}
		}
		if !found.HasMore {
			break
		}
	}
	return purvey.Order{}, nil
}

// plainName is an order's name as people write it: without the # and in any
// case.
func plainName(s string) string { return strings.TrimLeft(purvey.Fold(s), "# ") }
