package purvey

import (
	"encoding/json"
	"time"
)

// DeliveringType says who gets which files, and when.
type DeliveringType string

// REGULAR: every buyer gets the product's files. UNIQUE: files are assigned
// to each order line. SCHEDULED: every buyer gets them at one set instant.
const (
	Regular   DeliveringType = "REGULAR"
	Unique    DeliveringType = "UNIQUE"
	Scheduled DeliveringType = "SCHEDULED"
)

// Access says what a product delivers. The mixed spelling is the vendor's.
type Access string

// The kinds of access.
const (
	AccessFile       Access = "FILE"
	AccessKey        Access = "LICENSE_KEY"
	AccessFileAndKey Access = "FILE_WITH_LICENCE_KEY"
)

// HasFiles tells whether files are delivered.
func (a Access) HasFiles() bool { return a != AccessKey }

// HasKeys tells whether licence keys are delivered.
func (a Access) HasKeys() bool { return a == AccessKey || a == AccessFileAndKey }

// Kinds of product.
const (
	KindContent      = "content"
	KindSubscription = "subscription"
)

// How a product's keys come about.
const (
	KeysFromPool  = "FROM_POOL"
	KeysGenerated = "GENERATED"
)

// Where a download button leads, and how many buttons there are.
const (
	DownloadRedirect = "redirect"    // to a short-lived storage URL where the storage can make one
	DownloadProxy    = "proxy"       // the server sends the bytes
	DownloadSingle   = "single_file" // one button per file
	DownloadZip      = "zip"         // one archive of all files
)

// Bounds of a product's limits.
const (
	MaxDownloadsBound = 1_000_000
	DownloadInBound   = 100_000 // days
)

// ProductLink is an external link delivered beside the files.
type ProductLink struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	URL  string `json:"url"`
}

// Part is one member of an ensemble product.
type Part struct {
	ProductID string `json:"digital_product_id"`
	Name      string `json:"name"`
	Sequence  int    `json:"sequence"`
}

// Stamping says whether a buyer's PDFs are marked, and with what text.
type Stamping struct {
	Enabled bool   `json:"enabled"`
	Text    string `json:"text"`
}

// Product is something a shop sells. Limits and expiry are read from it at
// the moment of a download, so a change reaches old orders too.
type Product struct {
	ID         string
	ShopID     string
	AssetID    int64  // HL Connect's name for it; unique in the shop
	Slug       string // Continuata's name for it; unique in the shop
	ExternalID string // Publica.la's name for it; unique in the shop when not ""
	Kind       string // content, subscription
	Status     string // published, draft (Continuata); archived is IsArchived
	Name       string

	Delivering   DeliveringType
	Access       Access
	DownloadMode string
	DownloadType string

	ProductGID     string
	VariantGIDs    []string
	UseAllVariants bool

	KeyTag  string // pool its keys come from; "" the untagged keys
	KeyMode string // "" unless Access has keys

	DownloadIn   *int // days after purchase; nil and 0: never expires
	MaxDownloads *int // copies of each file and line; nil and 0: no limit

	NotifyWhenUpdated bool
	ScheduledAt       time.Time // zero unless Delivering is Scheduled
	ScheduledZone     string    // IANA name

	PriceCents   int64
	Currency     string
	Description  string
	CoverURL     string
	World        bool
	Countries    []string
	MinQuantity  int
	Available    bool
	Stamping     Stamping
	PeriodMonths int
	Partable     bool
	Parts        []Part
	Links        []ProductLink
	IsArchived   bool

	ActiveVersionID string
	Files           []File // those of the active version, in order

	Extra     json.RawMessage // fields that only one dialect knows
	CreatedAt time.Time
	UpdatedAt time.Time
}

// SoldIn tells whether the product may be sold to a country (ISO alpha-2).
// An unknown country "" is allowed only when the product is sold everywhere.
func (p Product) SoldIn(country string) bool {
	if p.World {
		return true
	}
	for _, c := range p.Countries {
		if c == country && c != "" {
			return true
		}
	}
	return false
}

// VersionState is where a version stands.
type VersionState string

// A processing version is being uploaded; a ready one may be activated; a
// withdrawn one is offered to nobody. Which ready version is active is told
// by Product.ActiveVersionID.
const (
	VersionProcessing VersionState = "processing"
	VersionReady      VersionState = "ready"
	VersionWithdrawn  VersionState = "withdrawn"
)

// Version is one release of a product: a number and a list of files. By
// default an entitlement follows the active one.
type Version struct {
	ID          string
	ShopID      string
	ProductID   string
	Version     string
	Notes       string
	State       VersionState
	Files       []File
	CreatedAt   time.Time
	ActivatedAt time.Time
}
