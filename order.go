package purvey

import (
	"encoding/json"
	"time"
)

// FinancialStatus is what the shop platform says of an order's payment.
type FinancialStatus string

// The financial statuses, in the vendor's words.
const (
	Authorized        FinancialStatus = "AUTHORIZED"
	FinancialExpired  FinancialStatus = "EXPIRED"
	Paid              FinancialStatus = "PAID"
	PartiallyPaid     FinancialStatus = "PARTIALLY_PAID"
	PartiallyRefunded FinancialStatus = "PARTIALLY_REFUNDED"
	Pending           FinancialStatus = "PENDING"
	Refunded          FinancialStatus = "REFUNDED"
	Voided            FinancialStatus = "VOIDED"
)

// FinancialStatuses lists them all.
func FinancialStatuses() []FinancialStatus {
	return []FinancialStatus{Authorized, FinancialExpired, Paid, PartiallyPaid, PartiallyRefunded, Pending, Refunded, Voided}
}

// WasPaid tells whether the money had fully arrived at some time.
func (s FinancialStatus) WasPaid() bool {
	return s == Paid || s == PartiallyRefunded || s == Refunded
}

// Risk is the platform's estimate of fraud; "" is none given.
type Risk string

// The levels of risk.
const (
	RiskLow    Risk = "LOW"
	RiskMedium Risk = "MEDIUM"
	RiskHigh   Risk = "HIGH"
)

// Source is where an order was made.
type Source string

// The sources.
const (
	SourceNative      Source = "native"
	SourceHLConnect   Source = "hlconnect"
	SourceContinuata  Source = "continuata"
	SourcePublicala   Source = "publicala"
	SourceShopify     Source = "shopify"
	SourceWooCommerce Source = "woocommerce"
	SourceStripe      Source = "stripe"
	SourceFastSpring  Source = "fastspring"
	SourceVibraCart   Source = "vibracartpro"
	SourceImport      Source = "import"
)

// LineStatus is the one state of an entitlement that all dialects translate.
type LineStatus string

// The states of a line.
const (
	LineUnpaid     LineStatus = "unpaid"     // no money yet
	LineProcessing LineStatus = "processing" // paid; goods are being made ready or held
	LineActive     LineStatus = "active"     // the only state that gives access
	LinePaused     LineStatus = "paused"     // suspended, may come back
	LineFailed     LineStatus = "failed"     // goods could not be made ready
	LineCanceled   LineStatus = "canceled"   // final
	LineRefunded   LineStatus = "refunded"   // all units given back; final
)

// Order is one purchase. All its lines share one customer and one payment.
type Order struct {
	ID                string          `json:",omitzero"`
	UUID              string          `json:",omitzero"`
	ShopID            string          `json:",omitzero"`
	Mode              Mode            `json:",omitzero"`
	Number            int64           `json:",omitzero"` // unique in shop and mode
	Name              string          `json:",omitzero"` // unique in shop and mode; "#" and the number unless given
	ExternalReference string          `json:",omitzero"` // the caller's own id, unique when not ""
	GID               string          `json:",omitzero"` // gid://shopify/Order/<n>, or ""
	Source            Source          `json:",omitzero"`
	Type              string          `json:",omitzero"` // Publica.la's type, or ""
	Currency          string          `json:",omitzero"`
	Financial         FinancialStatus `json:",omitzero"`
	Risk              Risk            `json:",omitzero"`
	RiskAccepted      bool            `json:",omitzero"` // the shop lets its goods go although the risk is high
	AccessDisabled    bool            `json:",omitzero"` // dl_access is disabled
	Imported          bool            `json:",omitzero"` // history from another system; sends no purchase event
	Customer          Customer        `json:",omitzero"`
	Lines             []Line          `json:",omitzero"`
	TotalCents        int64           `json:",omitzero"`
	LinkEpoch         int             `json:",omitzero"` // raised to make older links of the order die
	PaidAt            time.Time       `json:",omitzero"` // zero: not yet
	CreatedAt         time.Time       `json:",omitzero"`
	UpdatedAt         time.Time       `json:",omitzero"`
	Extra             json.RawMessage `json:",omitzero"` // fields that only one dialect knows
}

// Line is one product of an order, and the customer's entitlement to it.
type Line struct {
	ID               string          `json:",omitzero"`
	OrderID          string          `json:",omitzero"`
	Number           int64           `json:",omitzero"` // unique in the order
	ProductID        string          `json:",omitzero"`
	ProductName      string          `json:",omitzero"` // as it was at purchase
	Delivering       DeliveringType  `json:",omitzero"`
	Access           Access          `json:",omitzero"`
	Quantity         int             `json:",omitzero"`
	RefundedQuantity int             `json:",omitzero"`
	PriceCents       int64           `json:",omitzero"` // of one unit
	GID              string          `json:",omitzero"`
	Status           LineStatus      `json:",omitzero"`
	ExpiresAt        time.Time       `json:",omitzero"` // access ends; zero: no date of its own
	EndsAt           time.Time       `json:",omitzero"` // a scheduled ending, at which the line is canceled
	CancelReason     string          `json:",omitzero"`
	Country          string          `json:",omitzero"` // ISO alpha-2 at the time of sale, or ""
	VersionID        string          `json:",omitzero"` // pinned version; "" follows the active one
	CountFrom        time.Time       `json:",omitzero"`
	GrantedCopies    int             `json:",omitzero"` // of each file, in place of the product's limit; 0 that limit
	OpenUntil        time.Time       `json:",omitzero"` // to which the shop put off the end of access; zero: it did not
	DeliveredAt      time.Time       `json:",omitzero"`
	KeysOwed         int             `json:",omitzero"` // units whose key is still to come
	Keys             []LicenseKey    `json:",omitzero"` // held by the line, oldest first
	Files            []File          `json:",omitzero"` // assigned to the line; UNIQUE only
	Extra            json.RawMessage `json:",omitzero"`
	CreatedAt        time.Time       `json:",omitzero"`
	UpdatedAt        time.Time       `json:",omitzero"`
}

// Units is how many units the customer still has a right to.
func (l Line) Units() int { return l.Quantity - l.RefundedQuantity }

// CanMove tells whether a line may go from one state to another. A canceled
// or refunded line never changes again; a failed one only by an operator's
// retry or an ending.
func (from LineStatus) CanMove(to LineStatus) bool {
	for _, s := range lineMoves[from] {
		if s == to {
			return true
		}
	}
	return false
}

var lineMoves = map[LineStatus][]LineStatus{
	LineUnpaid:     {LineProcessing, LineCanceled, LineRefunded},
	LineProcessing: {LineActive, LineFailed, LinePaused, LineCanceled, LineRefunded, LineUnpaid},
	LineActive:     {LinePaused, LineCanceled, LineRefunded, LineProcessing},
	LinePaused:     {LineActive, LineProcessing, LineCanceled, LineRefunded},
	LineFailed:     {LineProcessing, LineCanceled, LineRefunded},
}

// Line gives the order's line with the id.
func (o *Order) Line(id string) (*Line, bool) {
	for i := range o.Lines {
		if o.Lines[i].ID == id {
			return &o.Lines[i], true
		}
	}
	return nil, false
}

// Releasable tells whether goods may leave by themselves: the order is paid
// and not held for risk.
func (o *Order) Releasable() bool {
	return (o.Financial == Paid || o.Financial == PartiallyRefunded) && !o.Held()
}

// Held tells whether the order's goods wait for a person because of its risk.
func (o *Order) Held() bool { return o.Risk == RiskHigh && !o.RiskAccepted }

// ShownStatus is the line's state as other dialects show it: while the
// order's access is disabled, its active lines read paused.
func (o *Order) ShownStatus(l Line) LineStatus {
	if o.AccessDisabled && l.Status == LineActive {
		return LinePaused
	}
	return l.Status
}

// ShownDisabled is dl_access as a client reads it: disabled by hand, or when
// every line is paused, canceled or refunded away from the customer.
func (o *Order) ShownDisabled() bool {
	if o.AccessDisabled {
		return true
	}
	for _, l := range o.Lines {
		if l.Status != LinePaused && l.Status != LineCanceled {
			return false
		}
	}
	return len(o.Lines) > 0
}

// Fulfillment summarises delivery in the platform's words; "" when nothing
// was to be delivered yet.
func (o *Order) Fulfillment() string {
	delivered := 0
	for _, l := range o.Lines {
		if !l.DeliveredAt.IsZero() {
			delivered++
		}
	}
	switch {
	case delivered == 0:
		return "UNFULFILLED"
	case delivered < len(o.Lines):
		return "PARTIALLY_FULFILLED"
	default:
		return "FULFILLED"
	}
}
