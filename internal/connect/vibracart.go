package connect

import (
	"strings"

	"purvey"
	"purvey/internal/order"
	"purvey/internal/shop"
)

// vibraCart is a VibraCart Pro cart, which posts each order as JSON to an
// address with a token. Its vendor names one field, an item's itemid; the
// others are taken by the names that carts use.
func vibraCart() sender {
	return sender{
		source: purvey.SourceVibraCart, token: shop.TokenVibraCart,
		events: func(body []byte) ([]purvey.StoreEvent, error) {
			e, err := loose(body)
			return []purvey.StoreEvent{e}, err
		},
	}
}

func readVibraCart(e purvey.StoreEvent) (order.News, error) {
	doc, err := document(e.Body)
	if err != nil {
		return order.News{}, err
	}
	var rest []*part
	rows := doc.rows(&rest, "itemid")
	if len(rows) == 0 {
		return order.News{}, purvey.Errorf(purvey.Invalid, "the order names no itemid")
	}
	currency := find(rest, "currency", "currencycode", "ordercurrency", "mccurrency")
	var articles []article
	for _, row := range rows {
		articles = append(articles, vibraCartArticle(row, currency))
	}
	reference := find(rest, "orderid", "ordernumber", "orderno", "ordernum", "orderref", "orderreference", "invoice", "invoicenumber", "txnid", "transactionid",
		"paymentid", "order", "reference", "id")
	key := reference.String()
	if len(keysOf(reference)) == 0 {
		key, reference = "body "+e.Digest, "" // equal bodies are one order
	}
	paid, closed := vibraCartState(find(rest, "paymentstatus", "orderstatus", "status"))
	total, _ := find(rest, "ordertotal", "grandtotal", "total", "totalamount", "amount").money(currency)
	n := order.News{Keys: []string{key}, Paid: paid, Tells: &order.Telling{
		Kind: "order", At: classicTime(find(rest, "orderdate", "date", "created", "createdat", "time", "timestamp")), Total: total, Closed: closed, Lines: linesOf(articles),
		Request: order.Request{
			Source: purvey.SourceVibraCart, ExternalReference: reference.String(), Currency: currency.code(), NeedEmail: true, SendEmail: true,
			Customer: customerOf(rest),
		},
	}}
	if reference != "" {
		n.Tells.Request.Name = clipped("#" + strings.TrimPrefix(reference.String(), "#"))
	}
	return n, nil
}

func vibraCartArticle(row *part, currency text) article {
	a := article{keys: keysOf(row.get("itemid")), name: row.get("itemname", "name", "description", "title", "itemdescription").String()}
	a.quantity = row.get("quantity", "qty", "itemquantity", "itemqty").number(1)
	if a.total, a.priced = row.get("itemprice", "price", "unitprice", "itemamount").money(currency); a.priced {
		a.total *= int64(max(min(a.quantity, 1<<20), 0))
	} else {
		a.total, a.priced = row.get("subtotal", "itemtotal", "linetotal").money(currency)
	}
	return a
}

// vibraCartState reads how an order stands, if it says. It is sent when it is
// complete, so what says nothing is paid.
func vibraCartState(state text) (paid, closed bool) {
	switch folded(state.String()) {
	case "refunded", "refund", "reversed", "chargeback":
		return true, true
	case "canceled", "cancelled", "voided", "void", "failed", "declined", "denied", "expired", "rejected":
		return false, true
	case "pending", "unpaid", "awaitingpayment", "onhold", "incomplete", "notpaid":
		return false, false
	}
	return true, false
}
