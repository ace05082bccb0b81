package connect

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"purvey"
	"purvey/internal/shop"
)

// stripeTolerance is how old, or how far ahead, a signature may be.
const stripeTolerance = 5 * time.Minute

// stripe signs with hex of HMAC-SHA256 over "time.body" in Stripe-Signature,
// t=…,v1=…. Useful events: checkout.session.completed and
// checkout.session.async_payment_succeeded, payment_intent.succeeded,
// invoice.payment_succeeded, charge.refunded, charge.dispute.created and
// charge.dispute.closed.
func stripe() sender {
	return sender{
		source: purvey.SourceStripe, secret: shop.SecretStripe,
		topic: func(_ http.Header, body []byte) string {
			var e struct {
				Type text `json:"type"`
			}
			if json.Unmarshal(body, &e) != nil {
				return ""
			}
			return e.Type.String()
		},
		verify: func(secret string, h http.Header, body []byte, now time.Time) bool {
			at, signatures := stripeHeader(h.Get("Stripe-Signature"))
			seconds, err := strconv.ParseInt(at, 10, 64)
			if err != nil {
				return false
			}
			if age := now.Sub(time.Unix(seconds, 0)); age > stripeTolerance || age < -stripeTolerance {
				return false
			}
			for _, s := range signatures {
				if signedHex(secret, s, []byte(at), []byte("."), body) {
					return true
				}
			}
			return false
		},
	}
}

// maxSignatures bounds the signatures of one header: there are two while a
// secret is being replaced.
const maxSignatures = 5

func stripeHeader(header string) (at string, signatures []string) {
	for pair := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		switch {
		case name == "t":
			at = value
		case name == "v1" && len(signatures) < maxSignatures:
			signatures = append(signatures, value)
		}
	}
	return at, signatures
}

// anyStripe receives for whatever shop an event is for: the one that its
// metadata names or, where it names none, as with refunds and disputes, the
// one whose secret it is signed with.
func (c *receivers) anyStripe(r *http.Request) (any, error) {
	ctx, s := r.Context(), stripe()
	body, err := read(r)
	if err != nil {
		return nil, err
	}
	if slug := shopInMetadata(body); slug != "" {
		to, err := c.shop(ctx, slug)
		if err != nil {
			return nil, err
		}
		return c.receive(r, s, to, body)
	}
	shops, err := c.Shops.All(ctx)
	if err != nil {
		return nil, err
	}
	for _, to := range shops {
		secret, err := c.Shops.Secret(ctx, to.ID, s.secret)
		if err != nil {
			return nil, err
		}
		if secret != "" && to.State == purvey.ShopActive && s.verify(secret, r.Header, body, c.Orders.Now()) {
			return c.keep(r, s, to, body)
		}
	}
	return nil, unsigned()
}

// The metadata that Stripe's objects carry for us.
const (
	metaShop    = "continuata_org_id"
	metaProduct = "continuata_product_id"
	metaKind    = "product_type"
)

// shopInMetadata finds the shop's slug in an event, before its signature can
// be looked at: it only says whose secret to look at it with.
func shopInMetadata(body []byte) string {
	var e stripeEvent
	if json.Unmarshal(body, &e) != nil {
		return ""
	}
	var o struct {
		Metadata metadata     `json:"metadata"`
		Lines    stripeList   `json:"lines"`
		Items    stripeList   `json:"line_items"`
		Sub      stripeParent `json:"subscription_details"`
		Parent   struct {
			Sub stripeParent `json:"subscription_details"`
		} `json:"parent"`
	}
	if json.Unmarshal(e.Data.Object, &o) != nil {
		return ""
	}
	all := []metadata{o.Metadata, o.Sub.Metadata, o.Parent.Sub.Metadata}
	for _, l := range append(o.Lines.Data, o.Items.Data...) {
		all = append(all, l.Metadata, l.Price.Metadata, l.Price.Product.Metadata)
	}
	for _, m := range all {
		if slug := m.get(metaShop); slug != "" {
			return slug
		}
	}
	return ""
}

// metadata is what a merchant wrote onto an object. Values are text.
type metadata map[string]text

func (m metadata) get(name string) string { return m[name].String() }

// keys are what the metadata says of a product.
func (m metadata) keys() []text {
	return []text{m[metaProduct], m["sku"], m["product_id"], m["digital_product_id"]}
}

// foreign tells that the goods are no digital ones.
func (m metadata) foreign() bool {
	kind := m.get(metaKind)
	return kind != "" && !strings.EqualFold(kind, "digital")
}

type stripeEvent struct {
	Type    text  `json:"type"`
	Created int64 `json:"created"`
	Data    struct {
		Object json.RawMessage `json:"object"`
	} `json:"data"`
}

type stripeParent struct {
	Metadata metadata `json:"metadata"`
}

type stripeList struct {
	Data []stripeItem `json:"data"`
}

// stripeItem is a line of a checkout session or of an invoice.
type stripeItem struct {
	ID          text        `json:"id"`
	Description text        `json:"description"`
	Quantity    *int        `json:"quantity"`
	AmountTotal *int64      `json:"amount_total"` // of a session's line, tax included
	Subtotal    *int64      `json:"amount_subtotal"`
	Amount      *int64      `json:"amount"` // of an invoice's line
	Metadata    metadata    `json:"metadata"`
	Price       stripePrice `json:"price"`
	Pricing     struct {
		Details struct {
			Price   text `json:"price"`
			Product text `json:"product"`
		} `json:"price_details"`
	} `json:"pricing"`
}

type stripePrice struct {
	ID        text      `json:"id"`
	LookupKey text      `json:"lookup_key"`
	Metadata  metadata  `json:"metadata"`
	Product   reference `json:"product"`
}

// reference is an id, or the object itself where it was expanded.
type reference struct {
	ID       text
	Metadata metadata
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *reference) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		var o struct {
			ID       text     `json:"id"`
			Metadata metadata `json:"metadata"`
		}
		err := json.Unmarshal(b, &o)
		r.ID, r.Metadata = o.ID, o.Metadata
		return err
	}
	return r.ID.UnmarshalJSON(b)
}
