package purvey

import "time"

// PaymentState is where a payment at a gateway stands.
type PaymentState string

// The states of a payment.
const (
	PaymentOpen     PaymentState = "open"     // the customer has not finished
	PaymentPending  PaymentState = "pending"  // finished, and the money is on its way
	PaymentPaid     PaymentState = "paid"     // the money is there; final
	PaymentDeclined PaymentState = "declined" // refused, or given up; final
	PaymentStray    PaymentState = "stray"    // paid for an order that had ended: to be refunded by hand
)

// Payment is one try to pay an order at a gateway: a session there.
type Payment struct {
	ID        string
	OrderID   string
	ShopID    string
	Mode      Mode
	Gateway   string // "stripe", "mercadopago"
	Reference string // the gateway's id of the session
	URL       string // where the customer pays
	State     PaymentState
	ExpiresAt time.Time // no customer is sent there any more
	CreatedAt time.Time
	UpdatedAt time.Time
}
