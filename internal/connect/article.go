package connect

import (
	"purvey"
	"purvey/internal/order"
)

// article is what was bought or given back of one product.
type article struct {
	keys     []string
	name     string
	quantity int
	total    int64 // before tax
	priced   bool  // total is known
}

// id is what an article is known by among those of its purchase. These stores
// give their lines no ids of their own.
func (a article) id() string {
	if len(a.keys) == 0 {
		return a.name
	}
	return a.keys[0]
}

// together puts the articles of one product into one.
func together(all []article) []article {
	var out []article
	at := map[string]int{}
	for _, a := range all {
		id := a.id()
		if a.quantity < 1 || id == "" {
			continue
		}
		i, known := at[id]
		if !known {
			at[id] = len(out)
			out = append(out, a)
			continue
		}
		out[i].quantity += a.quantity
		out[i].total += a.total
		out[i].priced = out[i].priced && a.priced
	}
	return out
}

// linesOf makes lines of what was bought.
func linesOf(all []article) []order.StoreLine {
	var out []order.StoreLine
	for _, a := range together(all) {
		l := order.StoreLine{ID: a.id(), Keys: a.keys, Name: clipped(a.name), Quantity: a.quantity}
		if a.priced {
			price := each(max(a.total, 0), a.quantity)
			l.PriceCents = &price
		}
		out = append(out, l)
	}
	return out
}

// refundOf makes a refund of what was given back: units where the store names
// goods, else money. whole says that the purchase was given back altogether,
// so that the worth of each article need not be looked at.
func refundOf(id string, all []article, cents int64, whole bool) (order.StoreRefund, error) {
	r := order.StoreRefund{ID: id}
	for _, a := range together(all) {
		if r.Units == nil {
			r.Units, r.Worth = map[string]int{}, map[string]int64{}
		}
		r.Units[a.id()] = a.quantity
		if a.priced && !whole {
			r.Worth[a.id()] = max(a.total, -a.total)
		}
	}
	if len(r.Units) > 0 {
		return r, nil
	}
	if r.Cents = max(cents, -cents); r.Cents == 0 {
		return r, purvey.Errorf(purvey.Invalid, "the return names neither goods nor an amount")
	}
	return r, nil
}
