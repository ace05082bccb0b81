// Package keyring derives every key of the server from one root of 32 bytes.
//
// Each use names its purpose, such as "grant" or "shop secret", and gets a key
// of its own by HKDF-SHA256, so that what is signed or sealed for one purpose
// is worth nothing for another. A [Keyring] signs ([Keyring.MAC]), makes short
// signed texts for URLs ([Keyring.Token]) and seals secrets for the database
// ([Keyring.Seal]). Whoever holds the database alone can open none of them;
// whoever loses the root loses every sealed secret and every link in a mail.
package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"sync"
)

// RootSize is the length of a root, in bytes.
const RootSize = 32

// macSize is how much of a MAC stands in a Token, in bytes: 128 bits.
const macSize = 16

// sealed is what every sealed text begins with; a later form gets another.
const sealed = "s1."

// ErrSealed is the error of Unseal: the text was not sealed by this root for
// this purpose, or was altered.
var ErrSealed = errors.New("keyring: the sealed text cannot be opened with this key")

// Keyring derives keys from a root. It may be used by several goroutines.
type Keyring struct {
	root    []byte
	signing sync.Map // purpose → []byte
	sealing sync.Map // purpose → cipher.AEAD
}

// Open makes a keyring of a root, which should be RootSize random bytes.
func Open(root []byte) *Keyring { return &Keyring{root: append([]byte(nil), root...)} }

// MAC is the HMAC-SHA256, 32 bytes, of the parts under the purpose's key. Each
// part counts with its length: ("ab", "c") and ("a", "bc") differ.
func (k *Keyring) MAC(purpose string, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, k.signingKey(purpose))
	var n [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write(p)
	}
	return h.Sum(nil)
}

// Verify tells whether mac is the MAC of the parts, or its first 16 bytes or
// more, in time that does not depend on where they differ.
func (k *Keyring) Verify(purpose string, mac []byte, parts ...[]byte) bool {
	want := k.MAC(purpose, parts...)
	return len(mac) >= macSize && len(mac) <= len(want) && hmac.Equal(mac, want[:len(mac)])
}

// Token signs a payload for use in a URL: base64url, without padding, of the
// payload and 16 bytes of its MAC. The payload can be read by anyone.
func (k *Keyring) Token(purpose string, payload []byte) string {
	b := make([]byte, 0, len(payload)+macSize)
	b = append(b, payload...)
	b = append(b, k.MAC(purpose, payload)[:macSize]...)
	return base64.RawURLEncoding.EncodeToString(b)
}

// OpenToken gives the payload of a Token of this purpose. ok is false for
// anything else; there is exactly one text for a payload.
func (k *Keyring) OpenToken(purpose, text string) (payload []byte, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	// The decoder skips line breaks, which would make two texts of one token.
	if err != nil || len(b) < macSize || strings.ContainsAny(text, "\r\n") {
		return nil, false
	}
	payload, mac := b[:len(b)-macSize:len(b)-macSize], b[len(b)-macSize:]
	if !k.Verify(purpose, mac, payload) {
		return nil, false
	}
	return payload, true
}

// Seal encrypts plain with AES-256-GCM under the purpose's key, the purpose
// being authenticated too. Sealing the same text twice gives two texts.
func (k *Keyring) Seal(purpose, plain string) string {
	gcm := k.aead(purpose)
	b := make([]byte, gcm.NonceSize(), gcm.NonceSize()+len(plain)+gcm.Overhead())
	rand.Read(b)
	b = gcm.Seal(b, b, []byte(plain), []byte(purpose))
	return sealed + base64.RawURLEncoding.EncodeToString(b)
}

// Unseal gives what was sealed for the purpose, or ErrSealed.
func (k *Keyring) Unseal(purpose, text string) (string, error) {
	body, ok := strings.CutPrefix(text, sealed)
	if !ok {
		return "", ErrSealed
	}
	b, err := base64.RawURLEncoding.DecodeString(body)
	gcm := k.aead(purpose)
	if err != nil || len(b) < gcm.NonceSize() {
		return "", ErrSealed
	}
	plain, err := gcm.Open(nil, b[:gcm.NonceSize()], b[gcm.NonceSize():], []byte(purpose))
	if err != nil {
		return "", ErrSealed
	}
	return string(plain), nil
}

// Key derives 32 bytes for a purpose, for parts that need a key of their own.
func (k *Keyring) Key(purpose string) []byte { return k.derive("key", purpose) }

func (k *Keyring) signingKey(purpose string) []byte {
	if v, ok := k.signing.Load(purpose); ok {
		return v.([]byte)
	}
	v, _ := k.signing.LoadOrStore(purpose, k.derive("mac", purpose))
	return v.([]byte)
}

func (k *Keyring) aead(purpose string) cipher.AEAD {
	if v, ok := k.sealing.Load(purpose); ok {
		return v.(cipher.AEAD)
	}
	block, err := aes.NewCipher(k.derive("seal", purpose))
	if err != nil {
		panic(err) // only a key of the wrong length can do this
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // only a block of the wrong size can do this
	}
	v, _ := k.sealing.LoadOrStore(purpose, gcm)
	return v.(cipher.AEAD)
}

func (k *Keyring) derive(use, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, k.root, nil, "purvey "+use+" "+purpose, 32)
	if err != nil {
		panic(err) // only a length beyond HKDF's reach can do this
	}
	return key
}
