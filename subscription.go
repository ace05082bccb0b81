package purvey

import "time"

// SubscriptionState is what a gateway was last told of a subscription, or has
// told us.
type SubscriptionState string

// The states of a subscription.
const (
	SubscriptionRunning SubscriptionState = "running"
	SubscriptionPaused  SubscriptionState = "paused" // nothing is taken until it runs again
	SubscriptionEnded   SubscriptionState = "ended"  // nothing is taken any more; final
)

// Subscription is a gateway's promise to take an order's price again for each
// further period.
type Subscription struct {
	OrderID   string
	ShopID    string
	Mode      Mode
	Gateway   string
	Reference string // the gateway's id of it; "" the sandbox has none
	State     SubscriptionState
	Period    Period
	FirstEnd  time.Time // of the period that the order itself paid
	PeriodEnd time.Time // of all that was paid
	LookedAt  time.Time // the gateway was asked last
	LookAt    time.Time // it is to be asked again, told of something or not
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Period is a span of calendar months. Each ends on the same day of a month as
// it began, or on the month's last where it is shorter: after 31 January come
// 28 February and 31 March.
type Period struct {
	Months int
	Day    int // of the month on which the first one began
}

// PeriodFrom is the period that begins at an instant, as the zone has it.
func PeriodFrom(begun time.Time, months int, zone *time.Location) Period {
	return Period{months, begun.In(zone).Day()}
}

// End is when the access ends that a payment buys which is due at an instant,
// for one whose access ends at last (zero: none had). It begins with the later
// of the two, so that periods paid early or late follow one another, and after
// a pause it begins anew. It is the midnight after the last day: whoever paid
// in the morning is not shut out before the next payment can be taken.
func (p Period) End(last, due time.Time, zone *time.Location) time.Time {
	from := due
	if before := last.Add(-1); !last.IsZero() && before.After(due) {
		from = before
	}
	year, month, day := from.In(zone).Date()
	if day == min(p.Day, daysOf(year, month)) {
		day = p.Day
	}
	first := time.Date(year, month+time.Month(p.Months), 1, 0, 0, 0, 0, time.UTC)
	return time.Date(first.Year(), first.Month(), min(day, daysOf(first.Year(), first.Month()))+1, 0, 0, 0, 0, zone).UTC()
}

// daysOf is how many days a month has.
func daysOf(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
