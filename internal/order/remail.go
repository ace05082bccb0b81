package order

import (
	"context"

	"purvey"
	"purvey/internal/store"
)

// ResendMessage sends a message again as a new one, to the address it went to
// or to another. It says what the first said, and its link is one that works
// today. Conflict for what lets somebody sign in.
func (s *Service) ResendMessage(ctx context.Context, scope purvey.Scope, id, to string) (purvey.Message, error) {
	if to != "" && !purvey.ValidEmail(to) {
		return purvey.Message{}, purvey.BadField("to", "must be an e-mail address")
	}
	var m purvey.Message
	err := s.db.Tx(ctx, func(tx *store.Tx) (err error) {
		old, err := tx.Message(ctx, scope, id)
		if err != nil {
			return err
		}
		switch old.Kind {
		case purvey.MailLoginCode, purvey.MailPasswordReset, purvey.MailInvitation:
			return purvey.Errorf(purvey.Conflict, "a message that lets somebody sign in is not sent again")
		}
		m = purvey.Message{
			ShopID: old.ShopID, Mode: old.Mode, Kind: old.Kind, State: purvey.MessageKept, To: old.To, Locale: old.Locale, Data: old.Data, OrderID: old.OrderID,
		}
		if to != "" {
			m.To = to
		}
		if s.mail && m.Mode == purvey.Live {
			m.State = purvey.MessageQueued
		}
		if m.OrderID != "" && m.Data.PageURL != "" {
			o, err := tx.Order(ctx, scope, m.OrderID)
			if err != nil {
				return err
			}
			shop, err := tx.ShopOf(ctx, m.ShopID)
			if err != nil {
				return err
			}
			m.Data.PageURL = s.pageURL(shop, o)
		}
		if err := tx.InsertMessage(ctx, &m); err != nil {
			return err
		}
		if m.To != old.To && m.OrderID != "" {
			if err := tx.KeepMessageAddresses(ctx, m.OrderID); err != nil {
				return err
			}
		}
		return tx.Audit(ctx, purvey.AuditEntry{
			ShopID: m.ShopID, Mode: m.Mode, Action: "message.resent", Object: purvey.AuditObject{Type: "message", ID: old.ID, Name: string(old.Kind)},
			After: purvey.AuditFields{"id": m.ID, "to": m.To},
		})
	})
	return m, err
}
