package purvey

import (
	"errors"
	"fmt"
	"strings"
)

// Kind is the coarse cause of an error. It is itself an error, so that
// errors.Is(err, purvey.NotFound) works on every error of the system.
type Kind string

// The kinds. Each dialect maps them to its own status codes.
const (
	Invalid         Kind = "invalid"         // the request has a missing or malformed part
	Unauthenticated Kind = "unauthenticated" // no credential, or one that opens nothing
	Denied          Kind = "denied"          // a known caller that may not do this
	NotFound        Kind = "not found"       // no such object in this shop and mode
	Conflict        Kind = "conflict"        // the state of an object forbids it
	Gone            Kind = "gone"            // it was there and has ended
	TooLarge        Kind = "too large"       // more bytes than allowed
	Unsupported     Kind = "unsupported"     // a media type or method that is not taken
	Limited         Kind = "limited"         // too many requests; RetryAfter says when
	Unavailable     Kind = "unavailable"     // a part of the system does not answer
	NoSpace         Kind = "no space"        // the storage is full
)

func (k Kind) Error() string { return string(k) }

// Reason is the fine cause of an error, for dialects with own codes for it.
type Reason string

// The reasons. ReasonNone is the zero value: the kind says all.
const (
	ReasonNone            Reason = ""
	ReasonShopDisabled    Reason = "shop_disabled"
	ReasonRole            Reason = "role"
	ReasonIdempotency     Reason = "idempotency_key_reused"
	ReasonDuplicate       Reason = "duplicate"
	ReasonInUse           Reason = "in_use"
	ReasonKeyAssigned     Reason = "key_assigned"
	ReasonNotAvailable    Reason = "not_available"
	ReasonRegion          Reason = "region_not_allowed"
	ReasonRegionUnknown   Reason = "region_unknown"
	ReasonMinQuantity     Reason = "below_min_quantity"
	ReasonQuoteUnknown    Reason = "quote_unknown"
	ReasonQuoteExpired    Reason = "quote_expired"
	ReasonQuoteUsed       Reason = "quote_used"
	ReasonQuoteForeign    Reason = "quote_foreign"
	ReasonParts           Reason = "parts"
	ReasonTransition      Reason = "illegal_transition"
	ReasonAccessDisabled  Reason = "access_disabled"
	ReasonExpired         Reason = "expired"
	ReasonRefunded        Reason = "refunded"
	ReasonCanceled        Reason = "canceled"
	ReasonUnpaid          Reason = "unpaid"
	ReasonHeld            Reason = "held"
	ReasonScheduled       Reason = "scheduled"
	ReasonNoFiles         Reason = "no_files"
	ReasonUsedUp          Reason = "used_up"
	ReasonBandwidth       Reason = "bandwidth_spent"
	ReasonPaused          Reason = "paused"
	ReasonFailed          Reason = "failed"
	ReasonProcessing      Reason = "processing"
	ReasonKeyFollows      Reason = "key_follows"
	ReasonSignature       Reason = "signature"
	ReasonUploadLocked    Reason = "upload_locked"
	ReasonUploadOffset    Reason = "upload_offset"
	ReasonUserMismatch    Reason = "user_mismatch"
	ReasonReferenceUsed   Reason = "reference_used"
	ReasonStampImpossible Reason = "stamp_impossible"
)

// Field names one part of a request that was refused, and why.
type Field struct {
	Name    string
	Message string
}

// Error is the one error type of the domain. Detail and Fields are written
// for the caller and never hold a secret, a path or an inner error's text.
type Error struct {
	Kind       Kind
	Reason     Reason
	Detail     string
	Fields     []Field
	RetryAfter int   // seconds; only with Limited and Unavailable
	Cause      error // for the log; never shown to a client
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Kind))
	if e.Detail != "" {
		b.WriteString(": ")
		b.WriteString(e.Detail)
	}
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "; %s: %s", f.Name, f.Message)
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, " (%v)", e.Cause)
	}
	return b.String()
}

// Is makes errors.Is(err, purvey.NotFound) true for an *Error of that kind.
func (e *Error) Is(target error) bool {
	k, ok := target.(Kind)
	return ok && k == e.Kind
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Errorf makes an Error of kind k whose detail may be shown to a client.
func Errorf(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Detail: fmt.Sprintf(format, args...)}
}

// Because is Errorf with a reason.
func Because(k Kind, r Reason, format string, args ...any) *Error {
	return &Error{Kind: k, Reason: r, Detail: fmt.Sprintf(format, args...)}
}

// BadField makes an Invalid error about one named part of the request.
func BadField(name, format string, args ...any) *Error {
	m := fmt.Sprintf(format, args...)
	return &Error{Kind: Invalid, Detail: name + " " + m, Fields: []Field{{Name: name, Message: m}}}
}

// Missing makes the NotFound error for a noun.
func Missing(noun string) *Error { return Errorf(NotFound, "no such %s", noun) }

// ReasonOf gives the reason of err, or ReasonNone.
func ReasonOf(err error) Reason {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ReasonNone
}

// Checker collects the refused fields of one request, so that a client hears
// of all of them at once. The zero value is ready.
type Checker struct{ fields []Field }

// Require records a refusal of the field unless ok.
func (c *Checker) Require(ok bool, name, format string, args ...any) {
	if !ok {
		c.fields = append(c.fields, Field{Name: name, Message: fmt.Sprintf(format, args...)})
	}
}

// Err gives nil, or one Invalid error with every refused field.
func (c *Checker) Err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Detail: c.fields[0].Name + " " + c.fields[0].Message, Fields: c.fields}
}
