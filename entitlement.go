package purvey

import "time"

// Right is all that decides whether a customer may have a line's goods now:
// the state of order and line, the product's present limits, and what is
// there to give. Its methods are pure.
type Right struct {
	Order   Order // without lines
	Line    Line
	Product Product
	Version Version // the version the line follows; its files are the goods
}

// Goods are the files of the right: those assigned to the line for UNIQUE,
// those of the version otherwise, none when the product gives keys only.
func (r Right) Goods() []File {
	switch {
	case !r.Line.Access.HasFiles():
		return nil
	case r.Line.Delivering == Unique:
		return r.Line.Files
	default:
		return r.Version.Files
	}
}

// Expiry is when access ends by itself: the earlier of the line's own date and
// the product's days after purchase, put off to what the shop granted the line
// since, and its scheduled ending at the latest. Zero: never.
func (r Right) Expiry() time.Time {
	end := r.Line.ExpiresAt
	if d := r.Product.DownloadIn; d != nil && *d > 0 {
		end = earliest(end, r.Order.CreatedAt.AddDate(0, 0, *d))
	}
	if !end.IsZero() && end.Before(r.Line.OpenUntil) {
		end = r.Line.OpenUntil
	}
	return earliest(end, r.Line.EndsAt)
}

// Allowance is how many copies of each file may be fetched: the product's
// limit, or what the shop granted the line instead; 0 is no limit.
func (r Right) Allowance() int {
	m := r.Product.MaxDownloads
	switch {
	case m == nil || *m == 0:
		return 0
	case r.Line.GrantedCopies > 0:
		return r.Line.GrantedCopies
	}
	return *m
}

// Refusal says why access is refused, and whether the customer's page itself
// is closed (403) or opens and explains (200).
type Refusal struct {
	Reason Reason
	Closed bool
}

// Check gives nil when the customer may have the goods at the time, counting
// aside. Refusals come in the order of how final they are.
func (r Right) Check(now time.Time) *Refusal {
	if f := r.blocked(now); f != nil {
		return f
	}
	if r.Line.Access.HasFiles() && len(r.Goods()) == 0 && len(r.Product.Links) == 0 {
		return &Refusal{Reason: ReasonNoFiles}
	}
	return nil
}

// KeysVisible tells whether the customer may see the line's licence keys.
func (r Right) KeysVisible(now time.Time) bool { return r.blocked(now) == nil }

func (r Right) blocked(now time.Time) *Refusal {
	switch r.Line.Status {
	case LineRefunded:
		return &Refusal{ReasonRefunded, true}
	case LineCanceled:
		return &Refusal{ReasonCanceled, true}
	}
	if r.Order.AccessDisabled || !r.Order.Customer.DeactivatedAt.IsZero() {
		return &Refusal{ReasonAccessDisabled, true}
	}
	if r.Line.Status == LinePaused {
		return &Refusal{ReasonPaused, true}
	}
	if end := r.Expiry(); !end.IsZero() && !now.Before(end) {
		return &Refusal{ReasonExpired, true}
	}
	switch r.Line.Status {
	case LineUnpaid:
		return &Refusal{Reason: ReasonUnpaid}
	case LineFailed:
		return &Refusal{Reason: ReasonFailed}
	case LineProcessing:
		return &Refusal{Reason: r.waiting(now)}
	}
	return nil
}

// waiting names what a processing line waits for.
func (r Right) waiting(now time.Time) Reason {
	switch {
	case r.Order.Held():
		return ReasonHeld
	case r.Line.Delivering == Scheduled && now.Before(r.Product.ScheduledAt):
		return ReasonScheduled
	case r.Line.Delivering == Unique && len(r.Line.Files) == 0:
		return ReasonNoFiles
	case r.Line.Access == AccessKey && r.Line.KeysOwed > 0:
		return ReasonKeyFollows
	default:
		return ReasonProcessing
	}
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
