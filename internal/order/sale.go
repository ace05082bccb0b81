package order

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"purvey"
	"purvey/internal/store"
)

// take adds news to what is known of a purchase, and brings its order to that:
// one order however many events speak of it, lines for all goods that a
// mapping knows, units given back, access taken while a dispute is open.
func (s *Service) take(ctx context.Context, tx *store.Tx, e purvey.StoreEvent, n News) error {
	e.State, e.Error, e.Unmapped, e.ProcessedAt = purvey.StoreEventDone, "", nil, tx.Now()
	if len(n.Keys) == 0 {
		return tx.UpdateStoreEvent(ctx, &e)
	}
	scope := purvey.Scope{ShopID: e.ShopID, Mode: e.Mode}
	keys := slices.Compact(slices.Sorted(slices.Values(n.Keys)))
	for _, k := range keys { // in one order everywhere, so that no two wait for each other
		if err := tx.Lock(ctx, "sale "+scope.ShopID+"/"+string(scope.Mode)+"/"+string(e.Source)+"/"+k); err != nil {
			return err
		}
	}
	p, err := s.purchase(ctx, tx, scope, e.Source, keys)
	if err != nil {
		return err
	}
	p.facts.learn(n)
	if err := p.bring(ctx); err != nil {
		return err
	}
	if p.sale.Facts, err = json.Marshal(p.facts); err != nil {
		return err
	}
	if err := tx.PutSale(ctx, &p.sale, keys); err != nil {
		return err
	}
	e.SaleID, e.OrderID, e.Unmapped = p.sale.ID, p.sale.OrderID, p.unmapped
	if len(p.unmapped) > 0 {
		e.State = purvey.StoreEventUnmapped
	}
	if p.problem != "" {
		e.State, e.Error = purvey.StoreEventFailed, p.problem
	} else if err := tx.SettleStoreEvents(ctx, e); err != nil {
		return err
	}
	return tx.UpdateStoreEvent(ctx, &e)
}

// purchase is a purchase in a store while it is worked on, in one transaction.
type purchase struct {
	s     *Service
	tx    *store.Tx
	scope purvey.Scope
	sale  store.Sale
	facts facts
	order purvey.Order // zero: none was made

	unmapped []purvey.UnmappedLine // goods that no product is known for
	problem  string                // what a person must see to
}

// purchase finds the purchase with any of the keys, or begins it. Two that
// turn out to be one are joined, unless both have led to an order already.
func (s *Service) purchase(ctx context.Context, tx *store.Tx, scope purvey.Scope, source purvey.Source, keys []string) (*purchase, error) {
	p := &purchase{s: s, tx: tx, scope: scope, sale: store.Sale{ShopID: scope.ShopID, Mode: scope.Mode, Source: source}}
	sales, err := tx.SalesByKey(ctx, scope, source, keys)
	if err != nil || len(sales) == 0 {
		return p, err
	}
	first := max(slices.IndexFunc(sales, func(x store.Sale) bool { return x.OrderID != "" }), 0)
	p.sale = sales[first]
	if p.facts, err = readFacts(p.sale.Facts); err != nil {
		return nil, err
	}
	for i, other := range sales {
		if i == first || other.OrderID != "" {
			continue
		}
		f, err := readFacts(other.Facts)
		if err != nil {
			return nil, err
		}
		p.facts.join(f)
		if err := tx.JoinSales(ctx, p.sale.ID, other.ID); err != nil {
			return nil, err
		}
	}
	if p.sale.OrderID == "" {
		return p, nil
	}
	p.order, err = tx.LockOrder(ctx, scope, p.sale.OrderID)
	return p, err
}

// bring does what is known and not done yet.
func (p *purchase) bring(ctx context.Context) error {
	t, found, err := p.choose(ctx)
	if err != nil || t == nil || !p.facts.Paid && !t.Unpaid {
		return err
	}
	var fresh []StoreLine
	for _, l := range t.Lines {
		if _, placed := p.facts.Placed[l.ID]; placed {
			continue
		}
		if _, ok := found[l.ID]; ok {
			fresh = append(fresh, l)
		} else if l.Removed < l.Quantity {
			p.unmapped = append(p.unmapped, purvey.UnmappedLine{Keys: l.Keys, Name: l.Name, Quantity: l.Quantity})
		}
	}
	if p.sale.OrderID == "" {
		if len(fresh) == 0 || p.facts.closed() && !p.facts.Paid {
			return nil
		}
		if err := p.place(ctx, *t, fresh, found); err != nil || p.sale.OrderID == "" {
			return err
		}
	} else if len(fresh) > 0 && !p.facts.closed() {
		if err := p.add(ctx, fresh, found); err != nil {
			return err
		}
	}
	return p.settle(ctx, *t)
}

// match is the product of a store's line, and the key it is known by.
type match struct{ productID, key string }

// choose picks the telling whose goods are taken: the one they were taken from
// before, else the best with goods that are known, else the best.
func (p *purchase) choose(ctx context.Context) (*Telling, map[string]match, error) {
	var first *Telling
	for _, t := range p.facts.best() {
		if p.facts.Chosen != "" && t.Kind != p.facts.Chosen {
			continue
		}
		found, err := p.match(ctx, t.Lines)
		if err != nil {
			return nil, nil, err
		}
		if len(found) > 0 || p.facts.Chosen != "" {
			return &t, found, nil
		}
		if first == nil {
			first = &t
		}
	}
	return first, nil, nil
}

// match finds products for lines, by line: by mapping, by what the store says
// of the product itself, or by the platform's ids that a product names.
func (p *purchase) match(ctx context.Context, lines []StoreLine) (map[string]match, error) {
	var keys, own, gids []string
	for _, l := range lines {
		keys = append(keys, l.Keys...)
		if l.Product != "" {
			own = append(own, l.Product)
		}
		if l.ProductGID != "" {
			gids = append(gids, l.ProductGID)
		}
	}
	mapped, err := p.tx.Mapped(ctx, p.scope.ShopID, p.sale.Source, keys)
	if err != nil {
		return nil, err
	}
	bySlug, err := p.tx.ProductsByKey(ctx, p.scope.ShopID, store.KeySlug, own...)
	if err != nil {
		return nil, err
	}
	byID, err := p.tx.ProductsByID(ctx, p.scope.ShopID, own)
	if err != nil {
		return nil, err
	}
	byGID, err := p.tx.ProductsByGID(ctx, p.scope.ShopID, gids)
	if err != nil {
		return nil, err
	}
	out := map[string]match{}
	for _, l := range lines {
		if i := slices.IndexFunc(l.Keys, func(k string) bool { return mapped[k] != "" }); i >= 0 {
			out[l.ID] = match{mapped[l.Keys[i]], l.Keys[i]}
		} else if x, ok := bySlug[l.Product]; ok {
			out[l.ID] = match{x.ID, l.Product}
		} else if x, ok := byID[l.Product]; ok {
			out[l.ID] = match{x.ID, l.Product}
		} else if i := slices.IndexFunc(byGID, func(x purvey.Product) bool { return sells(x, l) }); i >= 0 {
			out[l.ID] = match{byGID[i].ID, l.ProductGID}
		}
	}
	return out, nil
}

// sells tells whether a product names the platform's product, and variant, of
// a line as its own.
func sells(p purvey.Product, l StoreLine) bool {
	return p.ProductGID == l.ProductGID && l.ProductGID != "" && !p.IsArchived &&
		(p.UseAllVariants || len(p.VariantGIDs) == 0 || slices.Contains(p.VariantGIDs, l.VariantGID))
}

// place makes the order.
func (p *purchase) place(ctx context.Context, t Telling, lines []StoreLine, found map[string]match) error {
	r := t.Request
	if r.Customer.Email == "" {
		for _, other := range p.facts.best() {
			if c := other.Request.Customer; c.Email != "" {
				r.Customer = c
				break
			}
		}
	}
	if r.NeedEmail && r.Customer.Email == "" {
		p.problem = "the purchase names no e-mail address so far; another event may"
		return nil
	}
	if p.facts.Paid && !r.Financial.WasPaid() {
		r.Financial = purvey.Paid
	}
	if p.facts.closed() {
		r.Financial, r.SendEmail = purvey.Refunded, false
	}
	if r.Currency == "" {
		shop, err := p.tx.Shop(ctx, p.scope.ShopID)
		if err != nil {
			return err
		}
		r.Currency = shop.Settings.Shop.Currency
	}
	if p.sale.Source != purvey.SourceSigned {
		if err := p.freeNames(ctx, &r); err != nil {
			return err
		}
	}
	head := lines[:min(len(lines), maxLines)]
	r.Lines = requests(head, found, 0)
	o, err := p.s.PlaceIn(ctx, p.tx, p.scope, r)
	if err != nil {
		return err
	}
	p.order, p.sale.OrderID, p.facts.Chosen = o, o.ID, t.Kind
	p.note(head, o.Lines)
	if len(lines) > len(head) {
		return p.add(ctx, lines[len(head):], found)
	}
	return nil
}

// freeNames gives way where another order has the name or the reference: two
// stores may both have an order #1001.
func (p *purchase) freeNames(ctx context.Context, r *Request) error {
	if r.Name != "" {
		taken, err := p.tx.NumberTaken(ctx, p.scope, 0, r.Name)
		if err != nil {
			return err
		}
		if taken {
			r.Name = StoreName(r.Name, p.sale.Source)
		}
	}
	_, err := p.tx.OrderByReference(ctx, p.scope, r.ExternalReference)
	if errors.Is(err, purvey.NotFound) {
		return nil
	}
	r.ExternalReference = string(p.sale.Source) + ":" + r.ExternalReference
	return err
}

// StoreName is the name of a store's order whose own name another order has.
func StoreName(name string, source purvey.Source) string { return name + " (" + string(source) + ")" }

// requests makes lines of ours; number is the largest there is.
func requests(lines []StoreLine, found map[string]match, number int64) []LineRequest {
	out := make([]LineRequest, len(lines))
	for i, l := range lines {
		m := found[l.ID]
		out[i] = LineRequest{
			ProductID: m.productID, Quantity: l.Quantity, PriceCents: l.PriceCents, Number: number + int64(i) + 1, GID: l.GID, Extra: noteKey(m.key),
		}
	}
	return out
}

// add puts lines into the order that is there, and mails what they bring.
func (p *purchase) add(ctx context.Context, lines []StoreLine, found map[string]match) error {
	var number int64
	for _, l := range p.order.Lines {
		number = max(number, l.Number)
	}
	before := len(p.order.Lines)
	o, err := p.s.addLines(ctx, p.tx, p.order, requests(lines, found, number), true)
	if err != nil {
		return err
	}
	p.order = o
	p.note(lines, o.Lines[before:])
	return nil
}

// note remembers which line of ours is which of the store's.
func (p *purchase) note(lines []StoreLine, ours []purvey.Line) {
	for i, l := range ours {
		put(&p.facts.Placed, lines[i].ID, l.ID)
	}
}

// settle brings payment, refunds and disputes to what is known.
func (p *purchase) settle(ctx context.Context, t Telling) (err error) {
	switch {
	case p.facts.closed() && !p.order.Financial.WasPaid() && !p.facts.Paid:
		if p.order.Financial != purvey.Voided && p.order.Financial != purvey.FinancialExpired {
			void := purvey.Voided
			p.order, err = p.s.Patch(ctx, p.scope, p.order.ID, Patch{Financial: &void})
		}
		return err
	case p.facts.Paid && !p.order.Financial.WasPaid():
		paid := purvey.Paid
		if p.order, err = p.s.Patch(ctx, p.scope, p.order.ID, Patch{Financial: &paid}); err != nil {
			return err
		}
	}
	if !p.order.Financial.WasPaid() {
		return nil
	}
	if err := p.refund(ctx, t); err != nil {
		return err
	}
	return p.dispute(ctx, t)
}

// refund gives back what the store has given back and we have not.
func (p *purchase) refund(ctx context.Context, t Telling) error {
	units, cents, clear := p.facts.given(t)
	var lines []RefundLine
	var back int64 // the worth of all units given back
	for _, l := range t.Lines {
		ours, ok := p.order.Line(p.facts.Placed[l.ID])
		if !ok {
			continue
		}
		n := min(units[l.ID], ours.Quantity) - ours.RefundedQuantity
		if n > 0 {
			lines = append(lines, RefundLine{LineID: ours.ID, Quantity: n})
		}
		back += l.paid() * int64(ours.RefundedQuantity+max(n, 0))
	}
	if !clear && back < cents {
		p.problem = "a refund of " + purvey.FormatAmount(cents, p.order.Currency) + " does not say for which goods: refund the order's lines by hand"
	}
	if len(lines) == 0 {
		return nil
	}
	o, err := p.s.Refund(ctx, p.scope, p.order.ID, lines)
	if err == nil {
		p.order = o
	}
	return err
}

// given tells how many units of each line of the store were given back, lost
// disputes included, and how much money in all. clear is false when some of
// the money can be tied to no units.
func (f *facts) given(t Telling) (units map[string]int, cents int64, clear bool) {
	units, clear = map[string]int{}, true
	add := func(amount int64) {
		got, ok := t.unitsOf(amount)
		clear = clear && ok
		cents += amount
		for id, n := range got {
			units[id] += n
		}
	}
	priced, worth := map[string]int{}, map[string]int64{}
	for _, r := range f.Refunds {
		if len(r.Units) == 0 {
			add(r.Cents)
		}
		for id, n := range r.Units {
			if w, told := r.Worth[id]; told {
				priced[id] += n
				worth[id] += w
			} else {
				units[id] += n
			}
		}
	}
	for id, n := range priced {
		units[id] += t.whole(id, n, worth[id])
	}
	if f.RefundedCents > cents {
		cents = 0
		add(f.RefundedCents)
	}
	for _, d := range f.Disputes {
		if d.State == DisputeLost {
			add(f.amount(d, t))
		}
	}
	for _, l := range t.Lines {
		units[l.ID] = max(units[l.ID], l.Removed)
		if f.closed() {
			units[l.ID] = l.Quantity
		}
	}
	return units, cents, clear || f.closed()
}

func (f *facts) amount(d StoreDispute, t Telling) int64 {
	if d.Cents == 0 {
		return t.total()
	}
	return d.Cents
}

// disputed is the reason of a line that is paused while a dispute is open.
const disputed = "disputed"

// dispute pauses the lines whose units are all in dispute, or all of them
// where that cannot be told, and gives back what is in dispute no more.
func (p *purchase) dispute(ctx context.Context, t Telling) error {
	held := map[string]bool{}
	for _, d := range p.facts.Disputes {
		if d.State != DisputeOpen {
			continue
		}
		units, ok := t.unitsOf(p.facts.amount(d, t))
		for _, l := range t.Lines {
			ours, placed := p.order.Line(p.facts.Placed[l.ID])
			if placed && (!ok || units[l.ID] > 0 && units[l.ID] >= ours.Units()) {
				held[ours.ID] = true
			}
		}
	}
	return p.s.hold(ctx, p.tx, &p.order, held)
}
