package purvey

import "encoding/json"

// The types of an order in Publica.la's words; "" is an order of the shop's
// own.
const (
	TypePermission = "permission" // gives access, is no sale
	TypeReport     = "report"     // was paid elsewhere: gives access, is a sale
	TypeSale       = "sale"       // is paid at a gateway
)

// PublishedState is the state of an order or a line in Publica.la's words.
type PublishedState string

// The four states.
const (
	PublishedPending   PublishedState = "pending"
	PublishedApproved  PublishedState = "approved"
	PublishedPaused    PublishedState = "paused"
	PublishedCancelled PublishedState = "cancelled"
)

// PublishedStates lists them all.
func PublishedStates() []PublishedState {
	return []PublishedState{PublishedPending, PublishedApproved, PublishedPaused, PublishedCancelled}
}

// PublishedLine is a line's state in Publica.la's words.
func (o *Order) PublishedLine(l Line) PublishedState {
	switch o.ShownStatus(l) {
	case LineUnpaid:
		return PublishedPending
	case LinePaused:
		return PublishedPaused
	case LineCanceled, LineRefunded:
		return PublishedCancelled
	default:
		return PublishedApproved
	}
}

// Published is the order's state in Publica.la's words: that of its lines
// where they agree, else approved if any is, else paused, else pending.
func (o *Order) Published() PublishedState {
	seen := map[PublishedState]bool{}
	for _, l := range o.Lines {
		seen[o.PublishedLine(l)] = true
	}
	for _, s := range []PublishedState{PublishedApproved, PublishedPaused, PublishedPending} {
		if seen[s] {
			return s
		}
	}
	return PublishedCancelled
}

// PublicationNotes is what is kept in the Extra of an order that came by
// Publica.la's wire.
type PublicationNotes struct {
	ReturnURL string `json:"return_url,omitempty"`
	Priced    bool   `json:"priced"` // a price was given; else it is null
	Currency  bool   `json:"currency"`
	Reason    string `json:"reason,omitempty"` // why it was ended
}

// Publication reads the notes; an order of another source has prices and no
// more.
func (o *Order) Publication() PublicationNotes {
	n := PublicationNotes{Priced: true, Currency: true}
	if o.Source == SourcePublicala && json.Unmarshal(o.Extra, &n) != nil {
		return PublicationNotes{}
	}
	return n
}

// PublishedPrice is what is kept in the Extra of a line that came by
// Publica.la's wire: the price as it was given.
type PublishedPrice struct {
	Unpriced bool   `json:"unpriced,omitempty"` // none was given
	Currency string `json:"price_currency,omitempty"`
	// Period tells that the line's date is the end of what was paid for.
	Period bool `json:"period,omitempty"`
}

// PublishedPrice reads what is kept of the line's price.
func (l Line) PublishedPrice() PublishedPrice {
	var p PublishedPrice
	if json.Unmarshal(l.Extra, &p) != nil {
		return PublishedPrice{}
	}
	return p
}

// DialectPublicala is the dialect of endpoints that are told of sales as
// Publica.la's receivers are.
const DialectPublicala = "publicala"

// Passes tells whether an endpoint is told of what an event is about: those of
// Publica.la hear nothing of permissions, which are no sales.
func (e Endpoint) Passes(d EventData) bool {
	return e.Dialect != DialectPublicala || d.Order == nil || d.Order.Type != TypePermission
}
