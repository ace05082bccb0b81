package hlconnect

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"purvey"
	"purvey/internal/httpjson"
)

// validate checks a sale before the customer pays. Serves HL-04 to HL-09.
func (a *api) validate(w http.ResponseWriter, r *request) error {
	var body validateBody
	if err := r.decode(&body); err != nil {
		return err
	}
	q, err := body.request()
	if err != nil {
		return err
	}
	token, expires, err := a.Orders.Quote(r.Context(), r.scope(), q)
	if err != nil {
		return err
	}
	httpjson.Write(w, http.StatusOK, struct {
		Token   string `json:"token"`
		ExpDate int64  `json:"exp_date"`
	}{token, expires.Unix()})
	return nil
}

// register turns a validated sale into an order line. Serves HL-10 to HL-18.
func (a *api) register(w http.ResponseWriter, r *request) error {
	var raw json.RawMessage
	if err := r.decode(&raw); err != nil {
		return err
	}
	var body registerBody
	err := httpjson.Parse(raw, &body)
	if err == nil && body.Token == nil {
		err = httpjson.Parse(raw, &body.old)
	}
	if err != nil {
		return err
	}
	sale, err := body.registration()
	if err != nil {
		return err
	}
	o, err := a.Orders.Register(r.Context(), r.scope(), sale)
	if err != nil {
		return errRegister{err}
	}
	w.Header().Set("Location", "/purchase/info?order_id="+strconv.FormatInt(o.Number, 10))
	w.WriteHeader(http.StatusCreated)
	return nil
}

// pollAfter is how many seconds a client is asked to wait while an order is
// processing.
const pollAfter = "2"

// info tells of all lines of an order. Serves HL-19 to HL-23.
func (a *api) info(w http.ResponseWriter, r *request) error {
	number, err := idParam(r.URL.Query(), "order_id")
	if err != nil {
		return err
	}
	o, err := a.order(r, number)
	if err != nil {
		return err
	}
	rights, err := a.Orders.Rights(r.Context(), o)
	if err != nil {
		return err
	}
	items := make([]item, len(rights))
	seen := map[string]bool{}
	for i, right := range rights {
		items[i] = itemOf(number, right)
		seen[items[i].Status] = true
	}
	switch {
	case seen[processing]:
		w.Header().Set("Retry-After", pollAfter)
		httpjson.Write(w, http.StatusAccepted, state{Status: processing})
		return nil
	case !seen[completed] && !seen[canceled]:
		httpjson.Write(w, http.StatusBadGateway, state{Status: failed, Message: failure(o)})
		return nil
	}
	for i, right := range rights {
		if items[i].DownloadURL, err = a.address(r, right, a.DownloadURL); err != nil {
			return err
		}
		if items[i].ViewURL, err = a.address(r, right, a.ViewURL); err != nil {
			return err
		}
	}
	slices.SortFunc(items, func(x, y item) int { return cmp.Compare(x.OrderLineID, y.OrderLineID) })
	httpjson.Write(w, http.StatusOK, items)
	return nil
}

// order finds an order of the caller by its number, in words for this wire.
func (a *api) order(r *request, number int64) (purvey.Order, error) {
	o, err := a.Orders.ByNumber(r.Context(), r.scope(), number)
	if errors.Is(err, purvey.NotFound) {
		err = purvey.Errorf(purvey.NotFound, "There is no order with this number.")
	}
	return o, err
}

// downloadURL makes a fresh address of a line's file. Serves HL-24, HL-26.
func (a *api) downloadURL(w http.ResponseWriter, r *request) error { return a.url(w, r, a.DownloadURL) }

// viewURL makes a fresh address of a line's viewer. Serves HL-25.
func (a *api) viewURL(w http.ResponseWriter, r *request) error { return a.url(w, r, a.ViewURL) }

type maker func(ctx context.Context, r purvey.Right, life time.Duration) (string, error)

func (a *api) url(w http.ResponseWriter, r *request, by maker) error {
	right, err := a.line(r)
	if err != nil {
		return err
	}
	url, err := a.address(r, right, by)
	if err != nil {
		return err
	}
	if url == nil {
		return purvey.Errorf(purvey.NotFound, "There is no URL for this line.")
	}
	w.Header().Set("Cache-Control", "no-store")
	httpjson.Write(w, http.StatusOK, struct {
		URL string `json:"url"`
	}{*url})
	return nil
}

// line finds the line that the query names.
func (a *api) line(r *request) (purvey.Right, error) {
	number, err := idParam(r.URL.Query(), "order_id")
	if err != nil {
		return purvey.Right{}, err
	}
	line, err := idParam(r.URL.Query(), "order_line_id")
	if err != nil {
		return purvey.Right{}, err
	}
	o, err := a.order(r, number)
	if err != nil {
		return purvey.Right{}, err
	}
	rights, err := a.Orders.Rights(r.Context(), o)
	if err != nil {
		return purvey.Right{}, err
	}
	for _, right := range rights {
		if right.Line.Number == line {
			return right, nil
		}
	}
	return purvey.Right{}, purvey.Errorf(purvey.NotFound, "This order has no line with this number.")
}

// address makes a URL of a line's goods; nil while they may not be had.
func (a *api) address(r *request, right purvey.Right, by maker) (*string, error) {
	if right.Line.Status != purvey.LineActive || right.Check(a.Orders.Now()) != nil {
		return nil, nil
	}
	life := time.Duration(r.caller.Shop.Settings.Lifetimes.AccessURL) * time.Second
	url, err := by(r.Context(), right, life)
	return orNull(url), err
}

// failure says why an order's lines failed.
func failure(o purvey.Order) string {
	for _, l := range o.Lines {
		if m := l.Notes().Failure; m != "" {
			return m
		}
	}
	return "The order could not be fulfilled."
}

// cancel ends a line. Serves HL-27 to HL-30.
func (a *api) cancel(w http.ResponseWriter, r *request) error {
	right, err := a.line(r)
	if err != nil {
		return err
	}
	if _, err := a.Orders.CancelLine(r.Context(), r.scope(), right.Order.ID, right.Line.ID, ""); err != nil {
		return err
	}
	w.WriteHeader(http.StatusCreated)
	return nil
}
