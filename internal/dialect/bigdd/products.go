package bigdd

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"purvey"
	"purvey/internal/catalog"
)

// maxProductBody bounds the body of a call on products, in bytes.
const maxProductBody = 1 << 20

func (a *api) routesProducts() {
	a.read("GET /public-api/v1/digital-products", anyRole, a.listProducts)
	a.write("POST /public-api/v1/digital-products", anyRole, maxProductBody, a.createProduct)
	a.read("GET /public-api/v1/digital-products/{id}", anyRole, a.showProduct)
	a.write("PATCH /public-api/v1/digital-products/{id}", anyRole, maxProductBody, a.patchProduct)
	a.write("PUT /public-api/v1/digital-products/{id}/limits", anyRole, maxProductBody, a.setLimits)
}

// productWire is the vendor's DigitalProduct, and below created_at what is
// native.
type productWire struct {
	ID                        string        `json:"id"`
	Name                      string        `json:"name"`
	DeliveringType            string        `json:"delivering_type"`
	Access                    string        `json:"access"`
	DownloadMode              string        `json:"download_mode"`
	DownloadType              string        `json:"download_type"`
	ProductGID                *string       `json:"product_gid"`
	VariantGIDs               []string      `json:"variant_gids"`
	UseAllVariants            bool          `json:"use_all_variants"`
	LicenseKeyTag             *string       `json:"license_key_tag"`
	LicenseKeyMode            *string       `json:"license_key_mode"`
	DownloadIn                *int          `json:"download_in"`
	MaxDownloads              *int          `json:"max_downloads"`
	NotifyWhenUpdated         bool          `json:"notify_when_updated"`
	ScheduledDeliveryDate     *string       `json:"scheduled_delivery_date"`
	ScheduledDeliveryTimezone *string       `json:"scheduled_delivery_timezone"`
	IsArchived                bool          `json:"is_archived"`
	Files                     []lineFileRow `json:"files"`
	Links                     []linkRow     `json:"links"`
	Product                   *platformWire `json:"product,omitempty"` // with include=product alone
	CreatedAt                 string        `json:"created_at"`
	UpdatedAt                 string        `json:"updated_at"`

	Slug            string       `json:"slug"`
	ExternalID      *string      `json:"external_id"`
	AssetID         int64        `json:"asset_id"`
	Kind            string       `json:"kind"`
	Status          string       `json:"status"`
	Version         *string      `json:"version"`
	ActiveVersionID *string      `json:"active_version_id"`
	FileIDs         []string     `json:"file_ids"`
	PriceCents      int64        `json:"price_cents"`
	Currency        string       `json:"currency"`
	Description     *string      `json:"description"`
	CoverURL        *string      `json:"cover_url"`
	World           bool         `json:"world"`
	Countries       []string     `json:"countries"`
	MinQuantity     int          `json:"min_quantity"`
	Available       bool         `json:"available"`
	Stamping        stampingWire `json:"stamping"`
	PeriodMonths    *int         `json:"period_months"`
	Partable        bool         `json:"partable"`
	Parts           []partRow    `json:"parts"`
}

type linkRow struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	URL  string `json:"url"`
}

type stampingWire struct {
	Enabled bool    `json:"enabled"`
	Text    *string `json:"text"`
}

type partRow struct {
	ProductID string `json:"digital_product_id"`
	Name      string `json:"name"`
	Sequence  int    `json:"sequence"`
}

func wireProduct(p purvey.Product, number string, withPlatform bool) productWire {
	w := productWire{
		ID: p.ID, Name: p.Name, DeliveringType: string(p.Delivering), Access: string(p.Access), DownloadMode: p.DownloadMode, DownloadType: p.DownloadType,
		ProductGID: nullString(p.ProductGID), VariantGIDs: notNull(p.VariantGIDs), UseAllVariants: p.UseAllVariants,
		LicenseKeyTag: nullString(p.KeyTag), LicenseKeyMode: nullString(p.KeyMode), DownloadIn: p.DownloadIn, MaxDownloads: p.MaxDownloads,
		NotifyWhenUpdated: p.NotifyWhenUpdated, ScheduledDeliveryDate: nullTime(p.ScheduledAt), ScheduledDeliveryTimezone: nullString(p.ScheduledZone),
		IsArchived: p.IsArchived, Files: fileRows(p.Files), Links: make([]linkRow, 0, len(p.Links)),
		CreatedAt: wireTime(p.CreatedAt), UpdatedAt: wireTime(p.UpdatedAt),

		Slug: p.Slug, ExternalID: nullString(p.ExternalID), AssetID: p.AssetID, Kind: p.Kind, Status: p.Status,
		Version: nullString(number), ActiveVersionID: nullString(p.ActiveVersionID), FileIDs: make([]string, 0, len(p.Files)),
		PriceCents: p.PriceCents, Currency: p.Currency, Description: nullString(p.Description), CoverURL: nullString(p.CoverURL),
		World: p.World, Countries: notNull(p.Countries), MinQuantity: p.MinQuantity, Available: p.Available,
		Stamping: stampingWire{p.Stamping.Enabled, nullString(p.Stamping.Text)}, Partable: p.Partable, Parts: make([]partRow, 0, len(p.Parts)),
	}
	for _, f := range p.Files {
		w.FileIDs = append(w.FileIDs, f.ID)
	}
	for _, l := range p.Links {
		w.Links = append(w.Links, linkRow(l))
	}
	for _, x := range p.Parts {
		w.Parts = append(w.Parts, partRow(x))
	}
	if p.PeriodMonths > 0 {
		w.PeriodMonths = &p.PeriodMonths
	}
	if withPlatform {
		// There is no other platform than this one.
		w.Product = &platformWire{Title: p.Name, Image: nullString(p.CoverURL)}
	}
	return w
}

func fileRows(files []purvey.File) []lineFileRow {
	rows := make([]lineFileRow, 0, len(files))
	for _, f := range files {
		rows = append(rows, lineFileRow{ID: f.ID, Name: f.Name, Size: f.Size, Type: f.Type, IsEncrypted: f.Encrypted, Uploaded: f.Uploaded})
	}
	return rows
}

// listProducts serves BDD-01.
func (a *api) listProducts(r *request) (any, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	var f catalog.ProductFilter
	archived, err := r.boolParam("include_archived")
	if err != nil {
		return nil, err
	}
	f.Archived = archived != nil && *archived
	if f.Query, err = r.search(); err != nil {
		return nil, err
	}
	platform, err := r.includesProduct()
	if err != nil {
		return nil, err
	}
	l, err := a.Catalog.Products(r.Context(), r.Caller.ShopID, f, p)
	if err != nil {
		return nil, err
	}
	numbers, err := a.Catalog.ActiveNumbers(r.Context(), r.Caller.ShopID, l.Items...)
	if err != nil {
		return nil, err
	}
	return listOf(p, l, func(p purvey.Product) productWire { return wireProduct(p, numbers[p.ID], platform) },
		func(p purvey.Product) (string, time.Time) { return p.ID, p.CreatedAt }), nil
}

// includesProduct tells whether include=product was asked for.
func (r *request) includesProduct() (bool, error) {
	include, err := r.enumList("include", "product")
	return slices.Contains(include, "product"), err
}

// showProduct serves BDD-02.
func (a *api) showProduct(r *request) (any, error) {
	platform, err := r.includesProduct()
	if err != nil {
		return nil, err
	}
	p, err := a.Catalog.Product(r.Context(), r.Caller.ShopID, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return a.product(r.Context(), p, platform)
}

// product writes one product.
func (a *api) product(ctx context.Context, p purvey.Product, withPlatform bool) (productWire, error) {
	numbers, err := a.Catalog.ActiveNumbers(ctx, p.ShopID, p)
	return wireProduct(p, numbers[p.ID], withPlatform), err
}

func (a *api) createProduct(ctx context.Context, r *request) (int, any, error) {
	c, err := r.productChange(false)
	if err != nil {
		return 0, nil, err
	}
	p, err := a.Catalog.CreateProduct(ctx, r.Caller.Shop, c)
	if err != nil {
		return 0, nil, err
	}
	w, err := a.product(ctx, p, false)
	return http.StatusCreated, w, err
}

func (a *api) patchProduct(ctx context.Context, r *request) (int, any, error) {
	c, err := r.productChange(true)
	if err != nil {
		return 0, nil, err
	}
	p, err := a.Catalog.UpdateProduct(ctx, r.Caller.Shop, r.PathValue("id"), c)
	if err != nil {
		return 0, nil, err
	}
	w, err := a.product(ctx, p, false)
	return http.StatusOK, w, err
}

// setLimits serves BDD-03.
func (a *api) setLimits(ctx context.Context, r *request) (int, any, error) {
	var b struct {
		MaxDownloads *int `json:"max_downloads"`
		DownloadIn   *int `json:"download_in"`
	}
	fields, err := r.fields(&b, true)
	if err != nil {
		return 0, nil, err
	}
	p, err := a.Catalog.SetLimits(ctx, r.Caller.Shop, r.PathValue("id"), catalog.Limits{
		MaxDownloads: catalog.Opt[*int]{Given: fields.has("max_downloads"), Value: b.MaxDownloads},
		DownloadIn:   catalog.Opt[*int]{Given: fields.has("download_in"), Value: b.DownloadIn},
	})
	if err != nil {
		return 0, nil, err
	}
	w, err := a.product(ctx, p, false)
	return http.StatusOK, w, err
}

// bodyFields knows which fields a JSON body has, null ones included.
type bodyFields struct {
	purvey.Checker
	raw    map[string]json.RawMessage
	strict bool // null is refused where a field can't be without a value
}

// fields decodes an object into v and tells which fields it has.
func (r *request) fields(v any, strict bool) (*bodyFields, error) {
	if err := r.decode(v); err != nil {
		return nil, err
	}
	f := &bodyFields{strict: strict}
	return f, json.Unmarshal(r.Body, &f.raw) // v took it: it is an object
}

func (f *bodyFields) has(name string) bool {
	_, ok := f.raw[name]
	return ok
}

// value is a field that can't be without a value: null is refused or absent.
func value[T any](f *bodyFields, name string, v *T) catalog.Opt[T] {
	if v == nil {
		f.Require(!f.strict || !f.has(name), name, "must not be null")
		return catalog.Opt[T]{}
	}
	return catalog.Set(*v)
}

// nullable is a field that null clears.
func nullable[T any](f *bodyFields, name string, v *T) catalog.Opt[T] {
	if v == nil {
		return catalog.Opt[T]{Given: f.has(name)}
	}
	return catalog.Set(*v)
}

// productBody is what POST and PATCH take.
type productBody struct {
	Name              *string                `json:"name"`
	Slug              *string                `json:"slug"`
	ExternalID        *string                `json:"external_id"`
	AssetID           *int64                 `json:"asset_id"`
	Kind              *string                `json:"kind"`
	Status            *string                `json:"status"`
	DeliveringType    *purvey.DeliveringType `json:"delivering_type"`
	Access            *purvey.Access         `json:"access"`
	FileIDs           *[]string              `json:"file_ids"`
	Links             *[]purvey.ProductLink  `json:"links"`
	Version           *string                `json:"version"`
	LicenseKeyTag     *string                `json:"license_key_tag"`
	LicenseKeyMode    *string                `json:"license_key_mode"`
	DownloadIn        *int                   `json:"download_in"`
	MaxDownloads      *int                   `json:"max_downloads"`
	DownloadMode      *string                `json:"download_mode"`
	DownloadType      *string                `json:"download_type"`
	ScheduledDate     *string                `json:"scheduled_delivery_date"`
	ScheduledZone     *string                `json:"scheduled_delivery_timezone"`
	NotifyWhenUpdated *bool                  `json:"notify_when_updated"`
	ProductGID        *string                `json:"product_gid"`
	VariantGIDs       *[]string              `json:"variant_gids"`
	PriceCents        *int64                 `json:"price_cents"`
	Currency          *string                `json:"currency"`
	Description       *string                `json:"description"`
	CoverURL          *string                `json:"cover_url"`
	World             *bool                  `json:"world"`
	Countries         *[]string              `json:"countries"`
	MinQuantity       *int                   `json:"min_quantity"`
	Available         *bool                  `json:"available"`
	Stamping          *struct {
		Enabled *bool   `json:"enabled"`
		Text    *string `json:"text"`
	} `json:"stamping"`
	PeriodMonths *int           `json:"period_months"`
	Partable     *bool          `json:"partable"`
	Parts        *[]purvey.Part `json:"parts"`
	IsArchived   *bool          `json:"is_archived"`
}

// productChange reads the body. With strict, null is refused where it has no
// meaning; else it is as if the field were absent.
func (r *request) productChange(strict bool) (catalog.Change, error) {
	var b productBody
	f, err := r.fields(&b, strict)
	if err != nil {
		return catalog.Change{}, err
	}
	c := catalog.Change{
		Name: value(f, "name", b.Name), Slug: value(f, "slug", b.Slug), ExternalID: nullable(f, "external_id", b.ExternalID),
		AssetID: value(f, "asset_id", b.AssetID), Kind: value(f, "kind", b.Kind), Status: value(f, "status", b.Status),
		Delivering: value(f, "delivering_type", b.DeliveringType), Access: value(f, "access", b.Access),
		FileIDs: value(f, "file_ids", b.FileIDs), Links: value(f, "links", b.Links), Version: value(f, "version", b.Version),
		DownloadMode: value(f, "download_mode", b.DownloadMode), DownloadType: value(f, "download_type", b.DownloadType),
		ProductGID: nullable(f, "product_gid", b.ProductGID), VariantGIDs: value(f, "variant_gids", b.VariantGIDs),
		KeyTag: nullable(f, "license_key_tag", b.LicenseKeyTag), KeyMode: nullable(f, "license_key_mode", b.LicenseKeyMode),
		DownloadIn:        catalog.Opt[*int]{Given: f.has("download_in"), Value: b.DownloadIn},
		MaxDownloads:      catalog.Opt[*int]{Given: f.has("max_downloads"), Value: b.MaxDownloads},
		NotifyWhenUpdated: value(f, "notify_when_updated", b.NotifyWhenUpdated),
		ScheduledDate:     nullable(f, "scheduled_delivery_date", b.ScheduledDate),
		ScheduledZone:     nullable(f, "scheduled_delivery_timezone", b.ScheduledZone),
		PriceCents:        value(f, "price_cents", b.PriceCents), Currency: value(f, "currency", b.Currency),
		Description: nullable(f, "description", b.Description), CoverURL: nullable(f, "cover_url", b.CoverURL),
		World: value(f, "world", b.World), Countries: value(f, "countries", b.Countries), MinQuantity: value(f, "min_quantity", b.MinQuantity),
		Available: value(f, "available", b.Available), PeriodMonths: nullable(f, "period_months", b.PeriodMonths),
		Partable: value(f, "partable", b.Partable), Parts: value(f, "parts", b.Parts), Archived: value(f, "is_archived", b.IsArchived),
	}
	if s := b.Stamping; s != nil {
		if s.Enabled != nil {
			c.Stamping = catalog.Set(*s.Enabled)
		}
		if s.Text != nil {
			c.StampText = catalog.Set(*s.Text)
		}
	} else {
		value(f, "stamping", s)
	}
	return c, f.Err()
}
