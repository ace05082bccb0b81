package catalog

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are the same on every machine
	"unicode"
	"unicode/utf8"

	"purvey"
)

// Opt is a part of a request that may be absent.
type Opt[T any] struct {
	Given bool
	Value T
}

// Set gives a part that is there.
func Set[T any](v T) Opt[T] { return Opt[T]{Given: true, Value: v} }

// Change is what a caller wants of a product, new or old. What is not given
// stays as it is, or takes its default in a new product. "" and nil clear what
// can be without a value.
type Change struct {
	Name       Opt[string] // required in a new product
	Slug       Opt[string] // made of the name when it is not given
	ExternalID Opt[string]
	AssetID    Opt[int64] // the shop's next when it is not given
	Kind       Opt[string]
	Status     Opt[string]

	Delivering   Opt[purvey.DeliveringType]
	Access       Opt[purvey.Access]
	FileIDs      Opt[[]string] // of the active version; repeats collapse
	Links        Opt[[]purvey.ProductLink]
	Version      Opt[string] // number of the active version
	DownloadMode Opt[string]
	DownloadType Opt[string]

	ProductGID  Opt[string]
	VariantGIDs Opt[[]string]

	KeyTag       Opt[string]
	KeyMode      Opt[string]
	DownloadIn   Opt[*int]
	MaxDownloads Opt[*int]

	NotifyWhenUpdated Opt[bool]
	ScheduledDate     Opt[string] // ISO 8601; without an offset it is in the zone
	ScheduledZone     Opt[string] // IANA name; the shop's when it is not given

	PriceCents   Opt[int64]
	Currency     Opt[string] // the shop's when it is not given
	Description  Opt[string]
	CoverURL     Opt[string]
	World        Opt[bool]
	Countries    Opt[[]string]
	MinQuantity  Opt[int]
	Available    Opt[bool]
	Stamping     Opt[bool]
	StampText    Opt[string]
	PeriodMonths Opt[int]
	Partable     Opt[bool]
	Parts        Opt[[]purvey.Part]
	Archived     Opt[bool]
	Extra        Opt[[]byte] // a JSON document that one dialect knows
}

// fresh is a product before anything is said of it.
func fresh(shop purvey.Shop) purvey.Product {
	return purvey.Product{
		ShopID: shop.ID, Kind: purvey.KindContent, Status: StatusPublished,
		Delivering: purvey.Regular, Access: purvey.AccessFile, DownloadMode: purvey.DownloadRedirect, DownloadType: purvey.DownloadSingle,
		UseAllVariants: true, Currency: shop.Settings.Shop.Currency, World: true, MinQuantity: 1, Available: true,
	}
}

// Statuses of a product.
const (
	StatusPublished = "published"
	StatusDraft     = "draft"
)

// editor puts a change into a product and collects what is wrong with it.
type editor struct {
	purvey.Checker
	p     *purvey.Product
	shop  purvey.Shop
	newID func() string
}

func (e *editor) apply(c Change) error {
	e.identity(c)
	e.goods(c)
	e.keysAndLimits(c)
	e.schedule(c)
	e.selling(c)
	e.parts(c)
	if c.Archived.Given {
		e.p.IsArchived = c.Archived.Value
	}
	if c.Extra.Given {
		e.p.Extra = c.Extra.Value
	}
	return e.Err()
}

func (e *editor) identity(c Change) {
	p := e.p
	if c.Name.Given {
		p.Name = e.text("name", c.Name.Value, MaxName)
	}
	e.Require(p.Name != "", "name", "is required: 1 to %d characters", MaxName)
	if c.Slug.Given {
		p.Slug = c.Slug.Value
		e.Require(purvey.ValidSlug(p.Slug), "slug", "must be 1 to 100 lower-case letters, digits and single hyphens")
	}
	if c.ExternalID.Given {
		p.ExternalID = e.text("external_id", c.ExternalID.Value, 255)
	}
	if c.AssetID.Given {
		p.AssetID = c.AssetID.Value
		e.Require(p.AssetID >= 1 && p.AssetID <= MaxAssetID, "asset_id", "must be between 1 and %d", int64(MaxAssetID))
	}
	if c.Kind.Given {
		p.Kind = e.oneOf("kind", c.Kind.Value, purvey.KindContent, purvey.KindSubscription)
	}
	if c.Status.Given {
		p.Status = e.oneOf("status", c.Status.Value, StatusPublished, StatusDraft)
	}
	if c.ProductGID.Given {
		p.ProductGID = e.gid("product_gid", c.ProductGID.Value)
	}
	if c.VariantGIDs.Given {
		e.Require(len(c.VariantGIDs.Value) <= MaxVariants, "variant_gids", "must be at most %d", MaxVariants)
		p.VariantGIDs = nil
		for _, g := range c.VariantGIDs.Value {
			if g = e.gid("variant_gids", g); g != "" && !slices.Contains(p.VariantGIDs, g) {
				p.VariantGIDs = append(p.VariantGIDs, g)
			}
		}
		p.UseAllVariants = len(p.VariantGIDs) == 0
	}
}

func (e *editor) goods(c Change) {
	p := e.p
	if c.Delivering.Given {
		p.Delivering = c.Delivering.Value
		e.Require(p.Delivering == purvey.Regular || p.Delivering == purvey.Unique || p.Delivering == purvey.Scheduled,
			"delivering_type", "must be REGULAR, UNIQUE or SCHEDULED")
	}
	if c.Access.Given {
		p.Access = c.Access.Value
		e.Require(p.Access == purvey.AccessFile || p.Access == purvey.AccessKey || p.Access == purvey.AccessFileAndKey,
			"access", "must be FILE, LICENSE_KEY or FILE_WITH_LICENCE_KEY")
	}
	if c.DownloadMode.Given {
		p.DownloadMode = e.oneOf("download_mode", c.DownloadMode.Value, purvey.DownloadRedirect, purvey.DownloadProxy)
	}
	if c.DownloadType.Given {
		p.DownloadType = e.oneOf("download_type", c.DownloadType.Value, purvey.DownloadSingle, purvey.DownloadZip)
	}
	if c.NotifyWhenUpdated.Given {
		p.NotifyWhenUpdated = c.NotifyWhenUpdated.Value
	}
	if c.Links.Given {
		e.links(c.Links.Value)
	}
	if c.StampText.Given {
		p.Stamping.Text = e.text("stamping.text", c.StampText.Value, purvey.MaxStampText)
	}
	if c.Stamping.Given {
		p.Stamping.Enabled = c.Stamping.Value
	}
	if c.Stamping.Given || c.StampText.Given {
		e.Require(!p.Stamping.Enabled || p.Stamping.Text != "" || e.shop.Settings.Policies.StampText != "",
			"stamping.text", "is required while stamping is enabled: the shop has no default text")
	}
}

// links replaces the external links. One that is unchanged keeps its id.
func (e *editor) links(links []purvey.ProductLink) {
	e.Require(len(links) <= MaxLinks, "links", "must be at most %d", MaxLinks)
	old := slices.Clone(e.p.Links)
	e.p.Links = nil
	for _, l := range links {
		l.Name = e.text("links.name", l.Name, MaxName)
		e.Require(l.Name != "", "links.name", "is required: 1 to %d characters", MaxName)
		l.URL = e.url("links.url", l.URL)
		e.Require(l.URL != "", "links.url", "is required")
		l.ID = ""
		if i := slices.IndexFunc(old, func(o purvey.ProductLink) bool { return o.Name == l.Name && o.URL == l.URL }); i >= 0 {
			l.ID = old[i].ID
			old = slices.Delete(old, i, i+1)
		} else {
			l.ID = e.newID()
		}
		e.p.Links = append(e.p.Links, l)
	}
}

func (e *editor) keysAndLimits(c Change) {
	p := e.p
	if c.KeyTag.Given {
		p.KeyTag = e.text("license_key_tag", c.KeyTag.Value, purvey.MaxTagLength)
	}
	if c.KeyMode.Given && c.KeyMode.Value != "" {
		p.KeyMode = e.oneOf("license_key_mode", c.KeyMode.Value, purvey.KeysFromPool, purvey.KeysGenerated)
		e.Require(p.Access.HasKeys(), "license_key_mode", "may be given only when access has licence keys")
	}
	switch {
	case !p.Access.HasKeys():
		p.KeyMode = ""
	case p.KeyMode == "" || c.KeyMode.Given && c.KeyMode.Value == "":
		p.KeyMode = purvey.KeysFromPool
	}
	if c.DownloadIn.Given {
		p.DownloadIn = e.limit("download_in", c.DownloadIn.Value, purvey.DownloadInBound)
	}
	if c.MaxDownloads.Given {
		p.MaxDownloads = e.limit("max_downloads", c.MaxDownloads.Value, purvey.MaxDownloadsBound)
	}
}

func (e *editor) schedule(c Change) {
	p := e.p
	if c.ScheduledZone.Given {
		p.ScheduledZone = c.ScheduledZone.Value
		e.Require(p.ScheduledZone == "" || validZone(p.ScheduledZone), "scheduled_delivery_timezone", "must be an IANA time zone, such as Europe/Paris")
	}
	if p.Delivering != purvey.Scheduled {
		e.Require(c.ScheduledDate.Value == "", "scheduled_delivery_date", "may be given only when delivering_type is SCHEDULED")
		e.Require(c.ScheduledZone.Value == "", "scheduled_delivery_timezone", "may be given only when delivering_type is SCHEDULED")
		p.ScheduledAt, p.ScheduledZone = time.Time{}, ""
		return
	}
	if p.ScheduledZone == "" {
		p.ScheduledZone = e.shop.Settings.Shop.Timezone
	}
	if c.ScheduledDate.Given {
		p.ScheduledAt = time.Time{}
		if c.ScheduledDate.Value != "" {
			var ok bool
			p.ScheduledAt, ok = instantIn(c.ScheduledDate.Value, p.ScheduledZone)
			e.Require(ok, "scheduled_delivery_date", "must be an ISO 8601 date, such as 2026-05-01T09:00:00")
			if !ok {
				return
			}
		}
	}
	e.Require(!p.ScheduledAt.IsZero(), "scheduled_delivery_date", "is required when delivering_type is SCHEDULED")
}

// instantForms are the ways to write an instant without an offset.
var instantForms = [...]string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly}

// instantIn reads an instant of ISO 8601, between the years 1 and 9999. What
// has no offset is meant in the zone.
func instantIn(s, zone string) (time.Time, bool) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	for i := 0; err != nil && i < len(instantForms); i++ {
		t, err = time.ParseInLocation(instantForms[i], s, loc)
	}
	t = t.UTC().Truncate(time.Microsecond)
	return t, err == nil && t.Year() >= 1 && t.Year() <= 9999
}

// validZone tells whether s names a zone of the IANA database.
func validZone(s string) bool {
	_, err := time.LoadLocation(s)
	return err == nil && s != "" && s != "Local"
}

var countryForm = regexp.MustCompile(`^[A-Z]{2}$`)

func (e *editor) selling(c Change) {
	p := e.p
	if c.PriceCents.Given {
		p.PriceCents = c.PriceCents.Value
		e.Require(p.PriceCents >= 0 && p.PriceCents <= MaxPrice, "price_cents", "must be between 0 and %d", int64(MaxPrice))
	}
	if c.Currency.Given {
		p.Currency = strings.ToUpper(c.Currency.Value)
		e.Require(purvey.ValidCurrency(p.Currency), "currency", "must be an ISO 4217 code, such as USD")
	}
	if c.Description.Given {
		p.Description = e.text("description", c.Description.Value, MaxDescription)
	}
	if c.CoverURL.Given {
		p.CoverURL = e.url("cover_url", c.CoverURL.Value)
	}
	if c.World.Given {
		p.World = c.World.Value
	}
	if c.Countries.Given {
		p.Countries = nil
		for _, code := range c.Countries.Value {
			code = strings.ToUpper(code)
			e.Require(countryForm.MatchString(code), "countries", "must be ISO 3166 codes of two letters, such as FR")
			if !slices.Contains(p.Countries, code) {
				p.Countries = append(p.Countries, code)
			}
		}
	}
	if c.MinQuantity.Given {
		p.MinQuantity = c.MinQuantity.Value
		e.Require(p.MinQuantity >= 1 && p.MinQuantity <= 1_000_000, "min_quantity", "must be between 1 and 1000000")
	}
	if c.Available.Given {
		p.Available = c.Available.Value
	}
	if c.PeriodMonths.Given {
		p.PeriodMonths = c.PeriodMonths.Value
		e.Require(p.PeriodMonths >= 0 && p.PeriodMonths <= MaxPeriod, "period_months", "must be between 1 and %d", MaxPeriod)
		e.Require(p.PeriodMonths == 0 || p.Kind == purvey.KindSubscription, "period_months", "may be given only when kind is subscription")
	}
	if p.Kind != purvey.KindSubscription {
		p.PeriodMonths = 0
	}
}

// parts checks the form; that the products exist is looked up later.
func (e *editor) parts(c Change) {
	p := e.p
	if c.Partable.Given {
		p.Partable = c.Partable.Value
	}
	if !c.Parts.Given {
		return
	}
	e.Require(len(c.Parts.Value) <= MaxParts, "parts", "must be at most %d", MaxParts)
	p.Parts = nil
	seen := map[string]bool{}
	for i, part := range c.Parts.Value {
		part.Name = e.text("parts.name", part.Name, MaxName)
		e.Require(part.ProductID != "", "parts.digital_product_id", "is required")
		e.Require(!seen[part.ProductID], "parts.digital_product_id", "must not name a product twice")
		e.Require(part.ProductID != p.ID || p.ID == "", "parts.digital_product_id", "must not be the product itself")
		e.Require(part.Sequence >= 0 && part.Sequence <= 1_000_000, "parts.sequence", "must be between 0 and 1000000")
		if part.Sequence == 0 {
			part.Sequence = i + 1
		}
		seen[part.ProductID] = true
		p.Parts = append(p.Parts, part)
	}
}

// text trims a text and checks its length in characters. Line breaks and tabs
// are the only control characters it may hold.
func (e *editor) text(field, s string, most int) string {
	s = strings.TrimSpace(s)
	e.Require(utf8.RuneCountInString(s) <= most, field, "must be at most %d characters", most)
	plain := utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t'
	})
	e.Require(plain, field, "must not have control characters")
	return s
}

func (e *editor) oneOf(field, s string, allowed ...string) string {
	e.Require(slices.Contains(allowed, s), field, "must be %s", strings.Join(allowed, " or "))
	return s
}

// url checks the address of something on the web; "" is none.
func (e *editor) url(field, s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	e.Require(err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && len(s) <= MaxURL,
		field, "must be an http or https URL of at most %d bytes", MaxURL)
	return s
}

var gidForm = regexp.MustCompile(`^gid://[A-Za-z0-9._/-]{1,240}$`)

func (e *editor) gid(field, s string) string {
	e.Require(s == "" || gidForm.MatchString(s), field, "must be a global id, such as gid://shopify/Product/123")
	return s
}

func (e *editor) limit(field string, n *int, most int) *int {
	e.Require(n == nil || *n >= 0 && *n <= most, field, "must be between 0 and %d, or null", most)
	return n
}
