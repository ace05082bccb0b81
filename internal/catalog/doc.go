// Package catalog keeps what a shop sells: products, their versions, and the
// files that versions are made of, with the ways a file comes in (whole, or as
// a resumable upload) and goes out.
//
// A product always has the files of its active version. Which files a buyer
// gets is not decided here; the catalogue is the same in both modes.
//
// A file's bytes lie in the bucket under their digest, shared by all files
// with the same content, and are filed before the row that names them. They go
// when the last such row is gone. A crash between the two leaves bytes without
// a row, which SweepBlobs removes; there is never a row without bytes.
package catalog

import (
	"time"

	"purvey"
	"purvey/internal/blob"
	"purvey/internal/store"
)

// Options are the operator's choices.
type Options struct {
	// UploadMax is the largest resumable upload, in bytes; 0 is no limit.
	UploadMax int64
	// Folder is where the bucket keeps its bytes, when that is a folder of this
	// machine: an upload that cannot fit there is refused before its first
	// byte. "" when it is not.
	Folder string
}

// Service is the catalogue. It may be used by several goroutines.
type Service struct {
	db     *store.DB
	bucket blob.Bucket
	o      Options
}

// New makes the service.
func New(db *store.DB, bucket blob.Bucket, o Options) *Service {
	return &Service{db: db, bucket: bucket, o: o}
}

// ProductFilter narrows a list of products; its zero value gives all that are
// not archived.
type ProductFilter = store.ProductFilter

// FileFilter narrows a list of files; its zero value gives all.
type FileFilter = store.FileFilter

// Bounds of what a catalogue holds.
const (
	MaxName         = 200 // characters of a product's or a link's name
	MaxVersionFiles = 1000
	MaxLinks        = 100
	MaxParts        = 200
	MaxVariants     = 2048
	MaxDescription  = 20_000 // characters
	MaxNotes        = 20_000 // characters
	MaxURL          = 2048   // bytes
	MaxPeriod       = 1200   // months
	MaxAssetID      = 1<<53 - 1
	MaxPrice        = 1<<53 - 1 // of one unit, in the smallest unit of the currency
)

// Times of what is swept.
const (
	UploadLife = 7 * 24 * time.Hour // after the last byte an upload is kept so long
	BlobGrace  = 24 * time.Hour     // bytes without a file are spared so long
)

// Refs are the arguments of the jobs this package enqueues.
type Refs struct {
	ShopID    string `json:"shop_id"`
	ProductID string `json:"product_id"`
	VersionID string `json:"version_id,omitempty"`
}

var bothModes = [...]purvey.Mode{purvey.Live, purvey.Sandbox}
