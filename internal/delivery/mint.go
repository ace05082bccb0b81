package delivery

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"purvey"
	"purvey/internal/store"
)

// Mintable gives the product with the slug and the version of it that a
// download token may be made for: the one with the number, or the active one
// for "". It must be ready, and active where the shop's policy is strict.
// Everything else is purvey.NotFound.
func (s *Service) Mintable(ctx context.Context, scope purvey.Scope, slug, number string) (purvey.Product, purvey.Version, error) {
	name := slug
	if number != "" {
		name += "@" + number
	}
	none := purvey.Errorf(purvey.NotFound, "No active manifest for %s", name)
	p, err := s.db.ProductByKey(ctx, scope.ShopID, store.KeySlug, slug)
	if errors.Is(err, purvey.NotFound) || err == nil && p.Status != published {
		err = none
	}
	if err != nil {
		return p, purvey.Version{}, err
	}
	var v purvey.Version
	if number == "" {
		v, err = s.db.Version(ctx, scope.ShopID, p.ActiveVersionID)
	} else {
		v, err = s.db.VersionByNumber(ctx, scope.ShopID, p.ID, number)
	}
	if errors.Is(err, purvey.NotFound) || err == nil && v.State != purvey.VersionReady {
		err = none
	}
	if err != nil || v.ID == p.ActiveVersionID {
		return p, v, err
	}
	shop, err := s.db.Shop(ctx, scope.ShopID)
	if err == nil && shop.Settings.Policies.StrictActive {
		err = none
	}
	return p, v, err
}

const published = "published"

// Minted is a fresh download token, as it is told once.
type Minted struct {
	purvey.Mint
	Text string
	URL  string
}

// Mint makes a download token for one version of a product. It lasts as long
// as the shop's setting says, whatever version is active meanwhile, and
// belongs to the order line, if one is given: it opens nothing once the line
// does not.
func (s *Service) Mint(ctx context.Context, scope purvey.Scope, p purvey.Product, v purvey.Version, line purvey.Line) (Minted, error) {
	return s.mintWith(ctx, scope, p, v, line, TokenRequest{})
}

func (s *Service) mintWith(ctx context.Context, scope purvey.Scope, p purvey.Product, v purvey.Version, line purvey.Line, r TokenRequest) (Minted, error) {
	shop, err := s.db.Shop(ctx, scope.ShopID)
	if err != nil {
		return Minted{}, err
	}
	life := time.Duration(shop.Settings.Lifetimes.Mint) * time.Second
	if r.Life > 0 {
		life = r.Life
	}
	m := Minted{Text: purvey.NewMintText(), Mint: purvey.Mint{
		ShopID: scope.ShopID, Mode: scope.Mode, ProductID: p.ID, VersionID: v.ID, OrderID: line.OrderID, LineID: line.ID,
		Email: r.Email, Name: r.Name, Copies: r.Copies,
		// What the caller is told is exact, and it is told in milliseconds.
		ExpiresAt: s.db.Now().Truncate(time.Millisecond).Add(life),
	}}
	m.Hash = purvey.HashToken(m.Text)
	m.URL = s.originOf(ctx, scope.ShopID) + "/download?token=" + url.QueryEscape(m.Text)
	return m, s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.InsertMint(ctx, &m.Mint); err != nil || !r.forMerchant {
			return err
		}
		after := purvey.AuditFields{"version": v.Version, "expires_at": m.ExpiresAt, "email": r.Email, "name": r.Name, "copies": r.Copies}
		return tx.Audit(ctx, purvey.AuditEntry{
			ShopID: scope.ShopID, Mode: scope.Mode, Action: "download_token.created",
			Object: purvey.AuditObject{Type: "product", ID: p.ID, Name: p.Name}, After: after,
		})
	})
}

// CompleteMint notes, for a downloader, that it is done with a token of the
// shop. The token stays good until it ends. An unknown one is purvey.NotFound.
func (s *Service) CompleteMint(ctx context.Context, shopID, token string) error {
	m, err := s.mint(ctx, token)
	if err == nil && m.ShopID != shopID {
		err = purvey.Missing("download token")
	}
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error { return tx.UseMint(ctx, m.ID) })
}

// mint gives a token that exists, ended or not. What cannot be one is refused
// without asking the database.
func (s *Service) mint(ctx context.Context, token string) (purvey.Mint, error) {
	if !purvey.ValidMintText(token) {
		return purvey.Mint{}, purvey.Missing("download token")
	}
	return s.db.MintByHash(ctx, purvey.HashToken(token))
}

// mintOf gives the source that a token in force is. With an ended one the shop
// is still given, so that its page can say where to go.
func (s *Service) mintOf(ctx context.Context, token string) (*source, purvey.Shop, error) {
	m, err := s.mint(ctx, token)
	if err != nil {
		return nil, purvey.Shop{}, err
	}
	src, err := s.mintSource(ctx, m)
	if err != nil {
		return nil, purvey.Shop{}, err
	}
	if !s.db.Now().Before(m.ExpiresAt) {
		return nil, src.shop, purvey.Because(purvey.NotFound, purvey.ReasonExpired, "the download token has expired")
	}
	return src, src.shop, nil
}

// mintSource is the source that a download token is.
func (s *Service) mintSource(ctx context.Context, m purvey.Mint) (*source, error) {
	shop, err := s.openShop(ctx, m.ShopID)
	if err != nil {
		return nil, err
	}
	v, err := s.db.Version(ctx, m.ShopID, m.VersionID)
	if err == nil && v.State == purvey.VersionWithdrawn {
		err = purvey.Missing("version")
	}
	if err != nil {
		return nil, err
	}
	src := &source{
		via: purvey.ViaMint, holder: m.ID, shop: shop, scope: purvey.Scope{ShopID: m.ShopID, Mode: m.Mode}, mint: m, version: v.ID, files: v.Files,
		allowance: m.Copies,
	}
	if m.LineID != "" {
		if src.right, err = s.db.Right(ctx, m.LineID); err != nil {
			return nil, err
		}
		src.right.Version = v
		src.files, src.refusal = src.right.Goods(), src.right.Check(s.db.Now())
		return src, nil
	}
	src.right.Version = v
	src.right.Product, err = s.db.Product(ctx, m.ShopID, m.ProductID)
	src.right.Line.ProductName = src.right.Product.Name
	c := &src.right.Order.Customer
	c.Email = m.Email
	c.Firstname, c.Lastname = purvey.SplitName(m.Name)
	return src, err
}

// MintPage is what a download token's page shows.
type MintPage struct {
	Shop      purvey.Shop
	Product   string
	Version   string
	Notes     string
	Locale    string // of the customer; "" unknown
	ExpiresAt time.Time
	Keys      []string
	Files     []PageFile
	Links     []purvey.ProductLink
	Refusal   *purvey.Refusal // why the goods may not be had
	Archive   bool            // there is more than one file to be had now
}

// MintPage gives a download token's page. Looking at it changes nothing. An
// unknown token is purvey.NotFound; so is one that has ended, with
// ReasonExpired, and then the shop is set.
func (s *Service) MintPage(ctx context.Context, token string) (MintPage, error) {
	src, shop, err := s.mintOf(ctx, token)
	if err != nil {
		return MintPage{Shop: shop}, err
	}
	r := src.right
	p := MintPage{
		Shop: shop, Product: r.Line.ProductName, Version: r.Version.Version, Notes: strings.TrimSpace(r.Version.Notes),
		Locale: r.Order.Customer.Locale, ExpiresAt: src.mint.ExpiresAt, Refusal: src.refusal,
	}
	if src.mint.LineID != "" && r.KeysVisible(s.db.Now()) {
		for _, k := range r.Line.Keys {
			p.Keys = append(p.Keys, k.Key)
		}
	}
	if src.refusal != nil {
		return p, nil
	}
	taken, err := s.db.CopiesOfMint(ctx, src.holder)
	if err != nil {
		return p, err
	}
	p.Links, p.Files = r.Product.Links, s.pageFiles(src, taken)
	files := 0
	for _, f := range p.Files {
		if f.Reason == purvey.ReasonNone {
			files++
		}
	}
	p.Archive = files > 1
	return p, nil
}

// MintFile is a file of a download token.
func (s *Service) MintFile(ctx context.Context, token, fileID string) (*Item, error) {
	src, _, err := s.mintOf(ctx, token)
	if err != nil {
		return nil, err
	}
	sources, f, err := having([]*source{src}, fileID)
	if err != nil {
		return nil, err
	}
	return s.fileItem(ctx, sources, f)
}

// GrantMintFile is the answer to the button of one file on a token's page.
func (s *Service) GrantMintFile(ctx context.Context, token, fileID string, c Client) (string, error) {
	src, _, err := s.mintOf(ctx, token)
	if err != nil {
		return "", err
	}
	sources, f, err := having([]*source{src}, fileID)
	if err != nil {
		return "", err
	}
	return s.grantOf(ctx, sources, f, c)
}

// MintArchive is everything that a download token has to give, as one ZIP.
func (s *Service) MintArchive(ctx context.Context, token string, note Note) (*Item, error) {
	src, _, err := s.mintOf(ctx, token)
	if err != nil {
		return nil, err
	}
	members, chosen, err := s.choose(ctx, []*source{src})
	if err != nil {
		return nil, err
	}
	return s.archive(ctx, src.archiveName(), members, chosen, note)
}

// GrantMintArchive is the answer to the button "all files" of a token's page.
func (s *Service) GrantMintArchive(ctx context.Context, token string) (string, error) {
	src, _, err := s.mintOf(ctx, token)
	if err != nil {
		return "", err
	}
	return s.grantArchive(ctx, grant{kind: grantMintZip, holder: src.holder}, []*source{src}, src.archiveName())
}

// bounded is the end of an address of the source's bytes: no address outlives
// the token that it was made by.
func (src *source) bounded(end time.Time) time.Time {
	if src.mint.ID != "" && src.mint.ExpiresAt.Before(end) {
		return src.mint.ExpiresAt
	}
	return end
}

// archiveName is the name of the archive that a token gives.
func (src *source) archiveName() string {
	name := strings.NewReplacer("/", "-", `\`, "-").Replace(src.right.Product.Slug + " " + src.right.Version.Version)
	return purvey.FileName(name + ".zip")
}

// keepMints is how long an ended token is remembered, so that its page can say
// that it has ended.
const keepMints = 90 * 24 * time.Hour

// SweepMints forgets tokens that ended long ago; what was downloaded by them
// stays in the report. Safe to run again.
func (s *Service) SweepMints(ctx context.Context) error {
	return s.db.Tx(store.Later(ctx), func(tx *store.Tx) error {
		_, err := tx.DeleteMints(ctx, tx.Now().Add(-keepMints))
		return err
	})
}

// TokenRequest says what download token a merchant wants. The zero value is a
// look at what buyers get.
type TokenRequest struct {
	VersionID string        // "" the active one
	Life      time.Duration // 0 as long as the shop's setting says; at most MaxTokenLife
	Copies    int           // of each file; 0 no limit
	Email     string        // of whom it is made for; PDFs are stamped with it
	Name      string

	forMerchant bool // it is made by hand
}

// Bounds of what a merchant may ask for.
const (
	MaxTokenLife   = 366 * 24 * time.Hour
	maxTokenCopies = 1000
	maxTokenName   = 200 // characters
)

// MakeToken makes a download token for a merchant: to see what buyers of a
// product get, or for somebody who has no order. It counts for no order.
// Errors: NotFound, also for a version that was withdrawn; Invalid.
func (s *Service) MakeToken(ctx context.Context, scope purvey.Scope, productID string, r TokenRequest) (Minted, error) {
	r.Email, r.Name = strings.TrimSpace(r.Email), strings.TrimSpace(r.Name)
	var c purvey.Checker
	c.Require(r.Life >= 0 && r.Life <= MaxTokenLife, "expires_in", "must be 1 to %d seconds", int(MaxTokenLife/time.Second))
	c.Require(r.Copies >= 0 && r.Copies <= maxTokenCopies, "max_downloads", "must be 1 to %d, or null", maxTokenCopies)
	c.Require(r.Email == "" || purvey.ValidEmail(r.Email), "email", "must be an e-mail address")
	c.Require(utf8.RuneCountInString(r.Name) <= maxTokenName && !strings.ContainsFunc(r.Name, unicode.IsControl), "name",
		"must be at most %d characters without control characters", maxTokenName)
	if err := c.Err(); err != nil {
		return Minted{}, err
	}
	p, err := s.db.Product(ctx, scope.ShopID, productID)
	if err != nil {
		return Minted{}, err
	}
	if r.VersionID == "" {
		r.VersionID = p.ActiveVersionID
	}
	v, err := s.db.Version(ctx, scope.ShopID, r.VersionID)
	if err == nil && (v.ProductID != p.ID || v.State != purvey.VersionReady) {
		err = purvey.Missing("version")
	}
	if err != nil {
		return Minted{}, err
	}
	r.forMerchant = true
	return s.mintWith(ctx, scope, p, v, purvey.Line{}, r)
}
