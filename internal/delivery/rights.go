package delivery

import (
	"context"
	"sync"
	"time"

	"purvey"
)

// known is an order as it was read a moment ago, with all that decides over
// its goods. It is shared and never changed.
type known struct {
	order   purvey.Order
	shop    purvey.Shop
	rights  []purvey.Right
	version uint64
	read    time.Time
}

// rights remembers what was read for requests of bytes, of which a download
// manager sends many. It is believed as long as nothing was written that bears
// on a right: by this process, which is known at once, or by another one, such
// as a command at the prompt, for which Run looks every second.
type rights struct {
	mu     sync.Mutex
	orders map[string]*known
	lines  map[string]string // line → order, which never changes
}

const (
	rightLife  = time.Minute
	rightsMost = 4096 // orders, and lines, that are remembered
)

func newRights() *rights {
	return &rights{orders: map[string]*known{}, lines: map[string]string{}}
}

// orderNow gives an order, whose links have not been renewed since the epoch,
// of an open shop.
func (s *Service) orderNow(ctx context.Context, id string, epoch int) (*known, error) {
	k, err := s.readOrder(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case k.order.LinkEpoch != epoch:
		return nil, purvey.Missing("page")
	}
	return k, refuseClosed(k.shop)
}

func (s *Service) readOrder(ctx context.Context, id string) (*known, error) {
	version, fast := s.db.RightsVersion()
	if fast {
		if k := s.rights.order(id, version); k != nil {
			return k, nil
		}
	}
	o, err := s.db.OrderByID(ctx, id)
	if err != nil {
		return nil, err
	}
	shop, err := s.db.Shop(ctx, o.ShopID)
	if err != nil {
		return nil, err
	}
	rights, err := s.db.Rights(ctx, o)
	if err != nil {
		return nil, err
	}
	k := &known{order: o, shop: shop, rights: rights, version: version, read: time.Now()}
	if fast {
		s.rights.keep(k)
	}
	return k, nil
}

func (r *rights) order(id string, version uint64) *known {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k := r.orders[id]; k != nil && k.version == version && time.Since(k.read) < rightLife {
		return k
	}
	return nil
}

func (r *rights) keep(k *known) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.orders) >= rightsMost {
		clear(r.orders)
	}
	if len(r.lines)+len(k.rights) >= rightsMost {
		clear(r.lines)
	}
	r.orders[k.order.ID] = k
	for _, right := range k.rights {
		r.lines[right.Line.ID] = k.order.ID
	}
}

// rightNow gives the right of a line, of an order whose links have not been
// renewed since the epoch, and its open shop.
func (s *Service) rightNow(ctx context.Context, lineID string, epoch int) (purvey.Right, purvey.Shop, error) {
	s.rights.mu.Lock()
	orderID := s.rights.lines[lineID]
	s.rights.mu.Unlock()
	if orderID == "" {
		r, err := s.db.Right(ctx, lineID)
		if err != nil {
			return r, purvey.Shop{}, err
		}
		orderID = r.Order.ID
	}
	k, err := s.orderNow(ctx, orderID, epoch)
	if err != nil {
		return purvey.Right{}, purvey.Shop{}, err
	}
	for _, r := range k.rights {
		if r.Line.ID == lineID {
			return r, k.shop, nil
		}
	}
	return purvey.Right{}, purvey.Shop{}, purvey.Missing("order line")
}

// sources gives a source for each line of the order, as of now.
func (s *Service) sources(k *known) []*source {
	out := make([]*source, len(k.rights))
	for i, r := range k.rights {
		out[i] = s.lineSource(k.shop, r)
	}
	return out
}

// refuseClosed refuses what belongs to a disabled shop.
func refuseClosed(shop purvey.Shop) error {
	if shop.State != purvey.ShopActive {
		return purvey.Because(purvey.Denied, purvey.ReasonShopDisabled, "the shop is closed")
	}
	return nil
}
