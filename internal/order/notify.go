package order

import (
	"context"

	"purvey"
	"purvey/internal/store"
)

// NotifyUpdate mails every customer whose access to the product is open that
// it has new files. campaign names this notice: an order is mailed once for
// each, however often the job is run.
func (s *Service) NotifyUpdate(ctx context.Context, productID, notes, campaign string) error {
	const piece = 100
	for after := ""; ; {
		ids, err := s.db.OrdersOfProduct(ctx, productID, purvey.LineActive, after, piece)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := s.notify(ctx, id, productID, notes, campaign); err != nil {
				return err
			}
			after = id
		}
		if len(ids) < piece {
			return nil
		}
	}
}

func (s *Service) notify(ctx context.Context, id, productID, notes, campaign string) error {
	o, err := s.db.OrderByID(ctx, id)
	if err != nil {
		return err
	}
	rights, err := s.db.Rights(ctx, o)
	if err != nil {
		return err
	}
	var lines []purvey.Line
	products := map[string]purvey.Product{}
	for _, r := range rights {
		if r.Line.ProductID == productID && r.Line.VersionID == "" && r.Check(s.db.Now()) == nil {
			lines = append(lines, r.Line)
			products[productID] = r.Product
		}
	}
	if len(lines) == 0 || o.Customer.Email == "" {
		return nil
	}
	o.Lines = lines
	for i := range o.Lines {
		o.Lines[i].Keys = nil // the notice is about files
	}
	return s.db.Tx(store.Later(ctx), func(tx *store.Tx) error {
		first, err := tx.Refer(ctx, scopeOf(&o), "notice", campaign, o.ID, o.ID)
		if err != nil || !first {
			return err
		}
		return s.sendNotes(ctx, tx, &o, purvey.MailFilesUpdated, notes, products)
	})
}
