package purvey

import "time"

// EventType names what happened.
type EventType string

// The events that webhooks may be told.
const (
	EventOrderPurchased   EventType = "digital_order.purchased"
	EventOrderDelivered   EventType = "digital_order.delivered"
	EventFileDownloaded   EventType = "file.downloaded"
	EventFileRedownloaded EventType = "file.redownloaded"
	EventOrderRefunded    EventType = "order.refunded"
	EventOrderRenewed     EventType = "order.renewed"
	EventAccessChanged    EventType = "order.access_changed"
	EventKeyAssigned      EventType = "license_key.assigned"
	EventStockLow         EventType = "license_key.stock_low"
	EventVersionActivated EventType = "product.version_activated"
	EventLinkExhausted    EventType = "download_link.exhausted"
	EventTest             EventType = "webhook.test"
)

// SubscribableEvents lists the types an endpoint may ask for.
func SubscribableEvents() []EventType {
	return []EventType{
		EventOrderPurchased, EventOrderDelivered, EventFileDownloaded, EventFileRedownloaded, EventOrderRefunded, EventOrderRenewed,
		EventAccessChanged, EventKeyAssigned, EventStockLow, EventVersionActivated, EventLinkExhausted,
	}
}

// Event is something that happened, written in the transaction that made it
// true, with a snapshot of what it is about. Its id is the same on every
// attempt to tell it.
type Event struct {
	ID        string // 24 hex digits; dialects may put "evt_" before it
	ShopID    string
	Mode      Mode
	Type      EventType
	OrderID   string
	Data      EventData
	CreatedAt time.Time
}

// EventData is the snapshot: the parts that the event's type speaks of.
type EventData struct {
	Order    *Order      `json:",omitempty"`
	Line     *Line       `json:",omitempty"`
	File     *File       `json:",omitempty"`
	Download *Download   `json:",omitempty"`
	Key      *LicenseKey `json:",omitempty"`
	Product  *Product    `json:",omitempty"`
	Version  *Version    `json:",omitempty"`
	Link     *Link       `json:",omitempty"`
	Payment  *Payment    `json:",omitempty"`
	Tag      string      `json:",omitempty"`
	Free     int         `json:",omitempty"`
	Message  string      `json:",omitempty"`
}
