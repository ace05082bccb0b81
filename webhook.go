package purvey

import "time"

// Endpoint is a receiver of a merchant's: an address, the events it wants and
// a secret that signs what it is sent.
type Endpoint struct {
	ID             string
	ShopID         string
	Mode           Mode
	Name           string
	URL            string
	Events         []EventType
	Dialect        string // who renders and seals: "bigdd" or "publicala"
	Secret         string // whsec_…; stored sealed, shown once
	Enabled        bool
	DisabledReason string
	FailingSince   time.Time // zero: the last attempt succeeded
	WarnedAt       time.Time
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Wants tells whether the endpoint asked for a type of event.
func (e Endpoint) Wants(t EventType) bool {
	for _, x := range e.Events {
		if x == t {
			return true
		}
	}
	return false
}

// States of a webhook delivery.
const (
	DeliveryPending   = "pending"
	DeliveryDelivered = "delivered"
	DeliveryFailed    = "failed"
)

// WebhookDelivery is one event on its way to one endpoint.
type WebhookDelivery struct {
	ID            string
	ShopID        string
	Mode          Mode
	EndpointID    string
	EventID       string
	EventType     EventType
	State         string
	AttemptCount  int
	Attempts      []Attempt
	NextAttemptAt time.Time // zero unless pending
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Attempt is one request to an endpoint and what came of it.
type Attempt struct {
	At       time.Time
	Status   int // HTTP status; 0 when no answer came
	Duration time.Duration
	Error    string // plain words, never an inner address's answer
	Response string // the first 2,048 bytes of the answer's body
	URL      string `json:",omitempty"` // as it was; "" in attempts from before it was kept
	Secret   string `json:",omitempty"` // tells secrets apart and nothing of them
}

// SentRequest is what an attempt sent.
type SentRequest struct {
	URL    string
	Header map[string][]string
	Body   []byte
}

// Bounds of webhook delivery.
const (
	WebhookTimeout     = 10 * time.Second
	WebhookResponseMax = 2048
	WebhookWarnAfter   = 3 * 24 * time.Hour
	WebhookOffAfter    = 5 * 24 * time.Hour
	WebhookHistory     = 30 * 24 * time.Hour
)

// webhookDelays are the waits after the first, second, … failed attempt:
// 12 attempts over 87.6 hours before jitter.
var webhookDelays = [...]time.Duration{
	time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 8 * time.Hour,
	12 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// WebhookDelay is the wait after the n-th failed attempt (1 is the first),
// lengthened by up to a tenth as the roll in [0,1) says. more is false when
// the schedule is over.
func WebhookDelay(n int, roll float64) (wait time.Duration, more bool) {
	if n < 1 || n > len(webhookDelays) {
		return 0, false
	}
	d := webhookDelays[n-1]
	return d + time.Duration(float64(d)*0.1*roll), true
}
