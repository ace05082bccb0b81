package hlconnect

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"purvey"
	"purvey/internal/httpjson"
)

// Sizes of a page of assets.
const (
	pageDefault = 20
	pageMost    = 200
)

// assets lists what the shop offers, by asset number. Bad parameters are
// bounded or ignored: the call knows no refusal of them. Serves HL-31.
func (a *api) assets(w http.ResponseWriter, r *request) error {
	q := r.URL.Query()
	size := pageDefault
	if n, err := strconv.ParseInt(q.Get("page_size"), 10, 64); err == nil && n >= 1 {
		size = int(min(n, pageMost))
	}
	after, err := strconv.ParseInt(q.Get("last_id"), 10, 64)
	if err != nil || after < 0 {
		after = 0
	}
	found, err := a.Orders.Assets(r.Context(), r.scope().ShopID, after, size)
	if err != nil {
		return err
	}
	members, err := a.members(r.Context(), r.scope().ShopID, found.Items)
	if err != nil {
		return err
	}
	out := assetPage{Assets: make([]asset, len(found.Items))}
	for i, p := range found.Items {
		out.Assets[i] = assetOf(p, members)
		out.LastID = &found.Items[i].AssetID
	}
	if found.HasMore {
		next := "/assets/list?" + url.Values{"page_size": {strconv.Itoa(size)}, "last_id": {strconv.FormatInt(*out.LastID, 10)}}.Encode()
		out.NextPage = &next
	}
	httpjson.Write(w, http.StatusOK, out)
	return nil
}

// members gives the products that are parts of others, by id.
func (a *api) members(ctx context.Context, shopID string, products []purvey.Product) (map[string]purvey.Product, error) {
	var ids []string
	for _, p := range products {
		for _, part := range p.Parts {
			ids = append(ids, part.ProductID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return a.Orders.Products(ctx, shopID, ids)
}

// assetPage is one page of the list.
type assetPage struct {
	Assets   []asset `json:"assets"`
	LastID   *int64  `json:"last_id"`
	NextPage *string `json:"next_page"`
}

// asset has the vendor's 35 fields. A general shop knows those of identity,
// selling and media; the fields about music are null or empty.
type asset struct {
	AssetID         int64             `json:"asset_id"`
	Title           string            `json:"title"`
	Description     *string           `json:"description"`
	AssetType       *string           `json:"asset_type"`
	Format          *string           `json:"format"`
	FormatShortName *string           `json:"format_short_name"`
	SMDID           *string           `json:"smd_id"`
	SongNumber      *int64            `json:"song_number"`
	ExternalRef     *string           `json:"external_ref"`
	ExternalRefID   *int64            `json:"external_ref_id"`
	PageCount       *int64            `json:"page_count"`
	Voicing         *string           `json:"voicing"`
	PerformanceTime *int64            `json:"performance_time"`
	DifficultyLow   *float64          `json:"difficulty_level_low"`
	DifficultyHigh  *float64          `json:"difficulty_level_high"`
	Tempo           *int64            `json:"tempo"`
	Skills          []string          `json:"skills"`
	Series          []string          `json:"series"`
	Categories      []string          `json:"categories"`
	Keywords        []string          `json:"keywords"`
	Instruments     []json.RawMessage `json:"instruments"`
	Contributors    []json.RawMessage `json:"contributors"`
	MinQty          int               `json:"min_qty"`
	RetailPrice     json.Number       `json:"retail_price"`
	Prices          []assetPrice      `json:"prices"`
	World           bool              `json:"world"`
	Countries       []string          `json:"countries"`
	PublicDomain    *bool             `json:"public_domain"`
	Explicit        *bool             `json:"explicit"`
	Partable        bool              `json:"partable"`
	Images          []image           `json:"images"`
	Renderings      []rendering       `json:"renderings"`
	Packages        []packaged        `json:"packages"`
	RelatedGoods    []json.RawMessage `json:"related_goods"`
	Usergens        []json.RawMessage `json:"usergens"`
}

type assetPrice struct {
	TypeID    int         `json:"type_id"`
	TypeUsage string      `json:"type_usage"`
	Price     json.Number `json:"price"`
}

type image struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

type rendering struct {
	Type  string `json:"type"`
	Usage string `json:"usage"`
}

// packaged is a part of an ensemble.
type packaged struct {
	AssetID  int64   `json:"asset_id"`
	PartCode *string `json:"instrumentation_part_code"`
	PartName *string `json:"instrumentation_part_name"`
	Count    int     `json:"count"`
	Sequence int     `json:"sequence"`
	Score    bool    `json:"score"`
}

func assetOf(p purvey.Product, members map[string]purvey.Product) asset {
	price := json.Number(purvey.FormatCents(p.PriceCents))
	out := asset{
		AssetID: p.AssetID, Title: p.Name, Description: orNull(p.Description), ExternalRef: orNull(p.ExternalID),
		Skills: []string{}, Series: []string{}, Categories: []string{}, Keywords: []string{},
		Instruments: []json.RawMessage{}, Contributors: []json.RawMessage{}, RelatedGoods: []json.RawMessage{}, Usergens: []json.RawMessage{},
		MinQty: max(p.MinQuantity, 1), RetailPrice: price, Prices: []assetPrice{{TypeID: 1, TypeUsage: "retail", Price: price}},
		World: p.World, Countries: append([]string{}, p.Countries...), Partable: p.Partable,
		Images: []image{}, Renderings: []rendering{}, Packages: []packaged{},
	}
	if p.CoverURL != "" {
		out.Images = append(out.Images, image{"cover", p.CoverURL})
	}
	seen := map[string]bool{}
	for _, f := range p.Files {
		if t := renderingOf(f); t != "" && !seen[t] {
			seen[t] = true
			out.Renderings = append(out.Renderings, rendering{t, "full"})
		}
	}
	if len(p.Files) > 0 {
		out.FormatShortName = orNull(strings.ToUpper(strings.TrimPrefix(path.Ext(p.Files[0].Name), ".")))
		out.Format = orNull(p.Files[0].Type)
	}
	for _, part := range p.Parts {
		if m, ok := members[part.ProductID]; ok {
			out.Packages = append(out.Packages, packaged{AssetID: m.AssetID, PartName: orNull(part.Name), Count: 1, Sequence: part.Sequence})
		}
	}
	if len(p.Parts) > 0 {
		ensemble := "PCK"
		out.AssetType = &ensemble
	}
	return out
}

// renderingOf is the vendor's word for a kind of file, "" when it has none.
func renderingOf(f purvey.File) string {
	kind, _, _ := strings.Cut(f.Type, "/")
	switch {
	case f.Type == "application/pdf":
		return "pdf"
	case strings.HasPrefix(f.Type, "application/vnd.recordare.musicxml"):
		return "musicxml"
	case kind == "audio":
		return "audio"
	case kind == "video":
		return "streaming"
	default:
		return ""
	}
}
