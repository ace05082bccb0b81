package continuata

import (
	"net/http"

	"purvey"
	"purvey/internal/catalog"
	"purvey/internal/httpjson"
)

// pairWire is an element of the list of products.
type pairWire struct {
	Product       productWire  `json:"product"`
	ActiveVersion *versionWire `json:"activeVersion"`
}

type productWire struct {
	ID              string  `json:"id"`
	OrgID           string  `json:"orgId"`
	Name            string  `json:"name"`
	Slug            string  `json:"slug"`
	Description     *string `json:"description"`
	Status          string  `json:"status"`
	ActiveVersionID *string `json:"activeVersionId"`
	CreatedAt       string  `json:"createdAt"`
	UpdatedAt       string  `json:"updatedAt"`
}

// versionWire is a version. That it is the active one is told by the product;
// its own status stays ready.
type versionWire struct {
	ID        string `json:"id"`
	ProductID string `json:"productId"`
	Version   string `json:"version"`
	Status    string `json:"status"`
}

// keySlug is the catalogue's word for the name that this vendor knows a product
// by.
const keySlug = "slug"

// statusArchived is the vendor's word for what is a flag in the vocabulary.
const statusArchived = "archived"

func wireProduct(shop purvey.Shop, p purvey.Product) productWire {
	w := productWire{
		ID: p.Slug, OrgID: shop.Slug, Name: p.Name, Slug: p.Slug, Description: nullString(p.Description), Status: p.Status,
		ActiveVersionID: nullString(p.ActiveVersionID), CreatedAt: wireTime(p.CreatedAt), UpdatedAt: wireTime(p.UpdatedAt),
	}
	if p.IsArchived {
		w.Status = statusArchived
	}
	return w
}

// products serves CONT-04.
func (a *api) products(w http.ResponseWriter, r *request) error {
	out := newArray(w)
	return out.end(a.eachProduct(r, func(p purvey.Product, version string) error {
		pair := pairWire{Product: wireProduct(r.caller.Shop, p)}
		if p.ActiveVersionID != "" {
			pair.ActiveVersion = &versionWire{ID: p.ActiveVersionID, ProductID: p.Slug, Version: version, Status: string(purvey.VersionReady)}
		}
		return out.add(pair)
	}))
}

// eachProduct gives every product, newest first, with the number of its active
// version.
func (a *api) eachProduct(r *request, each func(p purvey.Product, version string) error) error {
	ctx, shopID := r.Context(), r.caller.ShopID
	page := purvey.Page{Limit: piece}
	for {
		found, err := a.Catalog.Products(ctx, shopID, catalog.ProductFilter{Archived: true}, page)
		if err != nil {
			return err
		}
		numbers, err := a.Catalog.ActiveNumbers(ctx, shopID, found.Items...)
		if err != nil {
			return err
		}
		for _, p := range found.Items {
			if err := each(p, numbers[p.ID]); err != nil {
				return err
			}
			page.AfterID = p.ID
		}
		if !found.HasMore {
			return nil
		}
	}
}

// maxDescription is the longest description this dialect takes, in characters.
const maxDescription = 5000

// productBody is the body of both calls that write. Fields that are absent or
// null stay nil.
type productBody struct {
	Name        *string `json:"name"`
	Slug        *string `json:"slug"`
	Description *string `json:"description"`
	Status      *string `json:"status"`
}

// change makes of the body what the catalogue is to do.
func (b productBody) change() (catalog.Change, error) {
	var c catalog.Change
	var bad purvey.Checker
	if b.Name != nil {
		c.Name = catalog.Set(*b.Name)
	}
	if b.Slug != nil {
		slug := purvey.Slug(*b.Slug)
		bad.Require(slug != "", "slug", "must have letters a-z or digits")
		c.Slug = catalog.Set(slug)
	}
	if b.Description != nil {
		bad.Require(len([]rune(*b.Description)) <= maxDescription, "description", "must be at most %d characters", maxDescription)
		c.Description = catalog.Set(*b.Description)
	}
	if b.Status != nil {
		switch *b.Status {
		case catalog.StatusDraft, catalog.StatusPublished:
			c.Status, c.Archived = catalog.Set(*b.Status), catalog.Set(false)
		case statusArchived:
			c.Archived = catalog.Set(true)
		default:
			bad.Require(false, "status", "must be draft, published or archived")
		}
	}
	return c, bad.Err()
}

// createdWire is the answer to a new product.
type createdWire struct {
	ID          string  `json:"id"`
	OrgID       string  `json:"orgId"`
	Name        string  `json:"name"`
	Slug        string  `json:"slug"`
	Description *string `json:"description"`
	Status      string  `json:"status"`
	CreatedAt   string  `json:"createdAt"`
}

// createProduct serves CONT-05.
func (a *api) createProduct(w http.ResponseWriter, r *request) error {
	var b productBody
	if err := httpjson.Decode(r.Request, &b, maxBody); err != nil {
		return err
	}
	var bad purvey.Checker
	bad.Require(b.Name != nil && *b.Name != "", "name", "is required")
	bad.Require(b.Slug != nil, "slug", "is required")
	if err := bad.Err(); err != nil {
		return err
	}
	b.Status = nil // a new product is a draft, whatever is said
	c, err := b.change()
	if err != nil {
		return err
	}
	p, err := a.Catalog.CreateDraft(r.Context(), r.caller.Shop, c)
	if err != nil {
		return err
	}
	full := wireProduct(r.caller.Shop, p)
	httpjson.Write(w, http.StatusCreated, createdWire{full.ID, full.OrgID, full.Name, full.Slug, full.Description, full.Status, full.CreatedAt})
	return nil
}

// updateProduct serves CONT-06.
func (a *api) updateProduct(w http.ResponseWriter, r *request) error {
	var b productBody
	if err := httpjson.Decode(r.Request, &b, maxBody); err != nil {
		return err
	}
	c, err := b.change()
	if err != nil {
		return err
	}
	ctx := r.Context()
	slug := r.PathValue("productId")
	if !purvey.ValidSlug(slug) {
		return purvey.Missing("product")
	}
	p, err := a.Catalog.ProductByKey(ctx, r.caller.ShopID, keySlug, slug)
	if err == nil {
		p, err = a.Catalog.UpdateProduct(ctx, r.caller.Shop, p.ID, c)
	}
	if err != nil {
		return err
	}
	httpjson.Write(w, http.StatusOK, wireProduct(r.caller.Shop, p))
	return nil
}
