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
	ID                string
	UUID              string
	ShopID            string
	Mode              Mode
	Number            int64  // unique in shop and mode
	Name              string // unique in shop and mode; "#" and the number unless given
	ExternalReference string // the caller's own id, unique when not ""
	GID               string // gid://shopify/Order/<n>, or ""
	Source            Source
	Type              string // Publica.la's type, or ""
	Currency          string
	Financial         FinancialStatus
	Risk              Risk
	AccessDisabled    bool // dl_access is disabled
	Imported          bool // history from another system; sends no purchase event
	Customer          Customer
	Lines             []Line
	TotalCents        int64
	LinkEpoch         int       // raised to make older links of the order die
	PaidAt            time.Time // zero: not yet
	CreatedAt         time.Time
	UpdatedAt         time.Time
	Extra             json.RawMessage // fields that only one dialect knows
}

// Line is one product of an order, and the customer's entitlement to it.
type Line struct {
	ID               string
	OrderID          string
	Number           int64 // unique in the order
	ProductID        string
	ProductName      string // as it was at purchase
	Delivering       DeliveringType
	Access           Access
	Quantity         int
	RefundedQuantity int
	PriceCents       int64 // of one unit
	GID              string
	Status           LineStatus
	ExpiresAt        time.Time // access ends; zero: no date of its own
	EndsAt           time.Time // a scheduled ending, at which the line is canceled
	CancelReason     string
	Country          string // ISO alpha-2 at the time of sale, or ""
	VersionID        string // pinned version; "" follows the active one
	CountFrom        time.Time
	DeliveredAt      time.Time
	KeysOwed         int          // units whose key is still to come
	Keys             []LicenseKey // held by the line, oldest first
	Files            []File       // assigned to the line; UNIQUE only
	Extra            json.RawMessage
	CreatedAt        time.Time
	UpdatedAt        time.Time
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
	return (o.Financial == Paid || o.Financial == PartiallyRefunded) && o.Risk != RiskHigh
}

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
