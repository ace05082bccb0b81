// Package auth knows who is calling and how often.
//
// A token is the one credential of the API; it opens every dialect for one
// shop, in one role and one mode. [Service.Authenticate] turns its text into a
// [purvey.Caller] with one read of the database, so that a revocation or a
// disabled shop counts from the next request on, on every node.
// [Service.Limit] counts a caller's requests against the budget of a dialect;
// budgets live in memory, one for each node.
//
// The people who sign in to the back office are members. The first of them,
// the owner, is made with the owner link (member.go); others are invited
// (team.go). A person signs in with a password (password.go) and, if they
// chose so, a code of their telephone (totp.go), and has a session from then on
// (membersession.go). [Service.MemberCaller] turns its text into a
// [purvey.Caller], as Authenticate does with a token's.
//
// Customers sign in to a shop's library with a code that is mailed to them
// (code.go).
package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"purvey"
	"purvey/internal/keyring"
	"purvey/internal/store"
)

// Options change what a Service does.
type Options struct {
	// NoLimits switches every limit of requests off.
	NoLimits bool
	// Mail says that a mail server is set; otherwise codes to sign in are kept.
	Mail bool
	// Log takes what goes wrong in the background; nil is slog.Default().
	Log *slog.Logger
}

// Service authenticates callers and owns tokens, members and budgets. It may
// be used by several goroutines.
type Service struct {
	db      *store.DB
	keys    *keyring.Keyring
	log     *slog.Logger
	mail    bool
	budgets *budgets
	windows *windows
	hashing chan struct{} // one argon2id takes tens of megabytes: two at a time
	nobody  func() string // a hash that no password fits, for addresses without a member

	mu    sync.Mutex
	shops map[string]purvey.Shop // by id; good while UpdatedAt is the same

	holders map[string]held // by a token's hash; good while no token or shop is written to

	touch struct {
		sync.Mutex
		last    *lru[time.Time] // of a token id: when its last use was handed over
		running sync.WaitGroup
	}
}

// maxShops bounds the shops, and the tokens, kept in memory.
const maxShops = 10_000

// New makes the service.
func New(db *store.DB, keys *keyring.Keyring, o Options) *Service {
	s := &Service{
		db: db, keys: keys, log: o.Log, mail: o.Mail, hashing: make(chan struct{}, 2), shops: map[string]purvey.Shop{}, holders: map[string]held{},
		budgets: newBudgets(!o.NoLimits), windows: newWindows(!o.NoLimits),
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.touch.last = newLRU[time.Time](maxBudgets)
	s.nobody = sync.OnceValue(hashOfNobody)
	return s
}

// Close waits for what runs in the background.
func (s *Service) Close() { s.touch.running.Wait() }

// Authenticate gives the caller whose token the text is. Its errors are
// purvey.Unauthenticated, for a text that opens nothing, and purvey.Denied
// with ReasonShopDisabled.
func (s *Service) Authenticate(ctx context.Context, text string) (purvey.Caller, error) {
	if !wellFormed(text) {
		return purvey.Caller{}, unauthenticated()
	}
	h, err := s.holder(ctx, purvey.HashToken(text))
	switch {
	case errors.Is(err, purvey.NotFound) || err == nil && !h.Token.RevokedAt.IsZero():
		return purvey.Caller{}, unauthenticated()
	case err != nil:
		return purvey.Caller{}, fmt.Errorf("reading a token: %w", err)
	case h.ShopState != purvey.ShopActive:
		return purvey.Caller{}, purvey.Because(purvey.Denied, purvey.ReasonShopDisabled, "the shop is disabled")
	}
	shop, err := s.shop(ctx, h.Token.ShopID, h.ShopUpdated)
	if err != nil {
		return purvey.Caller{}, err
	}
	s.used(ctx, h.Token.ID, h.Token.LastUsedAt, func(ctx context.Context, tx *store.Tx, now time.Time) error {
		return tx.TouchToken(ctx, h.Token.ID, now)
	})
	return purvey.Caller{
		Scope: purvey.Scope{ShopID: h.Token.ShopID, Mode: h.Token.Mode}, Role: h.Token.Role,
		TokenID: h.Token.ID, Name: h.Token.Name, Shop: shop,
	}, nil
}

// Observe gives a context in which the state of the database is asked for once,
// for a request that only reads.
func (s *Service) Observe(ctx context.Context) context.Context { return s.db.Observe(ctx) }

// held is a token's holder as it was at a moment.
type held struct {
	store.TokenHolder
	at store.Moment
}

// holder reads who holds a token, or remembers it while no token and no shop
// has been written to since.
func (s *Service) holder(ctx context.Context, hash string) (store.TokenHolder, error) {
	now := s.db.Moment(ctx)
	if !now.Known() {
		return s.db.TokenByHash(ctx, hash)
	}
	s.mu.Lock()
	h, known := s.holders[hash]
	s.mu.Unlock()
	if known && h.at.SameTokens(now) {
		return h.TokenHolder, nil
	}
	fresh, err := s.db.TokenByHash(ctx, hash)
	if err != nil {
		return fresh, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.holders) >= maxShops {
		clear(s.holders)
	}
	s.holders[hash] = held{fresh, now}
	return fresh, nil
}

func unauthenticated() error {
	return purvey.Errorf(purvey.Unauthenticated, "a valid API token is required")
}

// Bearer gives the token of an Authorization header's value: "Bearer", in any
// case, and the token. It is "" for anything else.
func Bearer(authorization string) string {
	scheme, text, ok := strings.Cut(authorization, " ")
	if !ok || !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(text)
}

const tokenPrefix, tokenLetters = "pv_", 40

// wellFormed refuses, without a look at the database, what no token can be.
func wellFormed(text string) bool {
	if len(text) != len(tokenPrefix)+tokenLetters || !strings.HasPrefix(text, tokenPrefix) {
		return false
	}
	for _, c := range []byte(text[len(tokenPrefix):]) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// shop gives a caller's shop, from memory while it is as it was at the time.
func (s *Service) shop(ctx context.Context, id string, updated time.Time) (purvey.Shop, error) {
	s.mu.Lock()
	shop, ok := s.shops[id]
	s.mu.Unlock()
	if ok && shop.UpdatedAt.Equal(updated) {
		return shop, nil
	}
	shop, err := s.db.Shop(ctx, id)
	if err != nil {
		return shop, fmt.Errorf("reading a caller's shop: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.shops) >= maxShops {
		clear(s.shops)
	}
	s.shops[shop.ID] = shop
	return shop, nil
}

// usedEvery is how exact the last use of a token and of a session is.
const usedEvery = time.Minute

// used has the last use of a credential recorded, at most once a minute,
// without keeping the caller.
func (s *Service) used(ctx context.Context, id string, last time.Time, record func(context.Context, *store.Tx, time.Time) error) {
	now := s.db.Now()
	if now.Sub(last) < usedEvery {
		return
	}
	s.touch.Lock()
	before, known := s.touch.last.get(id)
	due := !known || now.Sub(before) >= usedEvery
	if due {
		s.touch.last.put(id, now)
	}
	s.touch.Unlock()
	if !due {
		return
	}
	s.touch.running.Go(func() {
		ctx, cancel := context.WithTimeout(store.Later(context.WithoutCancel(ctx)), 10*time.Second)
		defer cancel()
		if err := s.db.Tx(ctx, func(tx *store.Tx) error { return record(ctx, tx, now) }); err != nil {
			s.log.WarnContext(ctx, "a last use was not recorded", "id", id, "error", err)
		}
	})
}

// MaxTokenName is the longest name of a token, in characters.
const MaxTokenName = 100

// TokenRequest says what token is wanted. Role and Mode may be left empty and
// are then admin and live.
type TokenRequest struct {
	Name string
	Role purvey.Role
	Mode purvey.Mode
}

// CreateToken makes a token of a shop and gives its text, which is shown to
// nobody again.
func (s *Service) CreateToken(ctx context.Context, shopID string, req TokenRequest) (purvey.Token, string, error) {
	t := purvey.Token{ShopID: shopID, Name: strings.TrimSpace(req.Name), Role: req.Role, Mode: req.Mode}
	if t.Role == "" {
		t.Role = purvey.Admin
	}
	if t.Mode == "" {
		t.Mode = purvey.Live
	}
	var c purvey.Checker
	n := utf8.RuneCountInString(t.Name)
	c.Require(n > 0, "name", "is required")
	c.Require(n <= MaxTokenName, "name", "must be at most %d characters", MaxTokenName)
	c.Require(t.Role == purvey.Admin || t.Role == purvey.Member, "role", "must be admin or member")
	c.Require(purvey.ValidMode(t.Mode), "mode", "must be live or sandbox")
	if err := c.Err(); err != nil {
		return purvey.Token{}, "", err
	}
	text := purvey.NewTokenText()
	t.Hash, t.Last4 = purvey.HashToken(text), text[len(text)-4:]
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		if _, err := tx.Shop(ctx, shopID); err != nil {
			return err
		}
		if err := tx.InsertToken(ctx, &t); err != nil {
			return err
		}
		return tx.Audit(ctx, tokenChange("token.created", nil, tokenFields(t), t))
	})
	return t, text, err
}

// Tokens lists a shop's tokens that are in force, of both modes.
func (s *Service) Tokens(ctx context.Context, shopID string, p purvey.Page) (purvey.Listed[purvey.Token], error) {
	return s.db.Tokens(ctx, shopID, p)
}

// Revoke ends a shop's token; the next request with it is refused.
func (s *Service) Revoke(ctx context.Context, shopID, id string) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		t, err := tx.Token(ctx, shopID, id)
		if err != nil {
			return err
		}
		return revoke(ctx, tx, t)
	})
}

func revoke(ctx context.Context, tx *store.Tx, t purvey.Token) error {
	if err := tx.RevokeToken(ctx, t.ShopID, t.ID); err != nil {
		return err
	}
	return tx.Audit(ctx, tokenChange("token.revoked", tokenFields(t), nil, t))
}

// tokenChange is what the audit log tells of a token: nothing of its text.
func tokenChange(action string, before, after purvey.AuditFields, t purvey.Token) purvey.AuditEntry {
	return purvey.AuditEntry{
		ShopID: t.ShopID, Action: action, Object: purvey.AuditObject{Type: "token", ID: t.ID, Name: t.Name}, Before: before, After: after,
	}
}

func tokenFields(t purvey.Token) purvey.AuditFields {
	return purvey.AuditFields{"name": t.Name, "role": t.Role, "mode": t.Mode, "last4": t.Last4}
}

// RevokeAnywhere ends a token whatever its shop, for the operator.
func (s *Service) RevokeAnywhere(ctx context.Context, id string) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		t, err := tx.TokenByID(ctx, id)
		if err != nil {
			return err
		}
		return revoke(ctx, tx, t)
	})
}
