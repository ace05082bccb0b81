package purvey

import "time"

// SourceSigned is the store of whoever signs the native order call: its
// events and mappings have this source, its orders that of native ones.
const SourceSigned Source = "signed"

// Stores lists the stores whose events are taken in.
func Stores() []Source {
	return []Source{SourceShopify, SourceWooCommerce, SourceStripe, SourceFastSpring, SourceVibraCart, SourceSigned}
}

// Mapping says which product a store's own key stands for: a SKU, a product
// or variant id, a price id. It belongs to the shop, not to a mode.
type Mapping struct {
	ID          string
	ShopID      string
	Source      Source
	ExternalKey string // unique in shop and source
	ProductID   string
	CreatedAt   time.Time
}

// MaxExternalKey is the longest key of a mapping, in bytes.
const MaxExternalKey = 255

// StoreEventState is where an event of a store stands.
type StoreEventState string

// A received event waits for its job. An unmapped one, or a part of it, names
// goods that no mapping knows; a failed one could not be understood or
// obeyed. Both may be replayed.
const (
	StoreEventReceived StoreEventState = "received"
	StoreEventDone     StoreEventState = "done"
	StoreEventUnmapped StoreEventState = "unmapped"
	StoreEventFailed   StoreEventState = "failed"
)

// StoreEvent is one webhook of a store, kept as it came once its signature
// was found right. However often it comes, it is kept once.
type StoreEvent struct {
	ID          string
	ShopID      string
	Mode        Mode
	Source      Source
	Topic       string // what the store calls it; for people, nothing hangs on it
	Digest      string // SHA-256 of the body, or of the id that the store gave the event; hex
	Body        []byte
	State       StoreEventState
	Error       string         // why it failed, in plain words
	Unmapped    []UnmappedLine // of the purchase, as it is now
	SaleID      string         // the purchase it speaks of; "" none is known
	OrderID     string         // the order made of it; "" none
	CreatedAt   time.Time
	ProcessedAt time.Time // zero: not yet
}

// UnmappedLine is a line of a store's purchase that no product is known for.
type UnmappedLine struct {
	Keys     []string `json:"external_keys"` // any of them may be mapped; the first is the most exact
	Name     string   `json:"name"`
	Quantity int      `json:"quantity"`
}
