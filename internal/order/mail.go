package order

import (
	"context"

	"purvey"
	"purvey/internal/store"
)

// emit tells of an order as it is now.
func (s *Service) emit(ctx context.Context, tx *store.Tx, o *purvey.Order, types ...purvey.EventType) error {
	if len(types) == 0 {
		return nil
	}
	return tx.EmitEach(ctx, scopeOf(o), types, o.ID, purvey.EventData{Order: o})
}

// sendDelivery stores the delivery mail and tells of it, after what else is
// to be told. Without an address there is neither mail nor event of it. Serves
// BDD-40.
func (s *Service) sendDelivery(ctx context.Context, tx *store.Tx, o *purvey.Order, products map[string]purvey.Product, first ...purvey.EventType) error {
	if o.Customer.Email == "" {
		return s.emit(ctx, tx, o, first...)
	}
	if err := s.sendMail(ctx, tx, o, purvey.MailDelivery, products); err != nil {
		return err
	}
	return s.emit(ctx, tx, o, append(first, purvey.EventOrderDelivered)...)
}

// sendMail stores one mail to the order's customer. Sandbox mail, and all
// mail while no server is set, is kept.
func (s *Service) sendMail(ctx context.Context, tx *store.Tx, o *purvey.Order, kind purvey.MessageKind, products map[string]purvey.Product) error {
	return s.sendNotes(ctx, tx, o, kind, "", products)
}

// sendNotes is sendMail with words of the merchant's.
func (s *Service) sendNotes(ctx context.Context, tx *store.Tx, o *purvey.Order, kind purvey.MessageKind, notes string, products map[string]purvey.Product) error {
	if o.Customer.Email == "" {
		return nil
	}
	shop, err := tx.ShopOf(ctx, o.ShopID)
	if err != nil {
		return err
	}
	m := purvey.Message{
		ShopID: o.ShopID, Mode: o.Mode, Kind: kind, State: purvey.MessageKept, To: o.Customer.Email, Locale: o.Customer.Locale, OrderID: o.ID,
		Data: shop.Settings.MailData(),
	}
	m.Data.OrderName, m.Data.Name, m.Data.PageURL, m.Data.Notes = o.Name, o.Customer.FullName(), s.pageURL(shop, *o), notes
	if s.mail && o.Mode == purvey.Live {
		m.State = purvey.MessageQueued
	}
	if m.Locale == "" {
		m.Locale = shop.Settings.Shop.Locale
	}
	for _, l := range o.Lines {
		ml := purvey.MessageLine{Product: l.ProductName, Quantity: l.Units(), KeysOwed: l.KeysOwed}
		if l.Status == purvey.LineActive {
			for _, k := range l.Keys {
				ml.Keys = append(ml.Keys, k.Key)
			}
			ml.Files = len(purvey.Right{Line: l, Version: purvey.Version{Files: products[l.ProductID].Files}}.Goods())
		}
		m.Data.Lines = append(m.Data.Lines, ml)
	}
	return tx.InsertMessage(ctx, &m)
}

// Resend sends the delivery mail again whatever the order's state, since a
// person decided it. A new address replaces the order's own first, for this
// order alone, and links sent to the old one die. Serves BDD-08.
func (s *Service) Resend(ctx context.Context, scope purvey.Scope, id string, address *string) (purvey.Order, error) {
	if address != nil && !purvey.ValidEmail(*address) {
		return purvey.Order{}, purvey.BadField("customer_email", "must be an e-mail address")
	}
	return s.changeAs(ctx, scope, id, actionCorrected, func(tx *store.Tx, o *purvey.Order) error {
		if err := correct(ctx, tx, o, Correction{Email: address}); err != nil {
			return err
		}
		if o.Customer.Email == "" {
			return purvey.BadField("customer_email", "is required: the order has no address")
		}
		products, err := productsOf(ctx, tx, o)
		if err != nil {
			return err
		}
		if err := auditAct(ctx, tx, actionResent, purvey.AuditFields{"to": o.Customer.Email}, o); err != nil {
			return err
		}
		return s.sendDelivery(ctx, tx, o, products)
	})
}
