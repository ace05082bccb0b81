package publicala

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"purvey"
	"purvey/internal/httpjson"
	"purvey/internal/order"
)

// Bounds of a request, in characters but for the last two.
const (
	maxID       = 64
	maxName     = 64
	maxReason   = 150
	maxURL      = 2000
	maxProducts = 100
	maxBody     = 1 << 20 // bytes
)

// fields are the members of a JSON object. null is as good as absent, and ""
// is refused wherever a text is taken.
type fields struct {
	raw map[string]json.RawMessage
	at  string // "" or the path of the object with a dot
	c   *purvey.Checker
}

// object reads a body.
func (r *request) object(max int64) (fields, error) {
	f := fields{c: &purvey.Checker{}}
	if err := httpjson.Decode(r.Request, &f.raw, max); err != nil {
		return f, errBody{err}
	}
	if f.raw == nil {
		return f, errBody{purvey.Errorf(purvey.Invalid, "the body must be an object, and is null")}
	}
	return f, nil
}

// given tells whether a member is there and not null.
func (f fields) given(name string) bool {
	raw, ok := f.raw[name]
	return ok && string(raw) != "null"
}

// refuse notes that a member is wrong.
func (f fields) refuse(name, format string, args ...any) {
	f.c.Require(false, f.at+name, format, args...)
}

// text reads a string of at most max characters; "" when it is not there.
func (f fields) text(name string, required bool, max int) string {
	s := f.prose(name, max)
	if !f.given(name) {
		f.c.Require(!required, f.at+name, "is required")
	}
	if strings.ContainsAny(s, "\t\r\n") {
		f.refuse(name, "must not hold control characters")
		return ""
	}
	return s
}

// prose reads an optional text that may have several lines.
func (f fields) prose(name string, max int) string {
	if !f.given(name) {
		return ""
	}
	var s string
	switch {
	case json.Unmarshal(f.raw[name], &s) != nil:
		f.refuse(name, "must be a string")
	case strings.TrimSpace(s) == "":
		f.refuse(name, "must not be empty")
	case utf8.RuneCountInString(s) > max:
		f.refuse(name, "must be at most %d characters", max)
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' && r != '\r' && r != '\n' || r == 0x7f }):
		f.refuse(name, "must not hold control characters")
	default:
		return s
	}
	return ""
}

// oneOf reads one of some words.
func (f fields) oneOf(name string, required bool, words ...string) string {
	s := f.text(name, required, maxURL)
	if s != "" && !slices.Contains(words, s) {
		f.refuse(name, "must be %s or %s", strings.Join(words[:len(words)-1], ", "), words[len(words)-1])
		return ""
	}
	return s
}

func (f fields) email(name string, required bool) string {
	s := f.text(name, required, maxURL)
	if s != "" && !purvey.ValidEmail(s) {
		f.refuse(name, "must be an e-mail address")
	}
	return s
}

// url reads an address of the web.
func (f fields) url(name string, required bool) string {
	s := f.text(name, required, maxURL)
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		f.refuse(name, "must be an http:// or https:// URL")
	}
	return s
}

// price reads a JSON number as hundredths; nil when it is not there.
func (f fields) price(name string, required bool) *int64 {
	if !f.given(name) {
		f.c.Require(!required, f.at+name, "is required")
		return nil
	}
	text := string(f.raw[name])
	if text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		f.refuse(name, "must be a number")
		return nil
	}
	cents, ok := purvey.ParseCents(text)
	if !ok || cents < 0 || cents > maxCents {
		f.refuse(name, "must be a number from 0 to %s", purvey.FormatCents(maxCents))
		return nil
	}
	return &cents
}

// maxCents bounds a price.
const maxCents = 1_000_000_000_00

func (f fields) currency(name string, required bool) string {
	s := f.text(name, required, maxURL)
	if s != "" && !knownCurrency(s) {
		f.refuse(name, "must be an ISO 4217 code such as USD")
	}
	return s
}

// date reads a day as its first instant in the zone; the zero time when it is
// not there.
func (f fields) date(name string, zone *time.Location) time.Time {
	s := f.text(name, false, maxURL)
	if s == "" {
		return time.Time{}
	}
	t, ok := parseDate(s, zone)
	if !ok {
		f.refuse(name, "must be a date of the form yyyy-mm-dd")
	}
	return t
}

// parseDate reads yyyy-mm-dd.
func parseDate(s string, zone *time.Location) (time.Time, bool) {
	t, err := time.ParseInLocation(time.DateOnly, s, zone)
	return t, err == nil && t.Year() >= 1900 && len(s) == len(time.DateOnly)
}

// member reads an object within; ok is false when it is not there.
func (f fields) member(name string) (fields, bool) {
	in := fields{at: f.at + name + ".", c: f.c}
	if !f.given(name) {
		f.refuse(name, "is required")
		return in, false
	}
	if json.Unmarshal(f.raw[name], &in.raw) != nil {
		f.refuse(name, "must be an object")
		return in, false
	}
	return in, true
}

// names are what the two generations call things.
type names struct{ reference, product string }

var (
	namesV1 = names{"external_reference", "id"}
	namesV3 = names{"external_id", "external_id"}
)

// publication is a request for an order: what the domain is asked for, and
// what each of its products is called.
type publication struct {
	order.Publication
	items []item
}

type item struct{ kind, id, name, url string }

// publication reads a request for an order. idOrEmail says that one of both is
// enough of a user.
func (f fields) publication(n names, shop purvey.Shop, zone *time.Location, idOrEmail bool) (publication, error) {
	var p publication
	p.Type = f.oneOf("type", true, purvey.TypePermission, purvey.TypeReport, purvey.TypeSale)
	paid := p.Type == purvey.TypeReport || p.Type == purvey.TypeSale
	p.Reference = f.text(n.reference, false, maxID)
	p.ReturnURL = f.url("return_url", paid)
	p.Price = f.price("unit_price", paid)
	p.Currency = f.currency("currency_id", paid)
	if user, ok := f.member("user"); ok {
		p.user(user, idOrEmail)
	}
	p.products(f, n, zone)
	if p.Type == purvey.TypeSale && knownCurrency(p.Currency) && !slices.Contains(shop.Settings.Gateways.SaleCurrencies, p.Currency) {
		f.refuse("currency_id", "must be one that sales are taken in: %s", strings.Join(shop.Settings.Gateways.SaleCurrencies, ", "))
	}
	return p, f.c.Err()
}

// user reads who the order is for. Serves PUB-07, PUB-08.
func (p *publication) user(f fields, idOrEmail bool) {
	either := p.Type == purvey.TypeReport || idOrEmail && p.Type == purvey.TypePermission
	p.UserID = f.text("id", !either, maxID)
	p.UserEmail = f.email("email", p.Type == purvey.TypePermission && !either)
	if either && !f.given("id") && !f.given("email") {
		f.refuse("id", "or user.email is required")
	}
}

func (p *publication) products(f fields, n names, zone *time.Location) {
	if !f.given("products") {
		f.refuse("products", "is required")
		return
	}
	var raw []json.RawMessage
	if json.Unmarshal(f.raw["products"], &raw) != nil {
		f.refuse("products", "must be an array of objects")
		return
	}
	if len(raw) < 1 || len(raw) > maxProducts {
		f.refuse("products", "must hold 1 to %d products", maxProducts)
		return
	}
	paid := p.Type == purvey.TypeReport || p.Type == purvey.TypeSale
	seen := map[item]bool{}
	for i, one := range raw {
		in := fields{at: "products." + strconv.Itoa(i) + ".", c: f.c}
		if json.Unmarshal(one, &in.raw) != nil || in.raw == nil {
			f.refuse("products."+strconv.Itoa(i), "must be an object")
			continue
		}
		it := item{kind: in.oneOf("type", true, purvey.KindContent, purvey.KindSubscription), id: in.text(n.product, true, maxID)}
		if it.id != "" && seen[it] {
			in.refuse(n.product, "stands in the order twice")
		}
		seen[it] = true
		it.name, it.url = in.text("name", false, maxName), in.url("url", false)
		sold := order.PublishedItem{Price: in.price("unit_price", paid), Currency: in.currency("currency_id", paid), ExpiresAt: in.date("expiration_date", zone)}
		if paid && sold.Currency != "" && p.Currency != "" && sold.Currency != p.Currency {
			in.refuse("currency_id", "must be that of the order, %s", p.Currency)
		}
		p.items, p.Items = append(p.items, it), append(p.Items, sold)
	}
}
