package connect

import (
	"slices"
	"strings"
	"time"

	"purvey"
	"purvey/internal/order"
)

// FastSpring Classic sends what the merchant's notification is made of: XML by
// a template, whose example is
//
//	<order><reference/><test/><currency/><total/><purchaser><fname/><lname/><email/></purchaser>
//	  <items><item><product/><quantity/><subtotal/></item></items></order>
//
// or form fields of the merchant's own names, for the order or for each of its
// items. Of a return the root element, or a field's name, says "return".

// The names that the goods of an order go by, the most exact first.
func classicGoods() []string {
	return []string{"productpath", "path", "itemid", "internalproductname", "product", "productname", "itemname", "orderproductnames", "sku", "itemnumber"}
}

// loose is an event of a body whose names nobody promised.
func loose(body []byte) (purvey.StoreEvent, error) {
	doc, err := document(body)
	if err != nil {
		return purvey.StoreEvent{}, err
	}
	e := purvey.StoreEvent{Topic: "order", Body: body}
	if isReturn(doc) {
		e.Topic = "return"
	}
	all := []*part{doc}
	for _, p := range doc.parts {
		if len(p.parts) > 0 {
			all = append(all, p)
		}
	}
	if find(all, "test", "istest", "orderistest", "testmode", "testorder", "sandbox").yes() || find(all, "mode", "environment").yes() || find(all, "live") == "false" {
		e.Mode = purvey.Sandbox
	}
	return e, nil
}

// isReturn tells whether a body speaks of something given back.
func isReturn(doc *part) bool {
	if strings.Contains(doc.name, "return") || strings.Contains(doc.name, "refund") {
		return true
	}
	for _, p := range doc.parts {
		switch p.name {
		case "return", "returnid", "returnreference", "orderreturn", "orderreturnid", "orderreturnreference", "refund", "refundid", "refundreference":
			return true
		}
	}
	kind := strings.ToLower(doc.get("event", "eventtype", "type", "notification").String())
	return strings.Contains(kind, "return") || strings.Contains(kind, "refund")
}

func readClassic(e purvey.StoreEvent) (order.News, error) {
	doc, err := document(e.Body)
	if err != nil {
		return order.News{}, err
	}
	var rest []*part
	rows := doc.rows(&rest, classicGoods()...)
	currency := find(rest, "currency", "ordercurrency", "currencycode", "mccurrency")
	var articles []article
	for _, row := range rows {
		articles = append(articles, classicArticle(row, currency, len(rows) == 1))
	}
	if isReturn(doc) {
		return classicReturn(e, rest, articles, currency)
	}
	reference := find(rest, "orderreference", "orderid", "ordernumber", "reference", "order", "id")
	n := order.News{Keys: keysOf(reference), Paid: true}
	if len(n.Keys) == 0 {
		return order.News{}, purvey.Errorf(purvey.Invalid, "the notification has no order reference")
	}
	if len(articles) == 0 {
		return order.News{}, purvey.Errorf(purvey.Invalid, "the notification names no product")
	}
	total, _ := find(rest, "ordertotal", "total", "grandtotal").money(currency)
	n.Tells = &order.Telling{
		Kind: "order", At: classicTime(find(rest, "date", "orderdate")), Total: total, Lines: linesOf(articles),
		Request: order.Request{
			Source: purvey.SourceFastSpring, Name: clipped(reference.String()), ExternalReference: clipped(reference.String()), Currency: currency.code(),
			NeedEmail: true, SendEmail: true, Customer: customerOf(rest),
		},
	}
	return n, nil
}

// classicArticle reads a line. What the whole is called by its items' names
// too is told of the only one.
func classicArticle(row *part, currency text, only bool) article {
	var a article
	for _, name := range classicGoods() {
		key := row.get(name)
		for _, k := range keysOf(slashless(key), key) {
			if !slices.Contains(a.keys, k) {
				a.keys = append(a.keys, k)
			}
		}
	}
	a.name = row.get("display", "productdisplay", "productname", "itemname", "product", "orderproductnames").String()
	a.quantity = row.get("quantity", "qty", "itemquantity", "productquantity", "orderquantity").number(1)
	names := []string{"subtotal", "pricetotal", "itemtotal", "linetotal"}
	if only {
		names = append(names, "ordersubtotal", "total", "ordertotal")
	}
	a.total, a.priced = row.get(names...).money(currency)
	return a
}

// slashless is a path without the slash that Classic puts before it.
func slashless(path text) text { return text(strings.Trim(path.String(), "/")) }

func classicReturn(e purvey.StoreEvent, rest []*part, articles []article, currency text) (order.News, error) {
	own := find(rest, "returnreference", "returnid", "orderreturnreference", "orderreturnid", "refundreference", "refundid")
	reference := find(rest, "orderreference", "originalreference", "originalorder", "originalorderreference", "original", "orderid", "order")
	if reference == "" {
		reference = find(rest, "reference")
	} else if own == "" {
		own = find(rest, "reference")
	}
	n := order.News{Keys: keysOf(reference)}
	if len(n.Keys) == 0 {
		return order.News{}, purvey.Errorf(purvey.Invalid, "the return names no order")
	}
	if own == "" || own == reference {
		own = text(e.Digest)
	}
	cents, _ := find(rest, "totalreturn", "returntotal", "refundtotal", "refundamount", "amount", "total").money(currency)
	refund, err := refundOf(own.String(), articles, cents, false)
	if err == nil {
		n.Refunds = []order.StoreRefund{refund}
	}
	return n, err
}

// customerOf finds who bought.
func customerOf(rest []*part) purvey.Customer {
	c := purvey.Customer{
		Email:     find(rest, "customeremail", "purchaseremail", "buyeremail", "payeremail", "billingemail", "contactemail", "email", "emailaddress").String(),
		Firstname: clipped(find(rest, "customerfirstname", "firstname", "fname", "first").String()),
		Lastname:  clipped(find(rest, "customerlastname", "lastname", "lname", "surname", "last").String()),
		Locale:    clipped(find(rest, "customerlanguage", "orderlanguage", "language", "locale").String()),
	}
	if c.FullName() == "" {
		first, last := purvey.SplitName(find(rest, "customername", "customerfullname", "purchasername", "buyername", "fullname", "billingname", "name").String())
		c.Firstname, c.Lastname = clipped(first), clipped(last)
	}
	return c
}

// classicTime reads a time, with a zone that has no colon too.
func classicTime(t text) time.Time {
	for _, form := range []string{"2006-01-02T15:04:05Z0700", time.DateTime} {
		if at, err := time.Parse(form, t.String()); err == nil {
			return at.UTC()
		}
	}
	if s := t.number(0); s > 0 && len(t.String()) == 10 {
		return unix(int64(s))
	}
	return instant(t)
}
