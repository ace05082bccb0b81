package publicala

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"purvey"
	"purvey/internal/httpjson"
	"purvey/internal/order"
)

// Bounds of a page of v3.
const (
	defaultPageV3 = 100
	maxPageV3     = 500
)

// listV3 gives a piece of the list. Serves PUB-37.
func (a *api) listV3(w http.ResponseWriter, r *request) error {
	q := r.URL.Query()
	want, err := r.wantedBy()
	if err != nil {
		return err
	}
	per, err := intQuery(q, "per_page", 1, maxPageV3, defaultPageV3)
	if err != nil {
		return err
	}
	cursor, err := cursorOf(q.Get("sort"), q.Get("cursor"))
	if err != nil {
		return err
	}
	f, none, err := a.filterV3(r)
	if err != nil {
		return err
	}
	var found purvey.Listed[purvey.Order]
	if !none {
		if found, err = a.Orders.OrdersFrom(r.Context(), r.scope(), f, cursor, per); err != nil {
			return err
		}
	}
	items, err := a.viewsV3(r, found.Items, want)
	if err != nil {
		return err
	}
	out := listingV3{Data: items}
	before, after := cursor.ID != "" && !cursor.Back || cursor.Back && found.HasMore, cursor.Back || found.HasMore
	if n := len(found.Items); n > 0 {
		if before {
			out.Links.Prev = a.cursorURL(r, cursor, found.Items[0], true)
		}
		if after {
			out.Links.Next = a.cursorURL(r, cursor, found.Items[n-1], false)
		}
	}
	out.Meta.HasMore = out.Links.Next != nil
	httpjson.Write(w, http.StatusOK, out)
	return nil
}

type listingV3 struct {
	Data  []any `json:"data"`
	Links links `json:"links"`
	Meta  struct {
		HasMore bool `json:"has_more"`
	} `json:"meta"`
}

// A cursor names its sort, so that it fits no other list.
type place struct {
	Sort string `json:"s"`
	At   int64  `json:"t"` // microseconds
	ID   string `json:"i"`
	Back bool   `json:"b,omitempty"`
}

func cursorOf(sort, text string) (order.Cursor, error) {
	if sort == "" {
		sort = "-created_at"
	}
	name, down := strings.CutPrefix(sort, "-")
	if name != "created_at" && name != "updated_at" {
		return order.Cursor{}, purvey.BadField("sort", "must be created_at or updated_at, with - before it for descending")
	}
	c := order.Cursor{Changed: name == "updated_at", Oldest: !down}
	if text == "" {
		return c, nil
	}
	var p place
	if !readPlace(text, &p) || p.Sort != sort || !purvey.ValidID(p.ID) {
		return c, purvey.BadField("cursor", "is not one of this list")
	}
	c.At, c.ID, c.Back = time.UnixMicro(p.At).UTC(), p.ID, p.Back
	return c, nil
}

func (a *api) cursorURL(r *request, c order.Cursor, o purvey.Order, back bool) *string {
	q := r.URL.Query()
	p := place{Sort: q.Get("sort"), At: o.CreatedAt.UnixMicro(), ID: o.ID, Back: back}
	if p.Sort == "" {
		p.Sort = "-created_at"
	}
	if c.Changed {
		p.At = o.UpdatedAt.UnixMicro()
	}
	q.Set("cursor", writePlace(p))
	return a.address(r, q)
}

func writePlace(p place) string { return base64.RawURLEncoding.EncodeToString(httpjson.Encode(p)) }

func readPlace(text string, p *place) bool {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && json.Unmarshal(raw, p) == nil
}
