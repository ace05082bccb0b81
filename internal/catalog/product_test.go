package catalog_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey"
	"purvey/internal/catalog"
	"purvey/internal/store"
)

func TestProductTakesDefaults(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		w.shop.Settings.Shop.Currency = "EUR"
		f := w.file("song.mp3", "la")
		p := w.product(catalog.Change{Name: catalog.Set("  Épic Drums, Vol. 1 "), FileIDs: catalog.Set([]string{f.ID, f.ID})})
		read, err := w.s.Product(w.ctx, w.shop.ID, p.ID)
		w.must(err)
		for _, p := range []purvey.Product{p, read} {
			if p.Name != "Épic Drums, Vol. 1" || p.Slug != "pic-drums-vol-1" || p.AssetID != 1 || p.Kind != "content" || p.Status != "published" ||
				p.Delivering != purvey.Regular || p.Access != purvey.AccessFile || p.DownloadMode != "redirect" || p.DownloadType != "single_file" ||
				p.Currency != "EUR" || !p.World || p.MinQuantity != 1 || !p.Available || !p.UseAllVariants || p.DownloadIn != nil || p.MaxDownloads != nil {
				t.Errorf("defaults: %+v", p)
			}
			if len(p.Files) != 1 || p.Files[0].ID != f.ID {
				t.Errorf("files: %+v", p.Files)
			}
		}
		v, err := w.s.Version(w.ctx, w.shop.ID, p.ID, p.ActiveVersionID)
		w.must(err)
		if v.Version != "1.0.0" || v.State != purvey.VersionReady || !v.ActivatedAt.Equal(w.db.Now()) {
			t.Errorf("version: %+v", v)
		}
	})
}

func TestProductNamesAreItsOwn(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		a := w.product(catalog.Change{Name: catalog.Set("Drums"), ExternalID: catalog.Set("ext-1"), AssetID: catalog.Set(int64(500))})
		b := w.product(catalog.Change{Name: catalog.Set("Drums")})
		if a.Slug != "drums" || b.Slug != "drums-2" || b.AssetID != 501 {
			t.Errorf("slugs %q and %q, second asset %d", a.Slug, b.Slug, b.AssetID)
		}
		for name, c := range map[string]catalog.Change{
			"slug":        {Slug: catalog.Set("drums")},
			"external_id": {ExternalID: catalog.Set("ext-1")},
			"asset_id":    {AssetID: catalog.Set(int64(500))},
		} {
			_, err := w.s.UpdateProduct(w.ctx, w.shop, b.ID, c)
			w.wantKind(err, purvey.Conflict)
			c.Name = catalog.Set("Other")
			_, err = w.s.CreateProduct(w.ctx, w.shop, c)
			w.wantKind(err, purvey.Conflict)
			if purvey.ReasonOf(err) != purvey.ReasonDuplicate || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := w.s.UpdateProduct(w.ctx, w.shop, a.ID, c); err != nil {
				t.Errorf("its own %s again: %v", name, err)
			}
		}
		other := w.newShop("other")
		if _, err := w.s.CreateProduct(w.ctx, other, catalog.Change{Name: catalog.Set("Drums"), Slug: catalog.Set("drums"), ExternalID: catalog.Set("ext-1")}); err != nil {
			t.Errorf("another shop's names: %v", err)
		}
		for _, name := range []string{"日本語", "!!!", strings.Repeat("x", 200)} {
			p := w.product(catalog.Change{Name: catalog.Set(name)})
			q := w.product(catalog.Change{Name: catalog.Set(name)})
			if !purvey.ValidSlug(p.Slug) || !purvey.ValidSlug(q.Slug) || p.Slug == q.Slug {
				t.Errorf("slugs of %.10q: %q, %q", name, p.Slug, q.Slug)
			}
		}
		for i := range 24 {
			p := w.product(catalog.Change{Name: catalog.Set("Many")})
			if !purvey.ValidSlug(p.Slug) {
				t.Errorf("slug %d: %q", i, p.Slug)
			}
		}
		for system, value := range map[string]string{store.KeySlug: b.Slug, store.KeyAsset: fmt.Sprint(b.AssetID)} {
			if p, err := w.s.ProductByKey(w.ctx, w.shop.ID, system, value); err != nil || p.ID != b.ID {
				t.Errorf("by %s: %v, %v", system, p.ID, err)
			}
		}
		for _, value := range []string{"", "nonsense", "0"} {
			_, err := w.s.ProductByKey(w.ctx, w.shop.ID, store.KeyAsset, value)
			w.wantKind(err, purvey.NotFound)
			_, err = w.s.ProductByKey(w.ctx, w.shop.ID, store.KeyExternal, value)
			w.wantKind(err, purvey.NotFound)
		}
	})
}

func TestProductsMadeAtOnceDoNotCollide(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		slugs, assets := map[string]bool{}, map[int64]bool{}
		for range 12 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				p, err := w.s.CreateProduct(w.ctx, w.shop, catalog.Change{Name: catalog.Set("Same")})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				slugs[p.Slug], assets[p.AssetID] = true, true
			}()
		}
		wg.Wait()
		if len(slugs) != 12 || len(assets) != 12 {
			t.Errorf("%d slugs and %d asset numbers for 12 products", len(slugs), len(assets))
		}
	})
}

func TestProductRefusals(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		long := strings.Repeat("ß", 201)
		name := catalog.Set("Fine")
		cases := map[string]catalog.Change{
			"name":        {Name: catalog.Set(long)},
			"slug":        {Name: name, Slug: catalog.Set("Not A Slug")},
			"external_id": {Name: name, ExternalID: catalog.Set(strings.Repeat("x", 256))},
			"asset_id":    {Name: name, AssetID: catalog.Set(int64(-1))},
			"kind":        {Name: name, Kind: catalog.Set("box")},
			"status":      {Name: name, Status: catalog.Set("sold")},

			"delivering_type":             {Name: name, Delivering: catalog.Set(purvey.DeliveringType("LATER"))},
			"access":                      {Name: name, Access: catalog.Set(purvey.Access("FILE_WITH_LICENSE_KEY"))},
			"file_ids":                    {Name: name, FileIDs: catalog.Set(make([]string, 1001))},
			"links.name":                  {Name: name, Links: catalog.Set([]purvey.ProductLink{{URL: "https://a.example/"}})},
			"links.url":                   {Name: name, Links: catalog.Set([]purvey.ProductLink{{Name: "x", URL: "javascript:alert(1)"}})},
			"version":                     {Name: name, Version: catalog.Set("one two")},
			"download_mode":               {Name: name, DownloadMode: catalog.Set("teleport")},
			"download_type":               {Name: name, DownloadType: catalog.Set("rar")},
			"product_gid":                 {Name: name, ProductGID: catalog.Set("632910392")},
			"variant_gids":                {Name: name, VariantGIDs: catalog.Set([]string{"x"})},
			"license_key_tag":             {Name: name, KeyTag: catalog.Set(strings.Repeat("x", 121))},
			"license_key_mode":            {Name: name, KeyMode: catalog.Set(purvey.KeysGenerated)},
			"download_in":                 {Name: name, DownloadIn: catalog.Set(ptr(100_001))},
			"max_downloads":               {Name: name, MaxDownloads: catalog.Set(ptr(-1))},
			"price_cents":                 {Name: name, PriceCents: catalog.Set(int64(-1))},
			"currency":                    {Name: name, Currency: catalog.Set("EURO")},
			"description":                 {Name: name, Description: catalog.Set("a\x1bb")},
			"cover_url":                   {Name: name, CoverURL: catalog.Set("ftp://a.example/x.png")},
			"countries":                   {Name: name, Countries: catalog.Set([]string{"FRA"})},
			"min_quantity":                {Name: name, MinQuantity: catalog.Set(0)},
			"stamping.text":               {Name: name, Stamping: catalog.Set(true)},
			"period_months":               {Name: name, PeriodMonths: catalog.Set(1)},
			"parts.sequence":              {Name: name, Parts: catalog.Set([]purvey.Part{{ProductID: "x", Sequence: -1}})},
			"parts[0].digital_product_id": {Name: name, Parts: catalog.Set([]purvey.Part{{ProductID: strings.Repeat("0", 24)}})},
			"scheduled_delivery_date":     {Name: name, Delivering: catalog.Set(purvey.Scheduled)},
			"scheduled_delivery_timezone": {
				Name: name, Delivering: catalog.Set(purvey.Scheduled), ScheduledDate: catalog.Set("2026-05-01"), ScheduledZone: catalog.Set("Mars/Base"),
			},
		}
		for field, c := range cases {
			_, err := w.s.CreateProduct(w.ctx, w.shop, c)
			w.wantField(err, field)
		}
		_, err := w.s.CreateProduct(w.ctx, w.shop, catalog.Change{Slug: catalog.Set("-"), PriceCents: catalog.Set(int64(-5))})
		for _, field := range []string{"name", "slug", "price_cents"} {
			w.wantField(err, field) // all at once
		}
		_, err = w.s.CreateProduct(w.ctx, w.shop, catalog.Change{Name: name, FileIDs: catalog.Set([]string{strings.Repeat("a", 24)})})
		w.wantKind(err, purvey.NotFound)
		foreign, err := w.s.StoreFile(w.ctx, w.newShop("other").ID, "x.txt", "", strings.NewReader("x"), 0)
		w.must(err)
		_, err = w.s.CreateProduct(w.ctx, w.shop, catalog.Change{Name: name, FileIDs: catalog.Set([]string{foreign.ID})})
		w.wantKind(err, purvey.NotFound)
		l, err := w.s.Products(w.ctx, w.shop.ID, catalog.ProductFilter{Archived: true}, purvey.Page{Limit: 100})
		w.must(err)
		if len(l.Items) != 0 {
			t.Errorf("refused products left %d rows", len(l.Items))
		}
		p := w.product(catalog.Change{})
		for field, c := range cases {
			c.Name = catalog.Opt[string]{}
			if field == "name" {
				c.Name = catalog.Set("   ")
			}
			_, err := w.s.UpdateProduct(w.ctx, w.shop, p.ID, c)
			w.wantField(err, field)
		}
		after, err := w.s.Product(w.ctx, w.shop.ID, p.ID)
		w.must(err)
		if fmt.Sprint(after) != fmt.Sprint(p) {
			t.Errorf("refused changes left their mark:\n%+v\n%+v", p, after)
		}
		_, err = w.s.UpdateProduct(w.ctx, w.newShop("third"), p.ID, catalog.Change{Name: name})
		w.wantKind(err, purvey.NotFound)
	})
}

func TestPatchChangesWhatIsGivenAlone(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		part := w.product(catalog.Change{Name: catalog.Set("Oboe")})
		p := w.product(catalog.Change{
			Name: catalog.Set("Suite"), ExternalID: catalog.Set("s-1"), Kind: catalog.Set(purvey.KindSubscription), PeriodMonths: catalog.Set(3),
			Access: catalog.Set(purvey.AccessFileAndKey), KeyTag: catalog.Set("pro"), DownloadIn: catalog.Set(ptr(30)), MaxDownloads: catalog.Set(ptr(0)),
			PriceCents: catalog.Set(int64(1999)), Currency: catalog.Set("eur"), Description: catalog.Set("Two\nlines"), CoverURL: catalog.Set("https://a.example/c.png"),
			World: catalog.Set(false), Countries: catalog.Set([]string{"fr", "DE", "FR"}), MinQuantity: catalog.Set(2), Available: catalog.Set(false),
			Stamping: catalog.Set(true), StampText: catalog.Set("{email}"), Partable: catalog.Set(true), Parts: catalog.Set([]purvey.Part{{ProductID: part.ID}}),
			Links:      catalog.Set([]purvey.ProductLink{{Name: "Manual", URL: "https://a.example/m"}, {Name: "Forum", URL: "https://a.example/f"}}),
			ProductGID: catalog.Set("gid://shopify/Product/1"), VariantGIDs: catalog.Set([]string{"gid://shopify/ProductVariant/2"}),
			Extra: catalog.Set([]byte(`{"a":1}`)),
		})
		p, err := w.s.Product(w.ctx, w.shop.ID, p.ID)
		w.must(err)
		w.clock.Advance(time.Minute)
		q, err := w.s.UpdateProduct(w.ctx, w.shop, p.ID, catalog.Change{
			Name: catalog.Set("Suite 2"), Links: catalog.Set([]purvey.ProductLink{{Name: "Forum", URL: "https://a.example/f"}}),
		})
		w.must(err)
		if q.Name != "Suite 2" || len(q.Links) != 1 || q.Links[0].ID != p.Links[1].ID || !q.UpdatedAt.Equal(p.UpdatedAt.Add(time.Minute)) {
			t.Errorf("changed: %+v", q)
		}
		if q.Slug != "suite" || q.KeyMode != purvey.KeysFromPool || q.Currency != "EUR" || fmt.Sprint(q.Countries) != "[FR DE]" || q.Parts[0].Name != "Oboe" ||
			q.Parts[0].Sequence != 1 || q.UseAllVariants {
			t.Errorf("kept: %+v", q)
		}
		q.Name, q.Links, q.UpdatedAt = p.Name, p.Links, p.UpdatedAt
		if fmt.Sprintf("%+v", flat(q)) != fmt.Sprintf("%+v", flat(p)) {
			t.Errorf("something else changed:\n%+v\n%+v", p, q)
		}
		q, err = w.s.UpdateProduct(w.ctx, w.shop, p.ID, catalog.Change{
			ExternalID: catalog.Set(""), DownloadIn: catalog.Set[*int](nil), Description: catalog.Set(""), CoverURL: catalog.Set(""), KeyTag: catalog.Set(""),
			ProductGID: catalog.Set(""), VariantGIDs: catalog.Set[[]string](nil), Kind: catalog.Set(purvey.KindContent), Access: catalog.Set(purvey.AccessFile),
			Parts: catalog.Set[[]purvey.Part](nil), Archived: catalog.Set(true),
		})
		w.must(err)
		if q.ExternalID+q.Description+q.CoverURL+q.KeyTag+q.ProductGID+q.KeyMode != "" || q.DownloadIn != nil || len(q.Parts) != 0 || q.PeriodMonths != 0 ||
			!q.UseAllVariants || !q.IsArchived {
			t.Errorf("cleared: %+v", q)
		}
		_, err = w.s.UpdateProduct(w.ctx, w.shop, p.ID, catalog.Change{Parts: catalog.Set([]purvey.Part{{ProductID: p.ID}})})
		w.wantField(err, "parts.digital_product_id")
	})
}

// flat makes a product comparable by its printed form.
func flat(p purvey.Product) map[string]any {
	b, _ := json.Marshal(p)
	var m map[string]any
	_ = json.Unmarshal(b, &m)
	return m
}

// BDD-03
func TestBDD03_Limits(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		p := w.product(catalog.Change{})
		set := func(l catalog.Limits) purvey.Product {
			t.Helper()
			p, err := w.s.SetLimits(w.ctx, w.shop, p.ID, l)
			w.must(err)
			return p
		}
		q := set(catalog.Limits{MaxDownloads: catalog.Set(ptr(1_000_000))})
		if *q.MaxDownloads != 1_000_000 || q.DownloadIn != nil {
			t.Errorf("one limit: %v %v", q.MaxDownloads, q.DownloadIn)
		}
		q = set(catalog.Limits{MaxDownloads: catalog.Set[*int](nil), DownloadIn: catalog.Set(ptr(0))})
		if q.MaxDownloads != nil || *q.DownloadIn != 0 {
			t.Errorf("null and 0 are kept as sent: %v %v", q.MaxDownloads, q.DownloadIn)
		}
		_, err := w.s.SetLimits(w.ctx, w.shop, p.ID, catalog.Limits{})
		w.wantKind(err, purvey.Invalid)
		_, err = w.s.SetLimits(w.ctx, w.shop, p.ID, catalog.Limits{DownloadIn: catalog.Set(ptr(100_001))})
		w.wantField(err, "download_in")
		_, err = w.s.SetLimits(w.ctx, w.shop, strings.Repeat("0", 24), catalog.Limits{DownloadIn: catalog.Set(ptr(1))})
		w.wantKind(err, purvey.NotFound)
	})
}

func TestScheduledDateIsReadInItsZone(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		scheduled := catalog.Set(purvey.Scheduled)
		for _, c := range []struct{ date, zone, want string }{
			{"2026-05-01", "", "2026-05-01T00:00:00Z"},
			{"2026-05-01", "Europe/Paris", "2026-04-30T22:00:00Z"},
			{"2026-05-01T09:30", "America/New_York", "2026-05-01T13:30:00Z"},
			{"2026-05-01T09:30:00.250+02:00", "Asia/Tokyo", "2026-05-01T07:30:00.25Z"},
			{"2026-12-01T09:30:00", "Europe/Paris", "2026-12-01T08:30:00Z"},
		} {
			p := w.product(catalog.Change{Delivering: scheduled, ScheduledDate: catalog.Set(c.date), ScheduledZone: catalog.Set(c.zone)})
			if got := p.ScheduledAt.Format(time.RFC3339Nano); got != c.want {
				t.Errorf("%s in %q is %s, want %s", c.date, c.zone, got, c.want)
			}
			if want := c.zone; want == "" && p.ScheduledZone != "UTC" || want != "" && p.ScheduledZone != want {
				t.Errorf("zone %q", p.ScheduledZone)
			}
			j := w.job(purvey.JobReleaseDate, p.ID+" "+c.want)
			if j == nil || !j.ScheduledAt.Equal(p.ScheduledAt) {
				t.Fatalf("no job at %s: %+v", c.want, j)
			}
			var refs catalog.Refs
			w.must(json.Unmarshal(j.Args, &refs))
			if refs.ProductID != p.ID || refs.ShopID != w.shop.ID {
				t.Errorf("arguments %+v", refs)
			}
		}
		_, err := w.s.CreateProduct(w.ctx, w.shop, catalog.Change{Name: catalog.Set("x"), Delivering: scheduled, ScheduledDate: catalog.Set("soon")})
		w.wantField(err, "scheduled_delivery_date")
		_, err = w.s.CreateProduct(w.ctx, w.shop, catalog.Change{Name: catalog.Set("x"), ScheduledDate: catalog.Set("2026-05-01")})
		w.wantField(err, "scheduled_delivery_date")

		p := w.product(catalog.Change{Delivering: scheduled, ScheduledDate: catalog.Set("2026-05-01")})
		q, err := w.s.UpdateProduct(w.ctx, w.shop, p.ID, catalog.Change{ScheduledDate: catalog.Set("2026-06-01")})
		w.must(err)
		if w.job(purvey.JobReleaseDate, p.ID+" 2026-06-01T00:00:00Z") == nil {
			t.Error("a moved date has no job")
		}
		q, err = w.s.UpdateProduct(w.ctx, w.shop, q.ID, catalog.Change{Delivering: catalog.Set(purvey.Regular)})
		w.must(err)
		if !q.ScheduledAt.IsZero() || q.ScheduledZone != "" {
			t.Errorf("a regular product keeps a date: %v %q", q.ScheduledAt, q.ScheduledZone)
		}
	})
}

// BDD-01
func TestBDD01_ProductList(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		var ids []string
		f := w.file("a.txt", "a")
		for i := range 7 {
			p := w.product(catalog.Change{Name: catalog.Set(fmt.Sprintf("Träum_%d%%", i)), FileIDs: catalog.Set([]string{f.ID})})
			ids = append(ids, p.ID)
			if i%3 == 0 {
				w.clock.Advance(time.Second) // the others share an instant
			}
		}
		_, err := w.s.Archive(w.ctx, w.shop, ids[2], true)
		w.must(err)
		other := w.newShop("other")
		_, err = w.s.CreateProduct(w.ctx, other, catalog.Change{Name: catalog.Set("Träum_x")})
		w.must(err)
		walk := func(sort purvey.Sort, f catalog.ProductFilter) []string {
			t.Helper()
			var got []string
			p := purvey.Page{Limit: 2, Sort: sort}
			for {
				l, err := w.s.Products(w.ctx, w.shop.ID, f, p)
				w.must(err)
				for _, x := range l.Items {
					got = append(got, x.ID)
					if len(x.Files) != 1 {
						t.Errorf("files of %s: %d", x.ID, len(x.Files))
					}
					p.AfterID, p.AfterAt = x.ID, x.CreatedAt
				}
				if !l.HasMore {
					return got
				}
			}
		}
		up := []string{ids[0], ids[1], ids[3], ids[4], ids[5], ids[6]}
		down := []string{ids[6], ids[5], ids[4], ids[3], ids[1], ids[0]}
		for sort, want := range map[purvey.Sort][]string{"": down, "-id": down, "id": up, "created_at": up, "-created_at": down} {
			if got := walk(sort, catalog.ProductFilter{}); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("sort %q: %v, want %v", sort, got, want)
			}
		}
		if got := walk("id", catalog.ProductFilter{Archived: true}); fmt.Sprint(got) != fmt.Sprint(ids) {
			t.Errorf("with archived: %v", got)
		}
		for q, want := range map[string]int{"TRÄUM": 6, "träum_3": 1, "m_4%": 1, "%": 6, "_": 6, "x": 0, `\`: 0, "' OR 1=1 --": 0} {
			if got := walk("id", catalog.ProductFilter{Query: q}); len(got) != want {
				t.Errorf("q %q finds %d, want %d", q, len(got), want)
			}
		}
	})
}
