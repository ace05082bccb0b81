package order

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"purvey"
	"purvey/internal/store"
)

// Correction is what may be corrected of an order's customer; nil leaves a
// field as it is.
type Correction struct {
	Email, Firstname, Lastname, Locale *string
	Resend                             bool // send the delivery mail, also when nothing is changed
}

// Correct changes the customer's address, name or language in one order; other
// orders and the customer's own record stay as they are. When the address
// changes, the download links sent before stop working. It is safe to run
// twice; with Resend each run mails.
func (s *Service) Correct(ctx context.Context, scope purvey.Scope, id string, c Correction) (purvey.Order, error) {
	if err := c.check(); err != nil {
		return purvey.Order{}, err
	}
	return s.changeAs(ctx, scope, id, actionCorrected, func(tx *store.Tx, o *purvey.Order) error {
		if err := correct(ctx, tx, o, c); err != nil || !c.Resend {
			return err
		}
		if o.Customer.Email == "" {
			return purvey.BadField("email", "is required: the order has no address")
		}
		products, err := productsOf(ctx, tx, o)
		if err != nil {
			return err
		}
		return s.sendDelivery(ctx, tx, o, products)
	})
}

func (c Correction) check() error {
	var check purvey.Checker
	check.Require(c.Email == nil || purvey.ValidEmail(*c.Email), "email", "must be an e-mail address")
	for _, f := range []struct {
		name string
		text *string
	}{{"firstname", c.Firstname}, {"lastname", c.Lastname}, {"locale", c.Locale}} {
		ok := f.text == nil || utf8.RuneCountInString(*f.text) <= maxText && utf8.ValidString(*f.text) && !strings.ContainsFunc(*f.text, unicode.IsControl)
		check.Require(ok, f.name, "must be at most %d characters, without control characters", maxText)
	}
	if err := check.Err(); err != nil {
		return err
	}
	if c.Email == nil && c.Firstname == nil && c.Lastname == nil && c.Locale == nil && !c.Resend {
		return purvey.Errorf(purvey.Invalid, "email, firstname, lastname, locale or resend is required")
	}
	return nil
}

// correct writes a correction to a locked order.
func correct(ctx context.Context, tx *store.Tx, o *purvey.Order, c Correction) error {
	was := o.Customer
	for _, f := range []struct{ to, from *string }{
		{&o.Customer.Email, c.Email}, {&o.Customer.Firstname, c.Firstname}, {&o.Customer.Lastname, c.Lastname}, {&o.Customer.Locale, c.Locale},
	} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if o.Customer == was {
		return nil
	}
	if o.Customer.Email != was.Email {
		if err := tx.KeepMessageAddresses(ctx, o.ID); err != nil {
			return err
		}
		o.LinkEpoch++
	}
	return tx.UpdateOrder(ctx, o)
}
