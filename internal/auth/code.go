package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode"

	"purvey"
	"purvey/internal/store"
)

// The purposes of what signing in to a library is made of.
const (
	purposeCode    = "login code"
	purposeVisitor = "library visitor"
	purposeDevice  = "library device"
)

// CodeRequest asks for a code to sign in to a shop's library.
type CodeRequest struct {
	Shop    purvey.Shop
	Email   string
	Locale  string // of the mail
	Visitor string // what NewVisitor gave this browser; "" nothing
	Device  string // what signing in gave this browser earlier; "" nothing
	IP      string
}

// Limits of asking for codes, which count whether an address is known or not.
// Those of mails to one address are in the vocabulary.
const (
	asksPerVisitor = 20   // an hour, by one browser
	asksPerIP      = 60   // an hour, by clients of one address that are no browsers
	visitorsPerIP  = 3000 // an hour, by all clients of one address
	codesPerDevice = 5    // an hour, to a browser that signed in before
)

// SendCode mails six digits to an address if it is a customer's, and gives a
// challenge, which the browser shows again with them. Its answer, and the time
// it takes, are the same for every address.
//
// Codes are bound to the challenge, so that guessing at one's own request does
// not lock anybody else's. Refused with Invalid for what is no address and
// with Limited for who asks too often.
func (s *Service) SendCode(ctx context.Context, r CodeRequest) (challenge string, err error) {
	if !purvey.ValidEmail(r.Email) {
		return "", purvey.BadField("email", "must be an e-mail address")
	}
	if err := s.mayAsk(r.Visitor, r.IP); err != nil {
		return "", err
	}
	defer hold(ctx, time.Now())
	challenge = purvey.Secret(40)
	code := digits()
	email := purvey.Fold(r.Email)
	life := time.Duration(r.Shop.Settings.Lifetimes.LoginCode) * time.Second
	scope := purvey.Scope{ShopID: r.Shop.ID, Mode: purvey.Live}
	free := s.knownDevice(r.Shop.ID, email, r.Device)
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.Lock(ctx, "login "+scope.ShopID+"/"+email); err != nil {
			return err
		}
		n, err := tx.CodesSent(ctx, r.Shop.ID, email, r.IP, tx.Now())
		if err != nil {
			return err
		}
		customer, err := tx.IsCustomer(ctx, scope, email)
		if err != nil {
			return err
		}
		few := n.Hour < purvey.CodesPerAddress && n.Day < purvey.CodesPerDay && n.Asker < purvey.CodesPerAsker
		c := purvey.LoginCode{
			ID: tx.NewID(), ShopID: r.Shop.ID, Challenge: purvey.HashToken(challenge), Email: email, IP: r.IP,
			Sent: customer && (few || free || !s.windows.on), ExpiresAt: tx.Now().Add(life),
		}
		c.Code = s.codeMAC(c.ID, code)
		if err := tx.InsertLoginCode(ctx, &c); err != nil || !c.Sent {
			return err
		}
		return tx.InsertMessage(ctx, s.codeMail(r, code, life))
	})
	return challenge, err
}

// codeMail is the mail with a code.
func (s *Service) codeMail(r CodeRequest, code string, life time.Duration) *purvey.Message {
	m := purvey.Message{
		ShopID: r.Shop.ID, Mode: purvey.Live, Kind: purvey.MailLoginCode, State: purvey.MessageKept, To: r.Email, Locale: r.Locale,
		Data: r.Shop.Settings.MailData(),
	}
	m.Data.Code, m.Data.Minutes = code, max(int(life/time.Minute), 1)
	if s.mail {
		m.State = purvey.MessageQueued
	}
	return &m
}

// mayAsk counts a request. A browser that has loaded the page has a budget of
// its own, so that others behind the same address do it no harm.
func (s *Service) mayAsk(visitor, ip string) error {
	key, most := "login ip "+ip, asksPerIP
	if id, ok := s.keys.OpenToken(purposeVisitor, visitor); ok {
		key, most = "login visitor "+string(id), asksPerVisitor
	}
	if _, err := s.Reserve(key, most, time.Hour); err != nil {
		return err
	}
	_, err := s.Reserve("login all "+ip, visitorsPerIP, time.Hour)
	return err
}

// MayAsk is the limit of SendCode for other requests of people who have not
// signed in.
func (s *Service) MayAsk(visitor, ip string) error { return s.mayAsk(visitor, ip) }

// Hold waits, in a deferred call, until the time since begun is a whole number
// of steps, so that how long an answer took tells nothing of what it found.
func (s *Service) Hold(ctx context.Context, begun time.Time) { hold(ctx, begun) }

// NewVisitor gives a browser that loads the sign-in page what tells it from
// others. It says nothing of who that is.
func (s *Service) NewVisitor() string {
	var id [16]byte
	rand.Read(id[:])
	return s.keys.Token(purposeVisitor, id[:])
}

// ValidVisitor tells whether a text is one that NewVisitor gave.
func (s *Service) ValidVisitor(text string) bool {
	_, ok := s.keys.OpenToken(purposeVisitor, text)
	return ok
}

// knownDevice tells whether a browser has signed in to the shop with the
// address before and may ask for a mail on its own account.
func (s *Service) knownDevice(shopID, email, device string) bool {
	got, ok := s.keys.OpenToken(purposeDevice, device)
	if !ok || string(got) != string(s.deviceMark(shopID, email)) {
		return false
	}
	_, err := s.Reserve("login device "+device, codesPerDevice, time.Hour)
	return err == nil
}

func (s *Service) deviceMark(shopID, email string) []byte {
	return s.keys.MAC(purposeDevice, []byte(shopID), []byte(email))[:16]
}

func (s *Service) codeMAC(id, code string) string {
	return hex.EncodeToString(s.keys.MAC(purposeCode, []byte(id), []byte(code)))
}

// digits gives six random ones.
func digits() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // the system's generator does not fail
	}
	return fmt.Sprintf("%0*d", purvey.CodeDigits, n)
}

// SignedIn is what a browser gets by a right code: its session, and the mark of
// a device that has signed in, both for cookies.
type SignedIn struct {
	Session string
	Device  string
}

// errCode is the answer to every code that does not sign in, whatever the
// reason.
var errCode error = purvey.Errorf(purvey.Unauthenticated, "the code is wrong or no longer valid")

// EnterCode signs in by the digits of a mail and the challenge they were sent
// for. A challenge takes few tries, and one right one. Everything else is
// purvey.Unauthenticated, after the same time. userAgent is what the browser
// says of itself.
func (s *Service) EnterCode(ctx context.Context, shopID, challenge, code, userAgent string) (SignedIn, error) {
	defer hold(ctx, time.Now())
	code = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' {
			return -1
		}
		return r
	}, code)
	if len(challenge) != 40 || len(code) != purvey.CodeDigits {
		return SignedIn{}, errCode
	}
	var out SignedIn
	// A wrong try must count, so it is no error inside the transaction.
	right := false
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		out, right = SignedIn{}, false
		c, err := tx.TryLoginCode(ctx, shopID, purvey.HashToken(challenge))
		if errors.Is(err, purvey.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare([]byte(c.Code), []byte(s.codeMAC(c.ID, code))) != 1 || !c.Sent {
			return nil
		}
		if right, err = tx.UseLoginCode(ctx, c.ID); err != nil || !right {
			return err
		}
		// The shop may have deactivated them since the mail.
		if right, err = tx.IsCustomer(ctx, purvey.Scope{ShopID: shopID, Mode: purvey.Live}, c.Email); err != nil || !right {
			return err
		}
		out = SignedIn{Session: purvey.Secret(40), Device: s.keys.Token(purposeDevice, s.deviceMark(shopID, c.Email))}
		return tx.InsertSession(ctx, &purvey.Session{
			ShopID: shopID, Hash: purvey.HashToken(out.Session), Email: c.Email, Device: deviceOf(userAgent), ExpiresAt: tx.Now().Add(purvey.SessionLife),
		})
	})
	if err == nil && !right {
		err = errCode
	}
	return out, err
}

// holdStep is what the time of an answer is rounded up to. It is well above
// what finding an address costs more than not finding it.
const holdStep = 20 * time.Millisecond

func hold(ctx context.Context, begun time.Time) {
	spent := time.Since(begun)
	t := time.NewTimer((spent/holdStep+1)*holdStep - spent)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
