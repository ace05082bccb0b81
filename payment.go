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

// What a payment is for.
const (
	PaymentFirst   = "first"   // the order itself
	PaymentRenewal = "renewal" // a further period of its subscription
)

// Payment is one try to pay an order at a gateway, a session there; or what
// the gateway took, or tried to, for a further period.
type Payment struct {
	ID          string       `json:",omitzero"`
	OrderID     string       `json:",omitzero"`
	ShopID      string       `json:",omitzero"`
	Mode        Mode         `json:",omitzero"`
	Kind        string       `json:",omitzero"` // PaymentFirst, PaymentRenewal
	Gateway     string       `json:",omitzero"` // "stripe", "mercadopago", "sandbox"
	Reference   string       `json:",omitzero"` // the gateway's id of the session, or of what it took
	URL         string       `json:",omitzero"` // where the customer pays
	State       PaymentState `json:",omitzero"`
	Months      int          `json:",omitzero"` // of a first one: how long a period is, when the gateway goes on by itself; 0 otherwise
	AmountCents int64        `json:",omitzero"`
	DueAt       time.Time    `json:",omitzero"` // of a renewal: when its period begins
	PaidAt      time.Time    `json:",omitzero"` // of a renewal; zero: not yet
	ExpiresAt   time.Time    `json:",omitzero"` // no customer is sent there any more
	CreatedAt   time.Time    `json:",omitzero"`
	UpdatedAt   time.Time    `json:",omitzero"`
}
