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

// The roles of a caller; people may also have the role Owner.
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

// Caller is who makes an authenticated request: a program with a token, or a
// person with a session of the back office.
type Caller struct {
	Scope
	Role      Role   // admin or member; an owner's is admin
	TokenID   string // "" for a person
	MemberID  string // "" for a program
	SessionID string // of the person
	Owner     bool   // the person owns the shop
	Name      string // the token's, or the person's
	Shop      Shop
}

// NewTokenText gives a fresh credential: "pv_" and 40 letters and digits,
// 238 random bits.
func NewTokenText() string { return "pv_" + Secret(40) }

// HashToken is how a credential is kept and looked up.
func HashToken(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
