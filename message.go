package purvey

import "time"

// MessageKind is what a mail is about.
type MessageKind string

// The kinds of mail.
const (
	MailDelivery     MessageKind = "delivery"
	MailKeyFollows   MessageKind = "key_follows"
	MailFilesUpdated MessageKind = "files_updated"
	MailLoginCode    MessageKind = "login_code"
	MailOwnerWarning MessageKind = "owner_warning"
)

// MessageState is where a mail stands.
type MessageState string

// A kept message stays in the mailbox of the server and goes nowhere. A
// queued one waits for its first attempt; a deferred one was refused for now
// and will be tried again; a failed one was refused for good.
const (
	MessageKept     MessageState = "kept"
	MessageQueued   MessageState = "queued"
	MessageSent     MessageState = "sent"
	MessageDeferred MessageState = "deferred"
	MessageFailed   MessageState = "failed"
)

// Message is one e-mail of a shop. Subject, Text and HTML are rendered from
// Data when it is handed over and kept from then on; a kept message is
// rendered when it is read.
type Message struct {
	ID        string
	ShopID    string
	Mode      Mode
	Kind      MessageKind
	State     MessageState
	To        string
	Locale    string
	Data      MessageData
	Subject   string
	Text      string
	HTML      string
	OrderID   string
	Error     string
	Attempts  int
	CreatedAt time.Time
	SentAt    time.Time
}

// MessageData is what a template may speak of, as it was when the message
// became due.
type MessageData struct {
	ShopName  string        `json:",omitempty"`
	LogoURL   string        `json:",omitempty"`
	Accent    string        `json:",omitempty"`
	OrderName string        `json:",omitempty"`
	Name      string        `json:",omitempty"` // the customer's
	PageURL   string        `json:",omitempty"` // the buyer's page
	Lines     []MessageLine `json:",omitempty"`
	Code      string        `json:",omitempty"`
	Minutes   int           `json:",omitempty"`
	Notes     string        `json:",omitempty"`
	Subject   string        `json:",omitempty"` // of a warning
	Body      string        `json:",omitempty"` // of a warning
}

// MessageLine is one product in a mail.
type MessageLine struct {
	Product  string   `json:",omitempty"`
	Quantity int      `json:",omitempty"`
	Keys     []string `json:",omitempty"`
	KeysOwed int      `json:",omitempty"`
	Files    int      `json:",omitempty"`
}
