package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" // what RFC 6238 and every authenticator use
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"

	"purvey/internal/store"
)

// What a code is, after RFC 6238: six digits of SHA-1, for half a minute.
const (
	totpStep   = 30 // seconds
	totpDigits = 6
	totpSecret = 20 // bytes
	totpDrift  = 1  // steps that a telephone's clock may be ahead or behind
)

// totpCode gives the digits of a step.
func totpCode(secret []byte, step int64) string {
	h := hmac.New(sha1.New, secret)
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(step))
	h.Write(n[:])
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 15
	v := binary.BigEndian.Uint32(sum[at:at+4]) & 0x7fffffff
	return fmt.Sprintf("%0*d", totpDigits, v%1_000_000)
}

// totpMatch gives the step, around the instant, whose digits the code is.
// Steps up to the last one that was taken are over.
func totpMatch(secret []byte, code string, now time.Time, last int64) (step int64, ok bool) {
	middle := now.Unix() / totpStep
	for n := middle - totpDrift; n <= middle+totpDrift; n++ {
		if subtle.ConstantTimeCompare([]byte(totpCode(secret, n)), []byte(code)) == 1 && n > last {
			step, ok = n, true
		}
	}
	return step, ok
}

// The purposes of what a second proof is made of.
const (
	purposeTOTP     = "member totp"
	purposeRecovery = "recovery code"
)

func (s *Service) sealTOTP(memberID string, secret []byte) string {
	return s.keys.Seal(purposeTOTP, memberID+" "+hex.EncodeToString(secret))
}

// openTOTP gives a member's secret; one that was sealed for somebody else is
// none of theirs.
func (s *Service) openTOTP(memberID, sealed string) ([]byte, error) {
	plain, err := s.keys.Unseal(purposeTOTP, sealed)
	if err != nil {
		return nil, err
	}
	text, ok := strings.CutPrefix(plain, memberID+" ")
	if !ok {
		return nil, fmt.Errorf("the secret is of another member than %s", memberID)
	}
	return hex.DecodeString(text)
}

// plainCode drops what people put between the characters of a code.
func plainCode(code string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' {
			return -1
		}
		return unicode.ToUpper(r)
	}, code)
}

// useCode takes a member's code, of the telephone or a recovery code, once.
func (s *Service) useCode(ctx context.Context, tx *store.Tx, m store.Member, code string) (bool, error) {
	code = plainCode(code)
	if len(code) == recoveryLetters {
		return tx.UseRecoveryCode(ctx, m.ID, s.recoveryHash(m.ID, code))
	}
	secret, err := s.openTOTP(m.ID, m.TOTP)
	if err != nil {
		return false, err
	}
	step, ok := totpMatch(secret, code, tx.Now(), m.TOTPStep)
	if !ok {
		return false, nil
	}
	return tx.UseTOTPStep(ctx, m.ID, step)
}

// Recovery codes: ten of ten letters, 50 random bits each.
const (
	recoveryCodes   = 10
	recoveryLetters = 10
)

func (s *Service) recoveryHash(memberID, code string) string {
	return hex.EncodeToString(s.keys.MAC(purposeRecovery, []byte(memberID), []byte(code)))
}

// newRecoveryCode gives one as it is stored and as it is shown.
func newRecoveryCode() (plain, shown string) {
	plain = base32.StdEncoding.EncodeToString(random(7))[:recoveryLetters]
	return plain, strings.ToLower(plain[:5] + "-" + plain[5:])
}
