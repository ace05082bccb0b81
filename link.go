package purvey

import "time"

// Link is a share link: files for whoever has its URL, without an order.
type Link struct {
	ID         string
	ShopID     string
	Mode       Mode
	FileIDs    []string
	Files      []File
	UseLimit   bool
	Limit      int // copies of each file; 0 is no limit
	Stamp      bool
	StampText  string
	ExpiresAt  time.Time // zero: never
	UsedUpSent bool      // download_link.exhausted was told
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Allowance is how many copies of each file the link gives; 0 is no limit.
func (l Link) Allowance() int {
	if l.UseLimit {
		return l.Limit
	}
	return 0
}

// Bounds of a share link.
const (
	MaxLinkFiles     = 100
	MaxStampText     = 500 // characters
	MaxLineFiles     = 100
	MaxListLimit     = 100
	DefaultListLimit = 50
	MaxQuery         = 120 // characters of a q parameter
)
