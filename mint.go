package purvey

import (
	"crypto/rand"
	"encoding/hex"
	"time"
)

// Mint is a download token of Continuata: for a day, whoever holds its text
// has one version of one product. Its text is stored as a hash alone.
type Mint struct {
	ID        string
	ShopID    string
	Mode      Mode
	Hash      string // SHA-256 of the text, hex
	ProductID string
	VersionID string
	OrderID   string // of the purchase it belongs to; "" none
	LineID    string
	Email     string // whom it is made for: what PDFs are stamped with; "" nobody's
	Name      string
	Copies    int // of each file; 0 no limit
	ExpiresAt time.Time
	UsedAt    time.Time // when a downloader said that it was done; zero: not yet
	CreatedAt time.Time
}

const mintDigits = 64

// NewMintText gives a fresh download token: 64 hex digits, 256 random bits.
func NewMintText() string {
	var b [mintDigits / 2]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// ValidMintText tells whether s has the form of a download token, so that
// nonsense is refused without a look at the database.
func ValidMintText(s string) bool {
	if len(s) != mintDigits {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
