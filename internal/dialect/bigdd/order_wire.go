package bigdd

import (
	"slices"
	"time"

	"purvey"
)

type orderWire struct {
	ID                string       `json:"id"`
	UUID              string       `json:"uuid"`
	Name              string       `json:"name"`
	GID               *string      `json:"gid"`
	OrderNumber       int64        `json:"order_number"`
	ExternalReference *string      `json:"external_reference"`
	Source            string       `json:"source"`
	Type              *string      `json:"type"`
	Mode              string       `json:"mode"`
	Currency          string       `json:"currency"`
	TotalCents        int64        `json:"total_cents"`
	FinancialStatus   string       `json:"financial_status"`
	FulfillmentStatus *string      `json:"fulfillment_status"`
	RiskLevel         *string      `json:"risk_level"`
	IsHeld            bool         `json:"is_held"`
	DLAccess          string       `json:"dl_access"`
	IsImported        bool         `json:"is_imported"`
	Customer          customerWire `json:"customer"`
	Lines             []lineWire   `json:"lines"`
	CreatedAt         string       `json:"created_at"`
	UpdatedAt         string       `json:"updated_at"`
	DownloadURL       string       `json:"download_url,omitempty"` // only when the order was just made
}

type customerWire struct {
	ID        string  `json:"id"`
	Email     *string `json:"email"`
	Firstname *string `json:"firstname"`
	Lastname  *string `json:"lastname"`
	GID       *string `json:"gid"`
	Locale    *string `json:"locale"`
}

type nameWire struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type lineWire struct {
	ID               string         `json:"id"`
	LineNumber       int64          `json:"line_number"`
	DeliveringType   string         `json:"delivering_type"`
	Quantity         int            `json:"quantity"`
	RefundedQuantity int            `json:"refunded_quantity"`
	GID              *string        `json:"gid"`
	PriceCents       int64          `json:"price_cents"`
	Status           string         `json:"status"`
	ExpiresAt        *string        `json:"expires_at"`
	EndsAt           *string        `json:"ends_at"`
	CancelReason     *string        `json:"cancel_reason"`
	DigitalProduct   nameWire       `json:"digital_product"`
	LicenseKeys      []string       `json:"license_keys"`
	Product          *platformWire  `json:"product,omitempty"`
	Downloads        *[]eventWire   `json:"downloads,omitempty"`
	Counted          *int64         `json:"counted_downloads,omitempty"` // with include=counts
	Files            *[]lineFileRow `json:"files,omitempty"`             // UNIQUE only
	Rights           *rightsWire    `json:"rights,omitempty"`
}

// rightsWire is what a line may do otherwise than its product says; with
// include=rights alone.
type rightsWire struct {
	Copies      *int    `json:"copies"`
	CountedFrom *string `json:"counted_from"`
	OpenUntil   *string `json:"open_until"`
	KeysOwed    int     `json:"keys_owed"`
	Country     *string `json:"country"`
	Failure     *string `json:"failure"`
}

// platformWire is the shop platform's view of a product; with
// include=product alone.
type platformWire struct {
	Title string  `json:"title"`
	Image *string `json:"image"`
}

type lineFileRow struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Size        int64  `json:"size"`
	Type        string `json:"type"`
	IsEncrypted bool   `json:"is_encrypted"`
	Uploaded    bool   `json:"uploaded"`
}

// eventWire is a download event: one copy of one file.
type eventWire struct {
	ID         string       `json:"id"`
	File       fileNameWire `json:"file"`
	Redownload bool         `json:"redownload"`
	Counted    bool         `json:"counted"`
	Billable   bool         `json:"billable"`
	Bytes      int64        `json:"bytes"`
	IP         *string      `json:"ip"`
	UserAgent  *string      `json:"user_agent"`
	CreatedAt  string       `json:"created_at"`
}

type fileNameWire struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Size int64  `json:"size"`
	Type string `json:"type"`
}

// orderIncludes are the parts of an order that a client must ask for.
type orderIncludes struct {
	products  map[string]purvey.Product    // nil: not asked for
	downloads map[string][]purvey.Download // by line; nil: not asked for
	counts    map[string]int64             // by line; nil: not asked for
	rights    bool
}

// wireOrder writes an order as webhooks and most answers show it.
func wireOrder(o purvey.Order) orderWire { return wireOrderWith(o, orderIncludes{}) }

func wireOrderWith(o purvey.Order, x orderIncludes) orderWire {
	w := orderWire{
		ID: o.ID, UUID: o.UUID, Name: o.Name, GID: nullString(o.GID), OrderNumber: o.Number, ExternalReference: nullString(o.ExternalReference),
		Source: string(o.Source), Type: nullString(o.Type), Mode: string(o.Mode), Currency: o.Currency, TotalCents: o.TotalCents,
		FinancialStatus: string(o.Financial), FulfillmentStatus: nullString(o.Fulfillment()), RiskLevel: nullString(string(o.Risk)), IsHeld: o.Held(),
		DLAccess: "enabled", IsImported: o.Imported, Customer: wireCustomer(o.Customer), Lines: make([]lineWire, 0, len(o.Lines)),
		CreatedAt: wireTime(o.CreatedAt), UpdatedAt: wireTime(o.UpdatedAt),
	}
	if o.ShownDisabled() {
		w.DLAccess = "disabled"
	}
	for _, l := range o.Lines {
		w.Lines = append(w.Lines, wireLine(&o, l, x))
	}
	return w
}

func wireCustomer(c purvey.Customer) customerWire {
	return customerWire{
		ID: c.ID, Email: nullString(c.Email), Firstname: nullString(c.Firstname), Lastname: nullString(c.Lastname),
		GID: nullString(c.GID), Locale: nullString(c.Locale),
	}
}

func wireLine(o *purvey.Order, l purvey.Line, x orderIncludes) lineWire {
	w := lineWire{
		ID: l.ID, LineNumber: l.Number, DeliveringType: string(l.Delivering), Quantity: l.Quantity, RefundedQuantity: l.RefundedQuantity,
		GID: nullString(l.GID), PriceCents: l.PriceCents, Status: string(o.ShownStatus(l)), ExpiresAt: nullTime(l.ExpiresAt), EndsAt: nullTime(l.EndsAt),
		CancelReason: nullString(l.CancelReason), DigitalProduct: nameWire{l.ProductID, l.ProductName}, LicenseKeys: []string{},
	}
	for _, k := range l.Keys {
		w.LicenseKeys = append(w.LicenseKeys, k.Key)
	}
	if l.Delivering == purvey.Unique {
		files := []lineFileRow{}
		for _, f := range l.Files {
			files = append(files, lineFileRow{f.ID, f.Name, f.Size, f.Type, f.Encrypted, f.Uploaded})
		}
		w.Files = &files
	}
	if x.products != nil {
		if p, ok := x.products[l.ProductID]; ok {
			w.Product = &platformWire{Title: p.Name, Image: nullString(p.CoverURL)}
		}
	}
	if x.rights {
		w.Rights = &rightsWire{CountedFrom: nullTime(l.CountFrom), OpenUntil: nullTime(l.OpenUntil), KeysOwed: l.KeysOwed, Country: nullString(l.Country)}
		if l.Status == purvey.LineFailed {
			w.Rights.Failure = nullString(l.Notes().Failure)
		}
		if l.GrantedCopies > 0 {
			w.Rights.Copies = &l.GrantedCopies
		}
	}
	if x.counts != nil {
		n := x.counts[l.ID]
		w.Counted = &n
	}
	if x.downloads != nil {
		events := []eventWire{}
		for _, d := range x.downloads[l.ID] {
			events = append(events, wireDownload(d))
		}
		w.Downloads = &events
	}
	return w
}

func wireDownload(d purvey.Download) eventWire {
	return eventWire{
		ID: d.ID, File: fileNameWire{d.FileID, d.FileName, d.Size, d.FileType}, Redownload: d.Redownload, Counted: d.Counted,
		Billable: d.Billable, Bytes: d.Sent, IP: nullString(d.IP), UserAgent: nullString(d.UserAgent), CreatedAt: wireTime(d.CreatedAt),
	}
}

// orderKey is what the cursor of a list of orders holds.
func orderKey(o purvey.Order) (string, time.Time) { return o.ID, o.CreatedAt }

// included tells whether a part was asked for.
func included(parts []string, name string) bool { return slices.Contains(parts, name) }
