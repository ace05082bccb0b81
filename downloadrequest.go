package purvey

import "time"

// RequestState is where a customer's request for more downloads stands.
type RequestState string

// An open request waits for the shop; the others were decided, once and for
// all.
const (
	RequestOpen     RequestState = "open"
	RequestApproved RequestState = "approved"
	RequestDeclined RequestState = "declined"
)

// Bounds of requests for more downloads.
const (
	MaxRequestMessage = 500 // characters, of the customer and of the shop's answer
	RequestsPerDay    = 5   // of one order
)

// DownloadRequest is a customer's wish to download a line's files again after
// its copies or its time ran out. A line has one open request at most.
type DownloadRequest struct {
	ID        string
	ShopID    string
	Mode      Mode
	OrderID   string
	LineID    string
	State     RequestState
	Message   string    // the customer's words, or ""
	Reply     string    // the shop's words when it declined, or ""
	Copies    int       // of each file, that were granted; 0 the product's limit
	Until     time.Time // to which access was opened; zero: as before
	CreatedAt time.Time
	DecidedAt time.Time // zero while open

	// What the request is about, as it is now.
	OrderName   string
	Email       string
	ProductID   string
	ProductName string
}
