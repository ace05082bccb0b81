package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"purvey"
	"purvey/internal/store"
)

// Product gives a product, archived or not, with the files of its active
// version.
func (s *Service) Product(ctx context.Context, shopID, id string) (purvey.Product, error) {
	return s.db.Product(ctx, shopID, id)
}

// ProductByKey gives the product that a system knows by the value: its slug
// ([store.KeySlug]), its external id or its asset number.
func (s *Service) ProductByKey(ctx context.Context, shopID, system, value string) (purvey.Product, error) {
	return s.db.ProductByKey(ctx, shopID, system, value)
}

// Products lists the shop's products.
func (s *Service) Products(ctx context.Context, shopID string, f ProductFilter, p purvey.Page) (purvey.Listed[purvey.Product], error) {
	return s.db.Products(ctx, shopID, f, p)
}

// firstVersion is the number of the version a product begins with.
const firstVersion = "1.0.0"

// CreateProduct adds a product with one active version. Errors: Invalid with
// every refused field, NotFound for a file that the shop has not, Conflict for
// a slug, external id or asset number that is taken.
func (s *Service) CreateProduct(ctx context.Context, shop purvey.Shop, c Change) (purvey.Product, error) {
	return s.create(ctx, shop, c, true)
}

// CreateDraft adds a draft without any version, whose files are still to come;
// activating its first version publishes it. It takes no files and no number.
// Errors are those of CreateProduct.
func (s *Service) CreateDraft(ctx context.Context, shop purvey.Shop, c Change) (purvey.Product, error) {
	c.Status, c.FileIDs, c.Version = Set(StatusDraft), Opt[[]string]{}, Opt[string]{}
	return s.create(ctx, shop, c, false)
}

func (s *Service) create(ctx context.Context, shop purvey.Shop, c Change, versioned bool) (purvey.Product, error) {
	var p purvey.Product
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		p = fresh(shop)
		p.ID = tx.NewID()
		number := firstVersion
		if c.Version.Given {
			number = c.Version.Value
		}
		e := editor{p: &p, shop: shop, newID: tx.NewID}
		e.version(number)
		e.fileIDs(c.FileIDs.Value)
		if err := e.apply(c); err != nil {
			return err
		}
		if err := s.claimNames(ctx, tx, &p, purvey.Product{}); err != nil {
			return err
		}
		if err := checkParts(ctx, tx, p); err != nil {
			return err
		}
		if versioned {
			files, err := takeFiles(ctx, tx, p.ShopID, c.FileIDs.Value)
			if err != nil {
				return err
			}
			v := purvey.Version{ShopID: p.ShopID, ProductID: p.ID, Version: number, State: purvey.VersionReady, Files: files, ActivatedAt: tx.Now()}
			if err := tx.InsertVersion(ctx, &v); err != nil {
				return err
			}
			p.ActiveVersionID, p.Files = v.ID, files
		}
		if err := tx.InsertProduct(ctx, &p); err != nil {
			return err
		}
		if err := auditProduct(ctx, tx, "product.created", nil, set(productFields(p)), p); err != nil {
			return err
		}
		return release(ctx, tx, p, purvey.Product{})
	})
	if err != nil {
		return purvey.Product{}, err
	}
	return p, nil
}

// UpdateProduct changes what is given and leaves the rest. New files replace
// those of the active version; buyers are told when the product says so.
// Errors are those of CreateProduct, and Conflict when files or a number are
// given while no version is active.
func (s *Service) UpdateProduct(ctx context.Context, shop purvey.Shop, id string, c Change) (purvey.Product, error) {
	var p purvey.Product
	err := s.db.Tx(ctx, func(tx *store.Tx) (err error) {
		if p, err = tx.LockProduct(ctx, shop.ID, id); err != nil {
			return err
		}
		was, before := p, productFields(p)
		e := editor{p: &p, shop: shop, newID: tx.NewID}
		if c.Version.Given {
			e.version(c.Version.Value)
		}
		e.fileIDs(c.FileIDs.Value)
		if err := e.apply(c); err != nil {
			return err
		}
		if err := s.claimNames(ctx, tx, &p, was); err != nil {
			return err
		}
		if c.Parts.Given {
			if err := checkParts(ctx, tx, p); err != nil {
				return err
			}
		}
		if c.FileIDs.Given || c.Version.Given {
			if err := editActive(ctx, tx, &p, c); err != nil {
				return err
			}
		}
		if err := tx.UpdateProduct(ctx, &p); err != nil {
			return err
		}
		after := productFields(p)
		if err := auditProduct(ctx, tx, productAction(before, after), before, after, p); err != nil {
			return err
		}
		return release(ctx, tx, p, was)
	})
	if err != nil {
		return purvey.Product{}, err
	}
	return p, nil
}

// Limits are the two of a product; nil in Value is "no limit", as 0 is.
type Limits struct {
	MaxDownloads Opt[*int] // copies of each file: 0 to 1,000,000
	DownloadIn   Opt[*int] // days: 0 to 100,000
}

// SetLimits changes the limits that are given, at least one, for old orders
// too. Serves BDD-03.
func (s *Service) SetLimits(ctx context.Context, shop purvey.Shop, id string, l Limits) (purvey.Product, error) {
	if !l.MaxDownloads.Given && !l.DownloadIn.Given {
		return purvey.Product{}, &purvey.Error{
			Kind: purvey.Invalid, Detail: "max_downloads or download_in is required",
			Fields: []purvey.Field{{Name: "max_downloads", Message: "or download_in is required"}},
		}
	}
	// A value of the wrong form is told before a product that is not there.
	var e editor
	e.limit("max_downloads", l.MaxDownloads.Value, purvey.MaxDownloadsBound)
	e.limit("download_in", l.DownloadIn.Value, purvey.DownloadInBound)
	if err := e.Err(); err != nil {
		return purvey.Product{}, err
	}
	return s.UpdateProduct(ctx, shop, id, Change{MaxDownloads: l.MaxDownloads, DownloadIn: l.DownloadIn})
}

// Archive takes a product out of the lists, or puts it back. Buyers keep what
// they have.
func (s *Service) Archive(ctx context.Context, shop purvey.Shop, id string, archived bool) (purvey.Product, error) {
	return s.UpdateProduct(ctx, shop, id, Change{Archived: Set(archived)})
}

// claimNames sees to it that the product's names are its own, and gives a new
// product those it was not given.
func (s *Service) claimNames(ctx context.Context, tx *store.Tx, p *purvey.Product, was purvey.Product) error {
	if err := tx.Lock(ctx, "product names "+p.ShopID); err != nil {
		return err
	}
	for _, n := range []struct{ field, system, value, old string }{
		{"slug", store.KeySlug, p.Slug, was.Slug},
		{"external_id", store.KeyExternal, p.ExternalID, was.ExternalID},
		{"asset_id", store.KeyAsset, number(p.AssetID), number(was.AssetID)},
	} {
		if n.value == "" || n.value == n.old {
			continue
		}
		taken, err := tx.ProductsByKey(ctx, p.ShopID, n.system, n.value)
		if err != nil {
			return err
		}
		if len(taken) > 0 {
			e := purvey.Because(purvey.Conflict, purvey.ReasonDuplicate, "another product has the %s %s", n.field, n.value)
			e.Fields = []purvey.Field{{Name: n.field, Message: "is taken"}}
			return e
		}
	}
	if p.AssetID == 0 {
		largest, err := tx.LargestAsset(ctx, p.ShopID)
		if err != nil {
			return err
		}
		if largest >= MaxAssetID {
			return purvey.BadField("asset_id", "must be given: the largest is taken")
		}
		p.AssetID = largest + 1
	}
	if p.Slug == "" {
		var err error
		p.Slug, err = freeSlug(ctx, tx, *p)
		return err
	}
	return nil
}

func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// freeSlug makes a slug of the name: name, name-2, name-3, … When a score of
// products have the name, the end of the id tells the next ones apart.
func freeSlug(ctx context.Context, tx *store.Tx, p purvey.Product) (string, error) {
	base := purvey.Slug(p.Name)
	if base == "" {
		base = "product"
	}
	base = purvey.Slug(base[:min(len(base), 85)])
	tries := []string{base}
	for n := 2; n <= 20; n++ {
		tries = append(tries, fmt.Sprintf("%s-%d", base, n))
	}
	tries = append(tries, base+"-"+p.ID[len(p.ID)-12:])
	taken, err := tx.ProductsByKey(ctx, p.ShopID, store.KeySlug, tries...)
	if err != nil {
		return "", err
	}
	for _, slug := range tries {
		if _, ok := taken[slug]; !ok {
			return slug, nil
		}
	}
	return "", purvey.BadField("slug", "must be given: too many products have this name")
}

// checkParts sees to it that the parts are products of the shop.
func checkParts(ctx context.Context, tx *store.Tx, p purvey.Product) error {
	ids := make([]string, len(p.Parts))
	for i, part := range p.Parts {
		ids[i] = part.ProductID
	}
	found, err := tx.ProductsByID(ctx, p.ShopID, ids)
	if err != nil {
		return err
	}
	for i, part := range p.Parts {
		product, ok := found[part.ProductID]
		if !ok {
			return purvey.BadField(fmt.Sprintf("parts[%d].digital_product_id", i), "names no product of the shop")
		}
		if part.Name == "" {
			p.Parts[i].Name = product.Name
		}
	}
	return nil
}

// takeFiles locks the files that a product is about to use and gives them in
// the order of the ids, each once.
func takeFiles(ctx context.Context, tx *store.Tx, shopID string, ids []string) ([]purvey.File, error) {
	ids = distinct(ids)
	found, err := tx.LockFiles(ctx, shopID, ids)
	if err != nil {
		return nil, err
	}
	files := make([]purvey.File, len(ids))
	for i, id := range ids {
		f, ok := found[id]
		switch {
		case !ok:
			return nil, purvey.Missing("file")
		case !f.Uploaded:
			return nil, purvey.BadField(fmt.Sprintf("file_ids[%d]", i), "names a file that is not uploaded yet")
		}
		files[i] = f
	}
	return files, nil
}

func distinct(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		again := seen[id]
		seen[id] = true
		return again
	})
}

// release sees to it that waiting orders are served when the product's date
// comes, if the date is new.
func release(ctx context.Context, tx *store.Tx, p, was purvey.Product) error {
	if p.ScheduledAt.IsZero() || p.ScheduledAt.Equal(was.ScheduledAt) {
		return nil
	}
	return tx.Enqueue(ctx, purvey.Job{
		Kind: purvey.JobReleaseDate, Key: p.ID + " " + p.ScheduledAt.Format(time.RFC3339Nano), ScheduledAt: p.ScheduledAt,
		Args: refs(Refs{ShopID: p.ShopID, ProductID: p.ID}),
	})
}

func refs(r Refs) json.RawMessage {
	b, err := json.Marshal(r)
	if err != nil {
		panic("catalog: " + err.Error()) // three strings always marshal
	}
	return b
}
