package delivery

import (
	"context"
	"strings"
	"time"

	"purvey"
	"purvey/internal/store"
)

// Page is what an order's page shows. Looking at it changes nothing.
type Page struct {
	Shop    purvey.Shop
	Order   purvey.Order // without lines
	Lines   []PageLine
	Refusal *purvey.Refusal // set when the whole page is closed
	Archive bool            // there is more than one file to be had now
}

// PageLine is one product of an order's page.
type PageLine struct {
	ID        string
	Name      string
	Quantity  int
	Refusal   *purvey.Refusal // nil: the goods may be had
	Expiry    time.Time       // zero: never
	Release   time.Time       // when a scheduled product comes out; zero: no date
	Zone      string          // of Release
	Keys      []string        // empty while they may not be seen
	KeysOwed  int             // that are still to come
	Files     []PageFile
	Links     []purvey.ProductLink
	Version   string                 // "" where the goods have none
	Notes     string                 // what is new in it
	Zip       bool                   // the product's files are given as one archive
	Cover     string                 // URL of a picture of the product; "" none
	UpdatedAt time.Time              // when its version came out; zero: unknown
	Updated   bool                   // its files are newer than the purchase
	Stamped   bool                   // its files bear the customer's name
	MayAsk    bool                   // more downloads, or more time, may be asked for
	Asked     purvey.DownloadRequest // the latest request for more; zero: none
	Earlier   []Release              // versions before this one that have notes, the newest first; of an order's own page only
}

// Release is a version as a page tells of it.
type Release struct {
	Version string
	Notes   string
	At      time.Time
}

// PageFile is one file of a page and what may still be had of it.
type PageFile struct {
	File      purvey.File
	Used      int           // copies begun
	Allowance int           // 0: no limit
	Left      int           // copies that may begin; only with an Allowance
	Open      bool          // the latest copy has not ended and may be finished
	Preparing bool          // its personal copy is being made
	Reason    purvey.Reason // why it may not be had; "" it may
	View      string        // how it may be viewed in the browser, as Viewable says; "" not at all
}

// Page gives an order's page. A forged or outdated token is purvey.NotFound.
func (s *Service) Page(ctx context.Context, token string) (Page, error) {
	o, shop, err := s.orderOf(ctx, token)
	if err != nil {
		return Page{Shop: shop}, err
	}
	p, err := s.pageOf(ctx, o, shop)
	if err != nil {
		return p, err
	}
	return p, s.addEarlier(ctx, &p, o)
}

// earlierMost is how many earlier versions a page tells of.
const earlierMost = 5

// addEarlier puts what was new in earlier versions on the page.
func (s *Service) addEarlier(ctx context.Context, p *Page, o purvey.Order) error {
	for i := range p.Lines {
		l := &p.Lines[i]
		if l.Refusal != nil || l.Version == "" {
			continue
		}
		bought, ok := o.Line(l.ID)
		if !ok {
			continue
		}
		all, err := s.db.Versions(ctx, o.ShopID, bought.ProductID, purvey.Page{Limit: 20, Sort: purvey.SortNewest})
		if err != nil {
			return err
		}
		for after := false; len(all.Items) > 0 && len(l.Earlier) < earlierMost; all.Items = all.Items[1:] {
			v := all.Items[0]
			if after && v.State == purvey.VersionReady && !v.ActivatedAt.IsZero() && strings.TrimSpace(v.Notes) != "" {
				l.Earlier = append(l.Earlier, Release{v.Version, strings.TrimSpace(v.Notes), v.ActivatedAt})
			}
			after = after || v.Version == l.Version
		}
	}
	return nil
}

// Receipt gives the order of a page with its lines, for its receipt. It is
// there as long as the page's address is good, whatever became of the goods.
func (s *Service) Receipt(ctx context.Context, token string) (purvey.Order, purvey.Shop, error) {
	return s.orderOf(ctx, token)
}

// pageOf gives the page of an order that was read.
func (s *Service) pageOf(ctx context.Context, o purvey.Order, shop purvey.Shop) (Page, error) {
	sources, err := s.orderSources(ctx, o, shop)
	if err != nil {
		return Page{Shop: shop}, err
	}
	taken, err := s.db.CopiesOfOrder(ctx, o.ID)
	if err != nil {
		return Page{Shop: shop}, err
	}
	p := Page{Shop: shop, Order: o}
	p.Order.Lines = nil
	ids := make([]string, len(sources))
	for i, src := range sources {
		ids[i] = src.version
	}
	versions, err := s.db.VersionsByID(ctx, shop.ID, ids)
	if err != nil {
		return p, err
	}
	asked, err := s.db.RequestsOfOrder(ctx, o.ID)
	if err != nil {
		return p, err
	}
	closed := len(sources) > 0
	files := 0
	for _, src := range sources {
		l := s.pageLine(src, taken)
		if v, ok := versions[src.version]; ok && l.Refusal == nil {
			l.Version, l.Notes = v.Version, strings.TrimSpace(v.Notes)
			l.UpdatedAt = v.ActivatedAt
			l.Updated = v.ActivatedAt.After(o.CreatedAt) && src.right.Line.VersionID == "" && src.right.Line.Delivering != purvey.Unique && v.ActivatedAt.After(src.right.Line.DeliveredAt)
		}
		l.Asked = asked[l.ID]
		for _, f := range l.Files {
			if f.Reason == purvey.ReasonNone {
				files++
			}
		}
		closed = closed && l.Refusal != nil && l.Refusal.Closed
		p.Lines = append(p.Lines, l)
	}
	p.Archive = files > 1
	if closed {
		p.Refusal = p.Lines[0].Refusal
	}
	return p, nil
}

func (s *Service) pageLine(src *source, taken []store.Copies) PageLine {
	r := src.right
	l := PageLine{
		ID: r.Line.ID, Name: r.Line.ProductName, Quantity: r.Line.Units(), Refusal: src.refusal, Expiry: r.Expiry(),
		Zip: r.Product.DownloadType == purvey.DownloadZip, Cover: r.Product.CoverURL,
		Stamped: r.Product.Stamping.Enabled, MayAsk: mayAsk(r, s.db.Now()),
	}
	if src.refusal != nil && src.refusal.Reason == purvey.ReasonScheduled {
		l.Release, l.Zone = r.Product.ScheduledAt, r.Product.ScheduledZone
	}
	if r.KeysVisible(s.db.Now()) {
		for _, k := range r.Line.Keys {
			l.Keys = append(l.Keys, k.Key)
		}
		l.KeysOwed = r.Line.KeysOwed
	}
	if src.refusal == nil {
		l.Links = r.Product.Links
		l.Files = s.pageFiles(src, taken)
	}
	return l
}

func (s *Service) pageFiles(src *source, taken []store.Copies) []PageFile {
	var out []PageFile
	for _, f := range src.files {
		pf := PageFile{File: f, Allowance: src.allowance, Left: src.allowance, Preparing: s.stamping.inProgress(src, f)}
		if src.mayView() {
			pf.View = Viewable(f)
		}
		for _, c := range taken {
			if c.HolderID == src.holder && c.FileID == f.ID {
				d := s.copies.known(c.Latest)
				pf.Used, pf.Left = c.Begun, max(src.allowance-c.Begun, 0)
				pf.Open = d.VersionID == src.version && d.CompletedAt.IsZero() && d.Takes(s.db.Now(), 0)
			}
		}
		switch {
		case !f.Uploaded:
			pf.Reason = purvey.ReasonNoFiles
		case pf.Allowance > 0 && pf.Left == 0 && !pf.Open:
			pf.Reason = purvey.ReasonUsedUp
		}
		out = append(out, pf)
	}
	return out
}

// LinkPage is what a share link's page shows.
type LinkPage struct {
	Shop    purvey.Shop
	Link    purvey.Link
	Files   []PageFile
	Refusal *purvey.Refusal // set when the page is closed
	Archive bool            // there is more than one file to be had now
}

// LinkPage gives a share link's page. A wrong address is purvey.NotFound.
func (s *Service) LinkPage(ctx context.Context, id, secret string) (LinkPage, error) {
	src, err := s.linkOf(ctx, id, secret)
	if err != nil {
		return LinkPage{}, err
	}
	p := LinkPage{Shop: src.shop, Link: src.link, Refusal: src.refusal}
	if src.refusal != nil {
		return p, nil
	}
	taken, err := s.db.CopiesOfLink(ctx, id)
	if err != nil {
		return p, err
	}
	p.Files = s.pageFiles(src, taken)
	files := 0
	for _, f := range p.Files {
		if f.Reason == purvey.ReasonNone {
			files++
		}
	}
	p.Archive = files > 1
	return p, nil
}

// PageOwner gives the shop of an order's page and the customer's locale; ok is
// false when there is no such page.
func (s *Service) PageOwner(ctx context.Context, token string) (shop purvey.Shop, locale string, ok bool) {
	o, shop, err := s.orderOf(ctx, token)
	return shop, o.Customer.Locale, err == nil
}

// LinkOwner gives the shop of a share link's page; ok is false when there is no
// such page.
func (s *Service) LinkOwner(ctx context.Context, id, secret string) (shop purvey.Shop, ok bool) {
	src, err := s.linkOf(ctx, id, secret)
	if err != nil {
		return purvey.Shop{}, false
	}
	return src.shop, true
}

// GrantOwner gives the shop behind a byte URL, its customer's locale, and
// whether it is of a share link. For one that leads nowhere all are zero.
func (s *Service) GrantOwner(ctx context.Context, token string) (shop purvey.Shop, locale string, link bool) {
	g, err := s.openGrant(token)
	if err != nil {
		return purvey.Shop{}, "", false
	}
	var src *source
	if g.kind == grantOrderZip {
		k, err := s.orderNow(ctx, g.holder, g.epoch)
		if err != nil {
			return purvey.Shop{}, "", false
		}
		return k.shop, k.order.Customer.Locale, false
	}
	switch g.kind {
	case grantLinkZip:
		src, err = s.linkByID(ctx, g.holder)
	case grantMintZip:
		src, err = s.mintByID(ctx, g.holder)
	default:
		src, err = s.granted(ctx, g)
	}
	if err != nil {
		return purvey.Shop{}, "", false
	}
	return src.shop, src.right.Order.Customer.Locale, src.via == purvey.ViaLink
}
