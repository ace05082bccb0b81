package buyer

import (
	"net/http"
	"slices"

	"purvey"
	"purvey/internal/web/page"
)

// receiptView is what the template of a receipt speaks of.
type receiptView struct {
	O        orderWords
	Back     string
	Title    string
	Facts    []fact
	Lines    []receiptLine
	Total    string
	Refunded string // "" nothing
	Paid     string // what is left of the total; only with Refunded
}

type fact struct{ Name, Value string }

type receiptLine struct {
	Name, Quantity, Refunded, Price, Amount string
}

// receipt shows what an order cost, to print. Like the page it hides the
// customer's address.
func (h *handlers) receipt(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	o, shop, err := h.Delivery.Receipt(r.Context(), token)
	if err != nil {
		return problem{error: err, shop: shop}
	}
	lang := page.Choose(r.Header.Get("Accept-Language"), shop.Settings.Shop.Locale, o.Customer.Locale)
	words, zone := orderWordsOf(lang), shop.Settings.Shop.Timezone
	v := h.view(shop, lang, fill(words.ReceiptTitle, "order", o.Name))
	v.About = o.Name
	data := receiptView{O: words, Back: "/d/" + token, Total: money(words, lang, o.TotalCents, o.Currency)}
	buyer := o.Customer.FullName()
	if m := page.MaskEmail(o.Customer.Email); m != "" {
		if buyer != "" {
			buyer += " · "
		}
		buyer += m
	}
	data.Facts = []fact{{words.Seller, v.ShopName}, {words.Customer, buyer}, {words.Date, page.Date(lang, zone, o.CreatedAt)}, {words.Status, words.status(o)}}
	if !o.PaidAt.IsZero() && o.TotalCents > 0 {
		data.Facts = append(data.Facts, fact{words.Paid, page.Date(lang, zone, o.PaidAt)})
	}
	data.Facts = slices.DeleteFunc(data.Facts, func(f fact) bool { return f.Value == "" })
	var refunded int64
	for _, l := range o.Lines {
		rl := receiptLine{
			Name: l.ProductName, Quantity: number(l.Quantity),
			Price: money(words, lang, l.PriceCents, o.Currency), Amount: money(words, lang, l.PriceCents*int64(l.Quantity), o.Currency),
		}
		if l.RefundedQuantity > 0 {
			rl.Refunded = fill(words.Refunded, "n", number(l.RefundedQuantity))
			refunded += l.PriceCents * int64(l.RefundedQuantity)
		}
		data.Lines = append(data.Lines, rl)
	}
	if o.Financial == purvey.Refunded {
		refunded = o.TotalCents
	}
	if refunded = min(refunded, o.TotalCents); refunded > 0 {
		data.Refunded, data.Paid = "−"+page.Money(lang, refunded, o.Currency), page.Money(lang, o.TotalCents-refunded, o.Currency)
	}
	v.Data = data
	return h.pages.Write(w, r, http.StatusOK, "receipt.html", v)
}

// money writes a price; nothing is free.
func money(w orderWords, l page.Language, cents int64, currency string) string {
	if cents == 0 {
		return w.Free
	}
	return page.Money(l, cents, currency)
}

// status says how an order is paid.
func (w orderWords) status(o purvey.Order) string {
	switch o.Financial {
	case purvey.Refunded:
		return w.StRefunded
	case purvey.PartiallyRefunded:
		return w.StPartly
	case purvey.Voided, purvey.FinancialExpired:
		return w.StVoided
	case purvey.Paid:
		return w.StPaid
	}
	return w.StPending
}
