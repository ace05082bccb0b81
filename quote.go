package purvey

import (
	"encoding/json"
	"time"
)

// Quote is the promise of a sale: product, quantity and country were checked
// and may be bought once, until it expires (HL Connect's validation token).
// Only a hash of its text is stored.
type Quote struct {
	ID        string
	ShopID    string
	Mode      Mode
	Hash      string // SHA-256 of the text, hex
	ProductID string
	Quantity  int
	Country   string // ISO alpha-2 of the buyer; "" unknown
	ExpiresAt time.Time
	UsedAt    time.Time // zero: not used
	OrderID   string    // the order and line that used it
	LineID    string
	CreatedAt time.Time
}

// NewQuoteText gives a fresh quote's text: 32 letters and digits, 190 random
// bits.
func NewQuoteText() string { return Secret(quoteLetters) }

const quoteLetters = 32

// ValidQuoteText tells whether s has the form of a quote's text, so that
// nonsense is refused without a look at the database.
func ValidQuoteText(s string) bool {
	if len(s) != quoteLetters {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// LineNotes are what is kept of a registered line in its Extra.
type LineNotes struct {
	Customer  string      `json:"customer,omitempty"`   // who it was sold to, where lines of one order differ
	UnitPrice json.Number `json:"unit_price,omitempty"` // prices as they were sent
	LinePrice json.Number `json:"line_item_price,omitempty"`
	PartOf    int64       `json:"part_of,omitempty"` // number of the ensemble's line
	Failure   string      `json:"failure,omitempty"` // why the line failed, for the customer
}

// Notes reads a line's notes; a line of another source has few or none.
func (l Line) Notes() LineNotes {
	var n LineNotes
	if json.Unmarshal(l.Extra, &n) != nil {
		return LineNotes{}
	}
	return n
}

// Buyer is the name of who the line was sold to: the line's own, else that of
// the order's customer.
func (r Right) Buyer() string {
	if name := r.Line.Notes().Customer; name != "" {
		return name
	}
	return r.Order.Customer.FullName()
}
