package delivery

import (
	"context"
	"errors"
	"slices"
	"time"

	"purvey"
)

// source is a holder of an allowance, an order line or a share link, as it
// stands now: what it may give, to whom, and how often.
type source struct {
	via       string
	holder    string // id of the line, link or download token
	shop      purvey.Shop
	scope     purvey.Scope
	right     purvey.Right // zero for a link
	link      purvey.Link  // zero unless it is one
	mint      purvey.Mint  // zero unless it is one
	version   string       // id; "" where goods have no version
	files     []purvey.File
	allowance int       // copies of each file; 0 no limit
	since     time.Time // copies begun later count
	refusal   *purvey.Refusal
	resume    bool // no copy may begin any more, those begun may end
}

// lock names what must not happen twice at once: decisions about one file of
// an order, or about any file of what belongs to no order, such as a link,
// whose end all files share.
func (src *source) lock(fileID string) string {
	if src.right.Order.ID == "" {
		return "copies " + src.holder
	}
	return "copies " + src.right.Order.ID + " " + fileID
}

func (src *source) file(id string) (purvey.File, bool) {
	i := slices.IndexFunc(src.files, func(f purvey.File) bool { return f.ID == id })
	if i < 0 {
		return purvey.File{}, false
	}
	return src.files[i], true
}

// refused gives the error of a refusal.
func refused(reason purvey.Reason) error {
	return purvey.Because(purvey.Denied, reason, "%s", words(reason))
}

// words says for programs why bytes are refused; pages have their own texts.
func words(reason purvey.Reason) string {
	switch reason {
	case purvey.ReasonAccessDisabled:
		return "access to this order is switched off"
	case purvey.ReasonPaused:
		return "access is paused"
	case purvey.ReasonExpired:
		return "access has expired"
	case purvey.ReasonRefunded:
		return "the purchase was refunded"
	case purvey.ReasonCanceled:
		return "the purchase was canceled"
	case purvey.ReasonUnpaid:
		return "the order is not paid"
	case purvey.ReasonHeld:
		return "the order is being checked"
	case purvey.ReasonScheduled:
		return "the files are not released yet"
	case purvey.ReasonNoFiles:
		return "there is no file yet"
	case purvey.ReasonUsedUp:
		return "every copy of this file has been downloaded"
	case purvey.ReasonBandwidth:
		return "the shop has sent as much as it wants to for now"
	case purvey.ReasonStampImpossible:
		return "the file could not be personalised"
	case purvey.ReasonFailed:
		return "the goods could not be made ready"
	default:
		return "the goods are not ready yet"
	}
}

// lineSource is the source that a right describes.
func (s *Service) lineSource(shop purvey.Shop, r purvey.Right) *source {
	return &source{
		via: purvey.ViaOrder, holder: r.Line.ID, shop: shop, scope: purvey.Scope{ShopID: r.Order.ShopID, Mode: r.Order.Mode},
		right: r, version: r.Version.ID, files: r.Goods(), allowance: r.Allowance(), since: r.Line.CountFrom, refusal: r.Check(s.db.Now()),
	}
}

// linkSource is the source that a share link is.
func (s *Service) linkSource(shop purvey.Shop, k purvey.Link) *source {
	src := &source{
		via: purvey.ViaLink, holder: k.ID, shop: shop, scope: purvey.Scope{ShopID: k.ShopID, Mode: k.Mode},
		link: k, files: k.Files, allowance: k.Allowance(),
	}
	if !k.ExpiresAt.IsZero() && !s.db.Now().Before(k.ExpiresAt) {
		src.refusal = &purvey.Refusal{Reason: purvey.ReasonExpired, Closed: true}
	}
	return src
}

// orderOf reads the order that a page token names, with its shop.
func (s *Service) orderOf(ctx context.Context, token string) (purvey.Order, purvey.Shop, error) {
	id, epoch, err := s.openPageToken(token)
	if err != nil {
		return purvey.Order{}, purvey.Shop{}, err
	}
	return s.orderAt(ctx, id, epoch)
}

// orderAt reads an order whose links have not been renewed since the epoch.
func (s *Service) orderAt(ctx context.Context, id string, epoch int) (purvey.Order, purvey.Shop, error) {
	o, err := s.db.OrderByID(ctx, id)
	if err == nil && o.LinkEpoch != epoch {
		err = purvey.Missing("page")
	}
	if err != nil {
		return purvey.Order{}, purvey.Shop{}, err
	}
	shop, err := s.openShop(ctx, o.ShopID)
	return o, shop, err
}

// orderSources gives a source for each line of an order.
func (s *Service) orderSources(ctx context.Context, o purvey.Order, shop purvey.Shop) ([]*source, error) {
	rights, err := s.db.Rights(ctx, o)
	if err != nil {
		return nil, err
	}
	sources := make([]*source, len(rights))
	for i, r := range rights {
		sources[i] = s.lineSource(shop, r)
	}
	return sources, nil
}

// linkOf reads the share link whose URL this is.
func (s *Service) linkOf(ctx context.Context, id, secret string) (*source, error) {
	if !s.validLink(id, secret) {
		return nil, purvey.Missing("download link")
	}
	return s.linkByID(ctx, id)
}

func (s *Service) mintByID(ctx context.Context, id string) (*source, error) {
	m, err := s.db.MintByID(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.mintSource(ctx, m)
}

func (s *Service) linkByID(ctx context.Context, id string) (*source, error) {
	k, err := s.db.LinkByID(ctx, id)
	if err != nil {
		return nil, err
	}
	shop, err := s.openShop(ctx, k.ShopID)
	if err != nil {
		return nil, err
	}
	return s.linkSource(shop, k), nil
}

// granted gives the source of a grant for one file. The file may belong to a
// version that the line no longer follows: a transfer that began before a
// release may end. A withdrawn version is given to nobody.
func (s *Service) granted(ctx context.Context, g grant) (*source, error) {
	switch g.kind {
	case grantLink:
		return s.linkByID(ctx, g.holder)
	case grantMint:
		return s.mintByID(ctx, g.holder)
	}
	r, shop, err := s.rightNow(ctx, g.holder, g.epoch)
	if err != nil {
		return nil, err
	}
	if g.version != "" && g.version != r.Version.ID {
		v, err := s.db.Version(ctx, r.Order.ShopID, g.version)
		if err != nil && !errors.Is(err, purvey.NotFound) {
			return nil, err
		}
		if err == nil && v.State != purvey.VersionWithdrawn {
			r.Version = v
		}
	}
	return s.lineSource(shop, r), nil
}
