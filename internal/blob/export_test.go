package blob

import (
	"context"
	"os"
)

// Seams for the tests outside the package.

// CreateTempWith makes d write its temporary files as create makes them.
func CreateTempWith(d *Dir, create func(dir, pattern string) (*os.File, error)) {
	d.createTemp = create
}

// CopyAtMost makes s copy more than n bytes by parts.
func CopyAtMost(b Bucket, n int64) { b.(*S3).maxCopy = n }

// PutPiece writes a piece of an upload as a node would that knew of no other.
func PutPiece(ctx context.Context, b Bucket, upload string, offset int64, body []byte) error {
	s := b.(*S3)
	name, _ := uploadName(upload)
	s.blind.Store(true)
	return s.putNew(ctx, s.prefix+pieceName(name, offset), body)
}

// ContentName and UploadName are the mapping of names to places.
var (
	ContentName = contentName
	UploadName  = uploadName
)
