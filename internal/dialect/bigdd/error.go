package bigdd

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"purvey"
	"purvey/internal/httpjson"
)

// row is how a kind of error is answered.
type row struct {
	status int
	code   string
}

// byKind has a row for every kind. The vendor's codes are a closed set, so
// kinds that it does not know share one and differ in the status.
var byKind = map[purvey.Kind]row{
	purvey.Invalid:         {http.StatusBadRequest, "validation_error"},
	purvey.Unauthenticated: {http.StatusUnauthorized, "unauthorized"},
	purvey.Denied:          {http.StatusForbidden, "forbidden"},
	purvey.NotFound:        {http.StatusNotFound, "not_found"},
	purvey.Gone:            {http.StatusNotFound, "not_found"},
	purvey.Conflict:        {http.StatusConflict, "conflict"},
	purvey.TooLarge:        {http.StatusRequestEntityTooLarge, "payload_too_large"},
	purvey.Unsupported:     {http.StatusUnsupportedMediaType, "unsupported_media_type"},
	purvey.Limited:         {http.StatusTooManyRequests, "rate_limited"},
	purvey.Unavailable:     {http.StatusServiceUnavailable, "internal_error"},
	purvey.NoSpace:         {http.StatusInsufficientStorage, "internal_error"},
}

// byReason says in plain words what each reason means, for errors without a
// detail of their own.
var byReason = map[purvey.Reason]string{
	purvey.ReasonNone:            "",
	purvey.ReasonShopDisabled:    "the shop is disabled",
	purvey.ReasonRole:            "the token's role may not do this",
	purvey.ReasonIdempotency:     "this Idempotency-Key was used for another request",
	purvey.ReasonDuplicate:       "it exists already",
	purvey.ReasonInUse:           "it is still in use",
	purvey.ReasonKeyAssigned:     "the license key is assigned to an order",
	purvey.ReasonNotAvailable:    "the product is not available",
	purvey.ReasonRegion:          "the product is not sold in this country",
	purvey.ReasonRegionUnknown:   "the buyer's country is unknown",
	purvey.ReasonMinQuantity:     "the quantity is below the product's minimum",
	purvey.ReasonQuoteUnknown:    "there is no such quote",
	purvey.ReasonQuoteExpired:    "the quote has expired",
	purvey.ReasonQuoteUsed:       "the quote was used",
	purvey.ReasonQuoteForeign:    "the quote is of another product or quantity",
	purvey.ReasonParts:           "the parts do not fit the product",
	purvey.ReasonTransition:      "the present state does not allow it",
	purvey.ReasonAccessDisabled:  "access to the order is disabled",
	purvey.ReasonExpired:         "it has expired",
	purvey.ReasonRefunded:        "it was refunded",
	purvey.ReasonCanceled:        "it was canceled",
	purvey.ReasonUnpaid:          "the order is not paid",
	purvey.ReasonHeld:            "the order is held for review",
	purvey.ReasonScheduled:       "the date of delivery has not come",
	purvey.ReasonNoFiles:         "there are no files yet",
	purvey.ReasonUsedUp:          "the download limit is used up",
	purvey.ReasonBandwidth:       "the shop's bandwidth budget is used up",
	purvey.ReasonPaused:          "access is paused",
	purvey.ReasonFailed:          "the order line failed",
	purvey.ReasonKeyFollows:      "the license key follows",
	purvey.ReasonProcessing:      "the order line is being processed",
	purvey.ReasonSignature:       "the signature is wrong",
	purvey.ReasonUploadLocked:    "the upload is being written by another request",
	purvey.ReasonUploadOffset:    "the upload stands at another offset",
	purvey.ReasonUserMismatch:    "the user is another one",
	purvey.ReasonReferenceUsed:   "the reference was used",
	purvey.ReasonStampImpossible: "the file cannot be stamped",
}

// statusOf has the reasons whose status is not that of their kind.
var statusOf = map[purvey.Reason]int{
	purvey.ReasonUploadLocked: http.StatusLocked,
}

// respond answers an error. Of one that is not the domain's the client hears
// nothing and the log everything.
func (a *api) respond(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the client has gone
	}
	var e *purvey.Error
	if !errors.As(err, &e) {
		var kind purvey.Kind
		if !errors.As(err, &kind) {
			a.Log.ErrorContext(r.Context(), "a call failed", "method", r.Method, "route", r.Pattern, "error", err)
			writeError(w, http.StatusInternalServerError, "internal_error", "something went wrong here", nil)
			return
		}
		e = &purvey.Error{Kind: kind}
	}
	to, known := byKind[e.Kind]
	if !known {
		to = row{http.StatusInternalServerError, "internal_error"}
	}
	if s, ok := statusOf[e.Reason]; ok {
		to.status = s
	}
	if to.status >= 500 {
		a.Log.ErrorContext(r.Context(), "a call failed", "method", r.Method, "route", r.Pattern, "error", err)
	}
	h := w.Header()
	if to.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	message := e.Detail
	if message == "" {
		message = byReason[e.Reason]
	}
	if message == "" {
		message = string(e.Kind)
	}
	writeError(w, to.status, to.code, message, detailsOf(to.status, e.Fields))
}

// detail names one refused part of a request.
type detail struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// detailsOf gives the details that an answer carries: always with 400, and
// with 409 when there is something to name.
func detailsOf(status int, fields []purvey.Field) []detail {
	if status != http.StatusBadRequest && (status != http.StatusConflict || len(fields) == 0) {
		return nil
	}
	out := make([]detail, 0, len(fields))
	for _, f := range fields {
		out = append(out, detail{f.Name, f.Message})
	}
	return out
}

// writeError answers in the shape of every error.
func writeError(w http.ResponseWriter, status int, code, message string, details []detail) {
	inner := map[string]any{"code": code, "message": message}
	if details != nil {
		inner["details"] = details
	}
	httpjson.Write(w, status, map[string]any{"error": inner})
}
