package connect

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"purvey"
	"purvey/internal/order"
	"purvey/internal/shop"
)

// fastSpring is a store of FastSpring's, on either of its platforms. The
// present one (Contextual) sends JSON with up to some hundred events and signs
// it with base64 of HMAC-SHA256 in X-FS-Signature; useful events:
// order.completed, return.created and, with webhook expansion,
// subscription.charge.completed. Classic signs nothing, so its address holds a
// token; classic.go reads what it sends.
func fastSpring() sender {
	return sender{
		source: purvey.SourceFastSpring, secret: shop.SecretFastSpring, token: shop.TokenFastSpring,
		verify: func(secret string, h http.Header, body []byte, _ time.Time) bool {
			return signedBase64(secret, h.Get("X-FS-Signature"), body)
		},
		events: fastSpringEvents,
	}
}

// maxEvents bounds the events of one body.
const maxEvents = 1000

// fastSpringEvents takes a body apart. Each of its events is kept by its own
// id, since a store that was not answered sends them again in another company.
func fastSpringEvents(body []byte) ([]purvey.StoreEvent, error) {
	if !json.Valid(body) {
		e, err := loose(body)
		return []purvey.StoreEvent{e}, err
	}
	var batch struct {
		Events []json.RawMessage `json:"events"`
	}
	if json.Unmarshal(body, &batch) != nil || batch.Events == nil {
		batch.Events = []json.RawMessage{body}
	}
	if len(batch.Events) > maxEvents {
		return nil, purvey.Errorf(purvey.TooLarge, "the body may hold at most %d events", maxEvents)
	}
	var out []purvey.StoreEvent
	for _, one := range batch.Events {
		e, err := fastSpringEvent(one)
		if err != nil {
			e = purvey.StoreEvent{Body: one} // kept for a person to see; the others count
		}
		out = append(out, e)
	}
	return out, nil
}

func fastSpringEvent(body []byte) (purvey.StoreEvent, error) {
	var head struct {
		ID   text            `json:"id"`
		Type text            `json:"type"`
		Live flag            `json:"live"`
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &head) != nil || head.Type == "" || len(head.Data) == 0 {
		return loose(body)
	}
	e := purvey.StoreEvent{Topic: head.Type.String(), Body: body}
	if head.ID != "" {
		sum := sha256.Sum256([]byte("fastspring event " + head.ID.String()))
		e.Digest = hex.EncodeToString(sum[:])
	}
	var data struct {
		Live flag `json:"live"`
	}
	_ = json.Unmarshal(head.Data, &data) // what is no object says nothing of it
	if head.Live == no || data.Live == no {
		e.Mode = purvey.Sandbox
	}
	return e, nil
}

// flag is a truth value, if it is one.
type flag string

const no flag = "false"

// UnmarshalJSON implements json.Unmarshaler.
func (f *flag) UnmarshalJSON(b []byte) error {
	*f = flag(b)
	return nil
}

func readFastSpring(e purvey.StoreEvent) (order.News, error) {
	var event struct {
		Type text            `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(e.Body, &event) != nil || event.Type == "" || len(event.Data) == 0 {
		return readClassic(e)
	}
	switch event.Type {
	case "order.completed":
		var o fastSpringOrder
		if err := decode(event.Data, &o); err != nil {
			return order.News{}, err
		}
		return o.news()
	case "subscription.charge.completed":
		var charge struct {
			Order   json.RawMessage   `json:"order"`
			Account fastSpringAccount `json:"account"`
		}
		if err := decode(event.Data, &charge); err != nil {
			return order.News{}, err
		}
		if len(charge.Order) == 0 || charge.Order[0] != '{' {
			return order.News{}, purvey.Errorf(purvey.Invalid, "the charge names no goods: switch on webhook expansion in FastSpring")
		}
		var o fastSpringOrder
		if err := decode(charge.Order, &o); err != nil {
			return order.News{}, err
		}
		if o.Account.Contact.Email == "" {
			o.Account = charge.Account
		}
		return o.news()
	case "return.created":
		var r fastSpringReturn
		if err := decode(event.Data, &r); err != nil {
			return order.News{}, err
		}
		return r.news(e.Digest)
	}
	return order.News{}, nil
}

type fastSpringPerson struct {
	First text `json:"first"`
	Last  text `json:"last"`
	Email text `json:"email"`
}

// fastSpringAccount is the id of an account or, with webhook expansion, the
// account.
type fastSpringAccount struct{ Contact fastSpringPerson }

// UnmarshalJSON implements json.Unmarshaler.
func (a *fastSpringAccount) UnmarshalJSON(b []byte) error {
	var o struct {
		Contact fastSpringPerson `json:"contact"`
	}
	if len(b) > 0 && b[0] == '{' {
		if err := json.Unmarshal(b, &o); err != nil {
			return err
		}
	}
	a.Contact = o.Contact
	return nil
}

// fastSpringPath is the path of a product or, with webhook expansion, the
// product.
type fastSpringPath text

// UnmarshalJSON implements json.Unmarshaler.
func (p *fastSpringPath) UnmarshalJSON(b []byte) error {
	var t text
	if len(b) > 0 && b[0] == '{' {
		var o struct {
			Product text `json:"product"`
			Path    text `json:"path"`
			ID      text `json:"id"`
		}
		err := json.Unmarshal(b, &o)
		*p = fastSpringPath(firstOf(o.Product, o.Path, o.ID))
		return err
	}
	err := t.UnmarshalJSON(b)
	*p = fastSpringPath(t)
	return err
}

type fastSpringItem struct {
	Product  fastSpringPath `json:"product"`
	Quantity text           `json:"quantity"`
	Display  text           `json:"display"`
	SKU      text           `json:"sku"`
	Subtotal text           `json:"subtotal"`
	Discount text           `json:"discount"`
}

func (i fastSpringItem) article(currency text) article {
	return article{
		keys: keysOf(text(i.Product), i.SKU), name: i.Display.String(), quantity: i.Quantity.number(1),
		total: bounded(i.Subtotal.amount(currency)), priced: i.Subtotal != "",
	}
}

type fastSpringOrder struct {
	ID         text              `json:"id"`
	Order      text              `json:"order"`
	Reference  text              `json:"reference"`
	Completed  flag              `json:"completed"`
	Changed    text              `json:"changed"` // milliseconds
	Language   text              `json:"language"`
	Currency   text              `json:"currency"`
	Total      text              `json:"total"`
	Tax        text              `json:"tax"`
	Customer   fastSpringPerson  `json:"customer"`
	Account    fastSpringAccount `json:"account"`
	Recipients []struct {
		Recipient fastSpringPerson `json:"recipient"`
	} `json:"recipients"`
	Items []fastSpringItem `json:"items"`
}

// news of an order that was paid. A gift is its recipient's.
func (o fastSpringOrder) news() (order.News, error) {
	n := order.News{Keys: keysOf(o.ID, o.Order, o.Reference), Paid: o.Completed != no}
	if len(n.Keys) == 0 {
		return order.News{}, purvey.Errorf(purvey.Invalid, "the order has no id")
	}
	who := o.Customer
	if len(o.Recipients) > 0 && o.Recipients[0].Recipient.Email != "" {
		who = o.Recipients[0].Recipient
	}
	if who.Email == "" {
		who = o.Account.Contact
	}
	n.Tells = &order.Telling{
		Kind: "order", At: unixMilli(o.Changed), Total: o.Total.amount(o.Currency), Lines: linesOf(o.articles()),
		Request: order.Request{
			Source: purvey.SourceFastSpring, Name: clipped(o.Reference.String()), ExternalReference: clipped(firstOf(o.Reference, o.ID, o.Order)),
			Currency: o.Currency.code(), NeedEmail: true, SendEmail: true,
			Customer: purvey.Customer{
				Email: who.Email.String(), Firstname: clipped(who.First.String()), Lastname: clipped(who.Last.String()), Locale: clipped(o.Language.String()),
			},
		},
	}
	return n, nil
}

// articles are what was bought. The documentation does not say whether an
// item's subtotal is what it cost before its discount or after: the order's
// total tells.
func (o fastSpringOrder) articles() []article {
	var out []article
	var sum, discount int64
	for _, i := range o.Items {
		out = append(out, i.article(o.Currency))
		sum += bounded(i.Subtotal.amount(o.Currency))
		discount += bounded(i.Discount.amount(o.Currency))
	}
	paid := o.Total.amount(o.Currency) - o.Tax.amount(o.Currency)
	after, before := paid-sum, paid-(sum-discount)
	if max(before, -before) < max(after, -after) {
		for i := range out {
			out[i].total -= bounded(o.Items[i].Discount.amount(o.Currency))
		}
	}
	return out
}

type fastSpringReturn struct {
	Return    text             `json:"return"`
	Reference text             `json:"reference"`
	Completed flag             `json:"completed"`
	Currency  text             `json:"currency"`
	Total     text             `json:"totalReturn"`
	Original  fastSpringSale   `json:"original"`
	Items     []fastSpringItem `json:"items"`
}

// fastSpringSale is the order that something is given back of, or its id.
type fastSpringSale struct{ ID, Order, Reference, Total text }

// UnmarshalJSON implements json.Unmarshaler.
func (s *fastSpringSale) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		var o struct {
			ID        text `json:"id"`
			Order     text `json:"order"`
			Reference text `json:"reference"`
			Total     text `json:"total"`
		}
		err := json.Unmarshal(b, &o)
		*s = fastSpringSale(o)
		return err
	}
	return s.ID.UnmarshalJSON(b)
}

// news of a return, which names units and what was paid back for them.
func (r fastSpringReturn) news(digest string) (order.News, error) {
	n := order.News{Keys: keysOf(r.Original.ID, r.Original.Order, r.Original.Reference)}
	if len(n.Keys) == 0 {
		return order.News{}, purvey.Errorf(purvey.Invalid, "the return names no order")
	}
	if r.Completed == no {
		return n, nil // it has not happened yet
	}
	var articles []article
	for _, i := range r.Items {
		articles = append(articles, i.article(r.Currency))
	}
	back, total := r.Total.amount(r.Currency), r.Original.Total.amount(r.Currency)
	refund, err := refundOf(firstOf(r.Return, r.Reference, text(digest)), articles, back, total > 0 && back >= total)
	if err == nil {
		n.Refunds = []order.StoreRefund{refund}
	}
	return n, err
}

// unixMilli reads milliseconds of the Unix epoch; what is none is the zero time.
func unixMilli(t text) time.Time {
	var ms int64
	if json.Unmarshal([]byte(t), &ms) != nil || ms <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
