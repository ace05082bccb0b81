package purvey

import "time"

// LoginCode is one request to sign in to a shop's library: six digits that
// were sent to an address, if it is a customer's. Requests for other addresses
// are kept just the same, so that the two cannot be told apart.
type LoginCode struct {
	ID        string
	ShopID    string
	Challenge string // hash of what the asking browser holds
	Email     string // folded
	Code      string // MAC of the six digits
	Sent      bool   // a mail went out
	Attempts  int    // codes tried
	IP        string // of whoever asked
	ExpiresAt time.Time
	UsedAt    time.Time // zero: not yet
	CreatedAt time.Time
}

// Bounds of signing in.
const (
	CodeDigits      = 6
	CodeAttempts    = 5                   // codes that may be tried on one request
	SessionLife     = 30 * 24 * time.Hour // of a customer who signed in
	CodesPerAddress = 10                  // mails an hour to one address
	CodesPerDay     = 30                  // mails a day to one address
	CodesPerAsker   = 5                   // of those, at the word of one IP address
)

// Session is a customer signed in to a shop's library. The browser holds its
// text, the database a hash.
type Session struct {
	ID        string
	ShopID    string
	Hash      string
	Email     string // folded
	Device    Device
	ExpiresAt time.Time
	CreatedAt time.Time
}

// Device is what a browser is known as to the person who uses it: both are
// names of ours, such as Firefox and Windows, never what the browser sent. ""
// is unknown.
type Device struct{ Browser, System string }
