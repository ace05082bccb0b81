package hlconnect

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"purvey"
	"purvey/internal/httpjson"
)

// The application codes of refusals. The vendor says that there are such codes
// and publishes none; these are ours, and stay as they are.
const (
	codeNotOnSale     = 1001
	codeRegion        = 1002
	codeMinQuantity   = 1003
	codeRegionUnknown = 1004
	codeTokenUnknown  = 1101
	codeTokenExpired  = 1102
	codeTokenUsed     = 1103
	codeTokenForeign  = 1104
	codeForm          = 1105
	codeParts         = 1106
	codeDuplicate     = 1201
)

// row is how an error is answered.
type row struct {
	status int
	code   int
}

// byKind has a row for every kind.
var byKind = map[purvey.Kind]row{
	purvey.Invalid:         {http.StatusUnprocessableEntity, codeForm},
	purvey.Unauthenticated: {http.StatusUnauthorized, 0},
	purvey.Denied:          {http.StatusForbidden, 0},
	purvey.NotFound:        {http.StatusNotFound, 0},
	purvey.Gone:            {http.StatusNotFound, 0},
	purvey.Conflict:        {http.StatusConflict, 0},
	purvey.TooLarge:        {http.StatusRequestEntityTooLarge, codeForm},
	purvey.Unsupported:     {http.StatusUnprocessableEntity, codeForm},
	purvey.Limited:         {http.StatusTooManyRequests, 0},
	purvey.Unavailable:     {http.StatusServiceUnavailable, 0},
	purvey.NoSpace:         {http.StatusInsufficientStorage, 0},
}

// byReason has a row for every reason; the zero row leaves the answer to the
// kind.
var byReason = map[purvey.Reason]row{
	purvey.ReasonNone:            {},
	purvey.ReasonNotAvailable:    {http.StatusBadRequest, codeNotOnSale},
	purvey.ReasonRegion:          {http.StatusBadRequest, codeRegion},
	purvey.ReasonMinQuantity:     {http.StatusBadRequest, codeMinQuantity},
	purvey.ReasonRegionUnknown:   {http.StatusBadRequest, codeRegionUnknown},
	purvey.ReasonQuoteUnknown:    {http.StatusUnprocessableEntity, codeTokenUnknown},
	purvey.ReasonQuoteExpired:    {http.StatusUnprocessableEntity, codeTokenExpired},
	purvey.ReasonQuoteUsed:       {http.StatusUnprocessableEntity, codeTokenUsed},
	purvey.ReasonQuoteForeign:    {http.StatusUnprocessableEntity, codeTokenForeign},
	purvey.ReasonParts:           {http.StatusUnprocessableEntity, codeParts},
	purvey.ReasonDuplicate:       {http.StatusConflict, codeDuplicate},
	purvey.ReasonReferenceUsed:   {http.StatusConflict, codeDuplicate},
	purvey.ReasonShopDisabled:    {},
	purvey.ReasonRole:            {},
	purvey.ReasonIdempotency:     {},
	purvey.ReasonInUse:           {},
	purvey.ReasonKeyAssigned:     {},
	purvey.ReasonTransition:      {},
	purvey.ReasonAccessDisabled:  {},
	purvey.ReasonExpired:         {},
	purvey.ReasonRefunded:        {},
	purvey.ReasonCanceled:        {},
	purvey.ReasonUnpaid:          {},
	purvey.ReasonHeld:            {},
	purvey.ReasonScheduled:       {},
	purvey.ReasonNoFiles:         {},
	purvey.ReasonUsedUp:          {},
	purvey.ReasonBandwidth:       {},
	purvey.ReasonPaused:          {},
	purvey.ReasonFailed:          {},
	purvey.ReasonProcessing:      {},
	purvey.ReasonKeyFollows:      {},
	purvey.ReasonSignature:       {},
	purvey.ReasonUploadLocked:    {},
	purvey.ReasonUploadOffset:    {},
	purvey.ReasonUserMismatch:    {},
	purvey.ReasonStampImpossible: {},
}

// answerOf gives status and code of an error of the domain.
func answerOf(e *purvey.Error) row {
	if to := byReason[e.Reason]; to.status != 0 {
		return to
	}
	if to, ok := byKind[e.Kind]; ok {
		return to
	}
	return row{http.StatusInternalServerError, 0}
}

// errQuery marks a refusal of the query: those are 400 where the same mistake
// in a body is 422.
type errQuery struct{ error }

func (e errQuery) Unwrap() error { return e.error }

// errRegister marks a refusal of a registration, a call that knows no 400.
type errRegister struct{ error }

func (e errRegister) Unwrap() error { return e.error }

// respond answers an error. Of one that is not the domain's the client hears
// nothing and the log everything.
func (a *api) respond(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the client has gone
	}
	var e *purvey.Error
	var kind purvey.Kind
	if !errors.As(err, &e) && errors.As(err, &kind) {
		e = &purvey.Error{Kind: kind}
	}
	if e == nil {
		a.Log.ErrorContext(r.Context(), "a call failed", "method", r.Method, "route", r.Pattern, "error", err)
		writeError(w, http.StatusInternalServerError, 0, "Something went wrong here.")
		return
	}
	to := answerOf(e)
	var query errQuery
	var register errRegister
	switch {
	case errors.As(err, &query) && to.status == http.StatusUnprocessableEntity:
		to.status = http.StatusBadRequest
	case errors.As(err, &register) && to.status == http.StatusBadRequest:
		to.status = http.StatusUnprocessableEntity
	}
	if to.status >= http.StatusInternalServerError {
		a.Log.ErrorContext(r.Context(), "a call failed", "method", r.Method, "route", r.Pattern, "error", err)
	}
	if to.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	message := e.Detail
	if message == "" {
		message = string(e.Kind)
	}
	writeError(w, to.status, to.code, sentence(message))
}

// refusal is the body of every error.
type refusal struct {
	Name    string `json:"name"`
	Message string `json:"message"`
	Code    int    `json:"code"`
	Status  int    `json:"status"`
}

func writeError(w http.ResponseWriter, status, code int, message string) {
	httpjson.Write(w, status, refusal{nameOf(status), message, code, status})
}

// nameOf is the name of a status, as the vendor's framework spells it.
func nameOf(status int) string {
	switch status {
	case http.StatusUnprocessableEntity:
		return "Unprocessable entity"
	case http.StatusInsufficientStorage:
		return "Insufficient storage"
	default:
		return http.StatusText(status)
	}
}

// sentence begins a message with a capital, unless it begins with the name of
// a field, and ends it with a full stop: it may be shown to a customer.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	word, _, _ := strings.Cut(s, " ")
	if !strings.ContainsAny(word, "_[.") {
		s = string(unicode.ToUpper(first)) + s[size:]
	}
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}
