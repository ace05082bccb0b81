package auth

import (
	"context"
	"encoding/base32"
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"

	"purvey"
	"purvey/internal/store"
)

// MaxMemberName is the longest name of a person, in characters.
const MaxMemberName = 100

func checkName(c *purvey.Checker, name string) {
	c.Require(utf8.ValidString(name) && !strings.ContainsRune(name, 0) && utf8.RuneCountInString(name) <= MaxMemberName, "name", "must be at most %d characters", MaxMemberName)
}

// prove refuses, as a wrong field, a password that is not the member's. Tries
// are limited as those of signing in are.
func (s *Service) prove(ctx context.Context, memberID, field, password string) error {
	bucket := s.bucketOf("proof", memberID)
	attempt, err := s.attempt(ctx, ceiling{bucket, triesPerAddress, tryWindow})
	if err != nil {
		return err
	}
	m, err := s.db.Member(ctx, memberID)
	if err != nil {
		return err
	}
	ok, _, err := s.fits(ctx, password, m.Password)
	switch {
	case err != nil:
		return err
	case !ok:
		return purvey.BadField(field, "is wrong")
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteAttempt(ctx, attempt) })
}

// auditAccount records a change to a person's account in the log of each of
// their shops.
func auditAccount(ctx context.Context, tx *store.Tx, a purvey.Account, action string, before, after purvey.AuditFields) error {
	shops, err := tx.Memberships(ctx, a.ID)
	if err != nil {
		return err
	}
	for _, s := range shops {
		err := tx.Audit(ctx, purvey.AuditEntry{ShopID: s.ShopID, Action: action, Object: objectOf(a), Before: before, After: after})
		if err != nil {
			return err
		}
	}
	return nil
}

func objectOf(a purvey.Account) purvey.AuditObject {
	return purvey.AuditObject{Type: "member", ID: a.ID, Name: a.DisplayName()}
}

// AccountPatch is what a person changes of their account; nil stays.
type AccountPatch struct {
	Name     *string
	Email    *string
	Password string // wanted for another e-mail
}

// ChangeAccount changes a person's own name and address. Errors:
// purvey.Invalid, purvey.Conflict for an address that another account has,
// purvey.Limited after too many wrong passwords.
func (s *Service) ChangeAccount(ctx context.Context, memberID string, p AccountPatch) error {
	var c purvey.Checker
	if p.Name != nil {
		*p.Name = strings.TrimSpace(*p.Name)
		checkName(&c, *p.Name)
	}
	if p.Email != nil {
		c.Require(purvey.ValidEmail(*p.Email), "email", "must be an e-mail address")
	}
	if err := c.Err(); err != nil {
		return err
	}
	now, err := s.db.Member(ctx, memberID)
	if err != nil {
		return err
	}
	moves := p.Email != nil && purvey.Fold(*p.Email) != now.Email
	if moves {
		if p.Password == "" {
			return purvey.BadField("password", "is wanted to change the e-mail")
		}
		if err := s.prove(ctx, memberID, "password", p.Password); err != nil {
			return err
		}
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		was, err := tx.Member(ctx, memberID)
		if err != nil {
			return err
		}
		if moves {
			ok, err := tx.SetMemberEmail(ctx, memberID, *p.Email)
			if err != nil {
				return err
			}
			if !ok {
				return purvey.Because(purvey.Conflict, purvey.ReasonDuplicate, "another account has this e-mail")
			}
			if err := tx.DeleteMemberLinks(ctx, memberID, store.LinkPasswordReset); err != nil { // they went to the old one
				return err
			}
		}
		if p.Name != nil {
			if err := tx.SetMemberName(ctx, memberID, *p.Name); err != nil {
				return err
			}
		}
		is, err := tx.Member(ctx, memberID)
		if err != nil {
			return err
		}
		return auditAccount(ctx, tx, is.Account(), "member.updated",
			purvey.AuditFields{"name": was.Name, "email": was.Email}, purvey.AuditFields{"name": is.Name, "email": is.Email})
	})
}

// ChangePassword gives a person another password, which ends their sessions
// but the one to keep. Errors as of ChangeAccount.
func (s *Service) ChangePassword(ctx context.Context, memberID, keep, current, password string) error {
	var c purvey.Checker
	checkPassword(&c, "new", password)
	if err := c.Err(); err != nil {
		return err
	}
	if err := s.prove(ctx, memberID, "current", current); err != nil {
		return err
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error { return changePassword(ctx, tx, memberID, hash, keep) })
}

// changePassword is setPassword with its line in the log.
func changePassword(ctx context.Context, tx *store.Tx, memberID, hash, keep string) error {
	m, err := tx.Member(ctx, memberID)
	if err != nil {
		return err
	}
	if err := setPassword(ctx, tx, memberID, hash, keep); err != nil {
		return err
	}
	return auditAccount(ctx, tx, m.Account(), "member.password_changed", nil, nil)
}

// TOTP is a new secret for an authenticator.
type TOTP struct {
	Secret string // base32
	URI    string // otpauth://, for a QR code
}

// NewTOTP begins a second proof: it is asked for once ConfirmTOTP has seen a
// code of it. Beginning again gives another secret.
func (s *Service) NewTOTP(ctx context.Context, memberID, password string) (TOTP, error) {
	if err := s.prove(ctx, memberID, "password", password); err != nil {
		return TOTP{}, err
	}
	secret := random(totpSecret)
	out := TOTP{Secret: base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)}
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		m, err := tx.Member(ctx, memberID)
		if err != nil {
			return err
		}
		q := url.Values{"secret": {out.Secret}, "issuer": {"Purvey"}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
		out.URI = "otpauth://totp/" + url.PathEscape("Purvey:"+m.Email) + "?" + q.Encode()
		return tx.SetTOTPPending(ctx, memberID, s.sealTOTP(memberID, secret))
	})
	return out, err
}

// ConfirmTOTP puts the secret of NewTOTP in force, by a code of it, and gives
// ten recovery codes, each good once in place of a code, which are shown to
// nobody again. Errors: purvey.Conflict when nothing waits for a code,
// purvey.Invalid for a wrong one, purvey.Limited after too many.
func (s *Service) ConfirmTOTP(ctx context.Context, memberID, code string) ([]string, error) {
	attempt, err := s.attempt(ctx, ceiling{s.bucketOf("proof", memberID), triesPerAddress, tryWindow})
	if err != nil {
		return nil, err
	}
	var shown []string
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		shown = nil
		m, err := tx.Member(ctx, memberID)
		if err != nil {
			return err
		}
		if m.TOTPPending == "" {
			return purvey.Errorf(purvey.Conflict, "no authenticator waits for its first code")
		}
		secret, err := s.openTOTP(m.ID, m.TOTPPending)
		if err != nil {
			return err
		}
		step, ok := totpMatch(secret, plainCode(code), tx.Now(), 0)
		if !ok {
			return purvey.BadField("code", "is wrong")
		}
		if ok, err := tx.ConfirmTOTP(ctx, m.ID, m.TOTPPending, step); err != nil || !ok {
			return errors.Join(err, purvey.Errorf(purvey.Conflict, "another authenticator was begun"))
		}
		var hashes []string
		for range recoveryCodes {
			plain, text := newRecoveryCode()
			hashes, shown = append(hashes, s.recoveryHash(m.ID, plain)), append(shown, text)
		}
		if err := errors.Join(tx.SetRecoveryCodes(ctx, m.ID, hashes), tx.DeleteAttempt(ctx, attempt)); err != nil {
			return err
		}
		return auditAccount(ctx, tx, m.Account(), "member.updated", purvey.AuditFields{"totp": m.TOTP != ""}, purvey.AuditFields{"totp": true})
	})
	if err != nil {
		return nil, err
	}
	return shown, nil
}

// RemoveTOTP ends a person's second proof, with its recovery codes. Run again
// it does nothing.
func (s *Service) RemoveTOTP(ctx context.Context, memberID, password string) error {
	if err := s.prove(ctx, memberID, "password", password); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error { return clearTOTP(ctx, tx, memberID) })
}

func clearTOTP(ctx context.Context, tx *store.Tx, memberID string) error {
	m, err := tx.Member(ctx, memberID)
	if err != nil {
		return err
	}
	if had, err := tx.ClearTOTP(ctx, memberID); err != nil || !had {
		return err
	}
	return auditAccount(ctx, tx, m.Account(), "member.updated", purvey.AuditFields{"totp": true}, purvey.AuditFields{"totp": false})
}
