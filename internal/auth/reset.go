package auth

import (
	"context"
	"errors"
	"net/url"
	"time"

	"purvey"
	"purvey/internal/store"
)

// errLink is the answer to every link that does nothing, whatever the reason.
var errLink error = purvey.BadField("token", "is wrong, was used or has expired")

// AskPasswordReset mails a link to set a new password to an address if it is a
// member's. Its answer, and the time it takes, are the same for every address.
// Refused with purvey.Invalid for what is no address and purvey.Limited for an
// IP address that asks too often. Origin is where the server is reached.
func (s *Service) AskPasswordReset(ctx context.Context, email, ip, origin string) error {
	if !purvey.ValidEmail(email) {
		return purvey.BadField("email", "must be an e-mail address")
	}
	defer hold(ctx, time.Now())
	secret := purvey.Secret(40)
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		ctx := tx.With(ctx)
		if _, err := s.attempt(ctx, ceiling{s.bucketOf("reset ip", network(ip)), resetsPerIP, time.Hour}); err != nil {
			return err
		}
		_, err := s.attempt(ctx, ceiling{s.bucketOf("reset", purvey.Fold(email)), resetsPerHour, time.Hour})
		if errors.Is(err, purvey.Limited) {
			return nil // the mails that went out are enough
		}
		if err != nil {
			return err
		}
		m, err := tx.MemberByEmail(ctx, email)
		if errors.Is(err, purvey.NotFound) || err == nil && (m.Password == "" || m.State != memberActive) {
			return nil
		}
		if err != nil {
			return err
		}
		shop, err := tx.ShopBySlug(ctx, purvey.DefaultShop)
		if err != nil {
			return err
		}
		err = tx.InsertMemberLink(ctx, store.MemberLink{
			Hash: purvey.HashToken(secret), Kind: store.LinkPasswordReset, MemberID: m.ID, ExpiresAt: tx.Now().Add(purvey.PasswordResetLife),
		})
		if err != nil {
			return err
		}
		mail := s.memberMail(shop, purvey.MailPasswordReset, m, origin+"/admin/reset?token="+url.QueryEscape(secret))
		mail.Data.Minutes = int(purvey.PasswordResetLife / time.Minute)
		return tx.InsertMessage(ctx, mail)
	})
}

// memberMail is a mail with a link to a person of the back office.
func (s *Service) memberMail(shop purvey.Shop, kind purvey.MessageKind, to store.Member, link string) *purvey.Message {
	m := purvey.Message{
		ShopID: shop.ID, Mode: purvey.Live, Kind: kind, State: purvey.MessageKept, To: to.Email, Locale: shop.Settings.Shop.Locale,
		Data: shop.Settings.MailData(),
	}
	m.Data.Name, m.Data.PageURL = to.Name, link
	if s.mail {
		m.State = purvey.MessageQueued
	}
	return &m
}

// ResetPassword sets the password of the person that the link with the token
// was mailed to. It works once and ends all their sessions. Errors:
// purvey.Invalid.
func (s *Service) ResetPassword(ctx context.Context, token, password string) error {
	var c purvey.Checker
	checkPassword(&c, "password", password)
	if err := c.Err(); err != nil {
		return err
	}
	link := purvey.HashToken(token)
	if _, err := s.db.MemberLink(ctx, store.LinkPasswordReset, link, s.db.Now()); err != nil {
		return noLink(err)
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		l, err := tx.MemberLink(ctx, store.LinkPasswordReset, link, tx.Now())
		if err != nil {
			return noLink(err)
		}
		if err := tx.UseMemberLink(ctx, link); err != nil {
			return noLink(err)
		}
		m, err := tx.Member(ctx, l.MemberID)
		if err != nil {
			return noLink(err)
		}
		actor := purvey.ActorOf(ctx)
		actor.ID, actor.Name = m.ID, m.Account().DisplayName()
		ctx := purvey.WithActor(ctx, actor)
		return errors.Join(tx.EmptyAttempts(ctx, s.bucketOf("address", m.Email)), changePassword(ctx, tx, m.ID, hash, ""))
	})
}

// noLink turns a missing object into a link that does nothing.
func noLink(err error) error {
	if errors.Is(err, purvey.NotFound) {
		return errLink
	}
	return err
}

// The operator's way in, who has the server itself.

// Person is an account with what it is in which shops.
type Person struct {
	purvey.Account
	Shops []purvey.Membership
}

// People lists every account of the server, the oldest first.
func (s *Service) People(ctx context.Context) ([]Person, error) {
	all, err := s.db.Members(ctx)
	if err != nil {
		return nil, err
	}
	var out []Person
	for _, m := range all {
		shops, err := s.db.Memberships(ctx, m.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, Person{m.Account(), shops})
	}
	return out, nil
}

// SetPassword sets the password of an address's member, which ends all their
// sessions.
func (s *Service) SetPassword(ctx context.Context, email, password string) error {
	if _, err := s.db.MemberByEmail(ctx, email); err != nil {
		return err
	}
	hash, err := s.checkAndHash(ctx, email, password)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		m, err := tx.MemberByEmail(ctx, email)
		if err != nil {
			return err
		}
		return errors.Join(tx.EmptyAttempts(ctx, s.bucketOf("address", m.Email)), changePassword(ctx, tx, m.ID, hash, ""))
	})
}

// DisableTOTP ends the second proof of an address's member.
func (s *Service) DisableTOTP(ctx context.Context, email string) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		m, err := tx.MemberByEmail(ctx, email)
		if err != nil {
			return err
		}
		return clearTOTP(ctx, tx, m.ID)
	})
}

// SignOutMember ends every session of an address's member.
func (s *Service) SignOutMember(ctx context.Context, email string) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		m, err := tx.MemberByEmail(ctx, email)
		if err != nil {
			return err
		}
		return tx.DeleteMemberSessions(ctx, m.ID, "")
	})
}
