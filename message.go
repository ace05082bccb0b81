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

	MailDownloadRequest   MessageKind = "download_request"  // to the shop: a customer needs more downloads
	MailDownloadsGranted  MessageKind = "downloads_granted" // its answers to the customer
	MailDownloadsDeclined MessageKind = "downloads_declined"
	MailTest              MessageKind = "test" // of the way to the mail server

	MailPasswordReset MessageKind = "password_reset" // to a member of the back office
	MailInvitation    MessageKind = "invitation"     // to somebody who is to be one
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

	FromName   string    `json:",omitempty"` // of the sender; "" the shop's name
	ReplyTo    string    `json:",omitempty"`
	Support    string    `json:",omitempty"` // address that customers may write to
	SupportURL string    `json:",omitempty"`
	Customer   string    `json:",omitempty"` // address of the customer that a mail to the shop is about
	Copies     int       `json:",omitempty"` // of each file, that were granted; 0 no number
	Until      time.Time `json:",omitzero"`  // to which access is open
	Zone       string    `json:",omitempty"` // IANA name of the zone of Until
}

// MailData begins the data of a message of the shop with what it says of
// itself.
func (s Settings) MailData() MessageData {
	return MessageData{
		ShopName: s.Shop.Name, LogoURL: s.Shop.LogoURL, Accent: s.Shop.Accent, FromName: s.Mail.FromName, ReplyTo: s.Mail.ReplyTo,
		Support: s.Support(), SupportURL: s.Shop.SupportURL, Zone: s.Shop.Timezone,
	}
}

// MailTemplate is a shop's own wording of one kind of mail in one language,
// from a moment on; what was sent before keeps the older one.
type MailTemplate struct {
	ID        string
	ShopID    string
	Kind      MessageKind
	Locale    string // en, es, pt, de or fr
	Removed   bool   // from here on the built-in wording holds again
	Subject   string
	Intro     string
	Outro     string
	CreatedAt time.Time
}

// MessageLine is one product in a mail.
type MessageLine struct {
	Product  string   `json:",omitempty"`
	Quantity int      `json:",omitempty"`
	Keys     []string `json:",omitempty"`
	KeysOwed int      `json:",omitempty"`
	Files    int      `json:",omitempty"`
}
