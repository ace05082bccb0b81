package purvey

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Role is what a caller may do. A member reads and writes catalogue, files,
// keys, links and orders; settings, tokens, webhook endpoints, mappings, store
// events, minting and reports are for an admin alone, reading included.
type Role string

// The roles.
const (
	Admin  Role = "admin"
	Member Role = "member"
)

// Token is an API credential. It opens all four dialects for one shop, in one
// role and one mode. Only a hash of it is stored; the text is shown once.
type Token struct {
	ID         string
	ShopID     string
	Name       string
	Role       Role
	Mode       Mode
	Hash       string // SHA-256 of the text, hex
	Last4      string
	CreatedAt  time.Time
	LastUsedAt time.Time // zero: never; exact to a minute
	RevokedAt  time.Time // zero: in force
}

// Caller is who makes an authenticated request.
type Caller struct {
	Scope
	Role    Role
	TokenID string
	Shop    Shop
}

// NewTokenText gives a fresh credential: "pv_" and 40 letters and digits,
// 238 random bits.
func NewTokenText() string { return "pv_" + Secret(40) }

// HashToken is how a credential is kept and looked up.
func HashToken(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
