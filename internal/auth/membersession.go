package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"purvey"
	"purvey/internal/store"
)

// MemberCookie is the name of the cookie with a session's text.
const MemberCookie = "purvey_admin"

// MemberSignIn is what a person signs in with.
type MemberSignIn struct {
	Email     string
	Password  string
	Code      string // of the telephone, or a recovery code; "" none
	Device    string // what signing in gave this browser earlier; "" nothing
	IP        string
	UserAgent string
}

// Member is a person who is signed in.
type Member struct {
	purvey.Account
	Session purvey.MemberSession
	Shops   []purvey.Membership // the oldest first
}

// purposeMemberDevice is that of the mark of a browser which signed in before.
const purposeMemberDevice = "member device"

// errSignIn is the answer to everything that does not sign in, whatever the
// reason.
var errSignIn error = purvey.Errorf(purvey.Unauthenticated, "the e-mail or the password is wrong")

// errNoMember is the answer to a cookie without a session in force.
var errNoMember error = purvey.Errorf(purvey.Unauthenticated, "not signed in")

func errCodeWanted(message string) error {
	return &purvey.Error{Kind: purvey.Unauthenticated, Detail: message, Fields: []purvey.Field{{Name: "code", Message: message}}}
}

// SignInMember begins a session and gives the texts of its cookies: the
// session's and the device's. Whether an address has a member cannot be told
// from the answer nor its time. Errors: purvey.Unauthenticated, with the field
// "code" when the password was right and a code is wanted; purvey.Limited after
// too many tries.
func (s *Service) SignInMember(ctx context.Context, in MemberSignIn) (m Member, text, device string, err error) {
	return s.signInMember(ctx, in, nil)
}

// signInMember is SignInMember, with what else is to be done in the same
// transaction by who has proved who they are; nil nothing.
func (s *Service) signInMember(ctx context.Context, in MemberSignIn, also func(context.Context, *store.Tx) error) (m Member, text, device string, err error) {
	defer hold(ctx, time.Now())
	var was store.Member
	if purvey.ValidEmail(in.Email) {
		was, err = s.db.MemberByEmail(ctx, in.Email)
	}
	if err != nil && !errors.Is(err, purvey.NotFound) {
		return m, "", "", err
	}
	known := ""
	if id, ok := s.keys.OpenToken(purposeMemberDevice, in.Device); ok && string(id) == was.ID && was.ID != "" {
		known = in.Device
	}
	account, ceilings := s.tries(in.Email, known, in.IP)
	attempt, err := s.attempt(ctx, ceilings...)
	if err != nil {
		return m, "", "", err
	}
	ok, old, err := s.fits(ctx, in.Password, was.Password)
	if err != nil {
		return m, "", "", err
	}
	if !ok {
		return m, "", "", errSignIn
	}
	rehashed := ""
	if old {
		if rehashed, err = s.hash(ctx, in.Password); err != nil {
			return m, "", "", err
		}
	}
	text = purvey.Secret(40)
	var refused error // a wrong code must not undo what the transaction counts
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		refused = nil
		now, err := tx.Member(ctx, was.ID)
		if errors.Is(err, purvey.NotFound) || err == nil && (now.Password != was.Password || now.State != memberActive) {
			refused = errSignIn
			return nil
		}
		if err != nil {
			return err
		}
		if now.TOTP != "" {
			if strings.TrimSpace(in.Code) == "" {
				refused = errCodeWanted("is wanted: six digits of your authenticator, or a recovery code")
				return tx.DeleteAttempt(ctx, attempt)
			}
			if ok, err := s.useCode(ctx, tx, now, in.Code); err != nil {
				return err
			} else if !ok {
				refused = errCodeWanted("is wrong or was used")
				return nil
			}
		}
		if also != nil {
			if err := also(ctx, tx); err != nil {
				return err
			}
		}
		if m.Shops, err = tx.Memberships(ctx, now.ID); err != nil {
			return err
		}
		if len(m.Shops) == 0 {
			refused = errSignIn
			return nil
		}
		if rehashed != "" {
			if err := tx.SetMemberPassword(ctx, now.ID, rehashed); err != nil {
				return err
			}
		}
		if err := errors.Join(tx.DeleteAttempt(ctx, attempt), tx.EmptyAttempts(ctx, account)); err != nil {
			return err
		}
		m.Account = now.Account()
		m.Session, err = begin(ctx, tx, now.ID, text, in.IP, in.UserAgent)
		m.LastSeenAt = m.Session.LastSeenAt
		return err
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return Member{}, "", "", err
	}
	return m, text, s.keys.Token(purposeMemberDevice, []byte(m.ID)), nil
}

// memberActive is the state of an account that may sign in.
const memberActive = "active"

// maxUserAgent bounds what is kept of a browser's name, in bytes.
const maxUserAgent = 300

// begin writes a session.
func begin(ctx context.Context, tx *store.Tx, memberID, text, ip, userAgent string) (purvey.MemberSession, error) {
	userAgent = strings.ToValidUTF8(strings.ReplaceAll(userAgent, "\x00", ""), "")
	if len(userAgent) > maxUserAgent {
		userAgent = strings.ToValidUTF8(userAgent[:maxUserAgent], "")
	}
	session := purvey.MemberSession{MemberID: memberID, IP: ip, UserAgent: userAgent}
	err := tx.InsertMemberSession(ctx, &session, purvey.HashToken(text))
	return session, err
}

// MemberSession gives who is signed in by a cookie's text; else it is
// purvey.Unauthenticated. It is read anew each time, so that an end counts from
// the next request on, on every node.
func (s *Service) MemberSession(ctx context.Context, text string) (Member, error) {
	if len(text) != 40 {
		return Member{}, errNoMember
	}
	session, err := s.db.MemberSessionByHash(ctx, purvey.HashToken(text))
	if errors.Is(err, purvey.NotFound) || err == nil && !s.db.Now().Before(session.ExpiresAt()) {
		return Member{}, errNoMember
	}
	if err != nil {
		return Member{}, fmt.Errorf("reading a session: %w", err)
	}
	who, err := s.db.Member(ctx, session.MemberID)
	if errors.Is(err, purvey.NotFound) || err == nil && who.State != memberActive {
		return Member{}, errNoMember
	}
	if err != nil {
		return Member{}, fmt.Errorf("reading a member: %w", err)
	}
	m := Member{Account: who.Account(), Session: session}
	if m.Shops, err = s.db.Memberships(ctx, who.ID); err != nil {
		return Member{}, fmt.Errorf("reading a member's shops: %w", err)
	}
	if len(m.Shops) == 0 {
		return Member{}, errNoMember
	}
	s.used(ctx, session.ID, session.LastSeenAt, func(ctx context.Context, tx *store.Tx, now time.Time) error {
		return tx.TouchMemberSession(ctx, session, now)
	})
	return m, nil
}

// MemberCaller gives the caller that a cookie's text makes in a shop, which is
// the member's first if slug is "", and a mode, which is live if it is "".
// Errors: purvey.Unauthenticated; purvey.Denied for a shop that is not there or
// not theirs, without telling which, and for one that is disabled; one that is
// closed lets its people in, whose caller bounds what they do;
// purvey.Invalid for a mode that is none.
func (s *Service) MemberCaller(ctx context.Context, text, slug string, mode purvey.Mode) (purvey.Caller, error) {
	m, err := s.MemberSession(ctx, text)
	if err != nil {
		return purvey.Caller{}, err
	}
	if mode == "" {
		mode = purvey.Live
	}
	if !purvey.ValidMode(mode) {
		return purvey.Caller{}, purvey.BadField("Purvey-Mode", "must be live or sandbox")
	}
	i := slices.IndexFunc(m.Shops, func(x purvey.Membership) bool { return x.Slug == slug })
	if slug == "" {
		i = 0
	}
	if i < 0 {
		return purvey.Caller{}, purvey.Errorf(purvey.Denied, "you are not a member of such a shop")
	}
	in := m.Shops[i]
	if in.ShopState == purvey.ShopDisabled {
		return purvey.Caller{}, purvey.Because(purvey.Denied, purvey.ReasonShopDisabled, "the shop is disabled")
	}
	shop, err := s.shop(ctx, in.ShopID, in.ShopUpdated)
	if err != nil {
		return purvey.Caller{}, err
	}
	role := purvey.Member
	if in.Role == purvey.Owner || in.Role == purvey.Admin {
		role = purvey.Admin
	}
	return purvey.Caller{
		Scope: purvey.Scope{ShopID: in.ShopID, Mode: mode}, Role: role,
		MemberID: m.ID, SessionID: m.Session.ID, Owner: in.Role == purvey.Owner, Name: m.DisplayName(), Shop: shop,
	}, nil
}

// EndMemberSession signs a cookie's text out. What is none ends nothing.
func (s *Service) EndMemberSession(ctx context.Context, text string) error {
	m, err := s.MemberSession(ctx, text)
	if errors.Is(err, purvey.Unauthenticated) {
		return nil
	}
	if err == nil {
		err = s.EndSession(ctx, m.ID, m.Session.ID)
	}
	if errors.Is(err, purvey.NotFound) {
		return nil
	}
	return err
}

// MemberSessions lists where a person is signed in, the newest first.
func (s *Service) MemberSessions(ctx context.Context, memberID string) ([]purvey.MemberSession, error) {
	return s.db.MemberSessions(ctx, memberID, s.db.Now().Add(-purvey.MemberSessionIdle))
}

// EndSession ends one of a person's sessions.
func (s *Service) EndSession(ctx context.Context, memberID, id string) error {
	if !purvey.ValidID(id) {
		return purvey.Missing("session")
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteMemberSession(ctx, memberID, id) })
}

// EndSessions ends every session of a person but the one to keep, "" none.
func (s *Service) EndSessions(ctx context.Context, memberID, keep string) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteMemberSessions(ctx, memberID, keep) })
}

// random gives n bytes of the system's generator.
func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
