package delivery

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"purvey"
	"purvey/internal/blob"
	"purvey/internal/store"
)

// purposeView signs the addresses of the viewer.
const purposeView = "view"

// viewLife is how long the bytes behind a viewer's page that was opened in
// time can be read: as long as a person might sit over a book.
const viewLife = 12 * time.Hour

// errViewOver is the end of a viewer's address.
var errViewOver error = purvey.Errorf(purvey.Gone, "this address has expired")

// LineURL is the address of the bytes of a line's goods, good for so long: of
// its file or, if there are several, of an archive of them. "" says that it
// has none. Like FileURL it begins nothing, and the right is looked at when the
// bytes are asked for.
func (s *Service) LineURL(ctx context.Context, r purvey.Right, life time.Duration) (string, error) {
	switch files := r.Goods(); len(files) {
	case 0:
		return "", nil
	case 1:
		return s.FileURL(ctx, r, files[0], life), nil
	default:
		return s.lineArchiveURL(ctx, r, life), nil
	}
}

// ViewURL is the address of the viewer for a line's goods, good for so long;
// "" when none of them can be viewed.
func (s *Service) ViewURL(ctx context.Context, r purvey.Right, life time.Duration) (string, error) {
	if !slices.ContainsFunc(r.Goods(), func(f purvey.File) bool { return Viewable(f) != "" }) {
		return "", nil
	}
	return s.originOf(ctx, r.Order.ShopID) + "/view/" + s.viewToken(viewPage, r.Order, r.Line.ID, life), nil
}

// What an address of the viewer opens. Bytes open no page, so that nobody can
// go on for ever from one address to the next.
const (
	viewPage  = 'p'
	viewBytes = 'b'
)

func (s *Service) viewToken(kind byte, o purvey.Order, lineID string, life time.Duration) string {
	b := binary.AppendUvarint(putID([]byte{kind}, lineID), uint64(o.LinkEpoch))
	return s.keys.Token(purposeView, binary.AppendUvarint(b, uint64(s.db.Now().Add(life).Unix())))
}

// How a file is viewed.
const (
	ViewPDF   = "pdf"
	ViewAudio = "audio"
	ViewVideo = "video"
	ViewImage = "image"
)

// Viewable tells how a file is viewed; "" when browsers cannot show it.
func Viewable(f purvey.File) string {
	kind, _, _ := strings.Cut(strings.ToLower(f.Type), ";")
	switch kind = strings.TrimSpace(kind); {
	case !f.Uploaded:
		return ""
	case isPDF(f):
		return ViewPDF
	case strings.HasPrefix(kind, "audio/"):
		return ViewAudio
	case strings.HasPrefix(kind, "video/"):
		return ViewVideo
	case slices.Contains([]string{"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"}, kind):
		return ViewImage
	}
	return ""
}

// mayView tells whether an order's page offers to view files. Who views a file
// can keep it, so it is offered only where copies have no limit.
func (src *source) mayView() bool {
	return src.via == purvey.ViaOrder && src.allowance == 0 && !src.resume && src.right.Product.DownloadType != purvey.DownloadZip
}

// GrantView is the answer to the button that shows a file of an order's page in
// the browser: a path of the viewer. For a file that the page does not offer to
// view it is purvey.NotFound. lineID is as with GrantFile.
func (s *Service) GrantView(ctx context.Context, token, fileID, lineID string) (string, error) {
	sources, f, err := s.pageFile(ctx, token, fileID, lineID)
	if err != nil {
		return "", err
	}
	for _, src := range sources {
		if !src.mayView() || Viewable(f) == "" {
			continue
		}
		if err := s.checkOf(ctx, src, f, 0); err != nil {
			return "", err
		}
		life := time.Duration(src.shop.Settings.Lifetimes.AccessURL) * time.Second
		return "/view/" + s.viewToken(viewPage, src.right.Order, src.right.Line.ID, life) + "?file=" + f.ID, nil
	}
	return "", purvey.Missing("file")
}

// View is what the viewer's page shows. Looking at it begins nothing.
type View struct {
	Shop  purvey.Shop
	Title string // the product's name
	Files []purvey.File
	Bytes string // the token of the bytes: it outlives the page's address
}

// View gives the viewer's page of an address. A forged one is purvey.NotFound,
// one whose time is over purvey.Gone; while the goods may not be had it is
// purvey.Denied with a reason. Where the shop is known, the error comes with it.
func (s *Service) View(ctx context.Context, token string) (View, error) {
	src, err := s.viewSource(ctx, viewPage, token)
	if src == nil {
		return View{}, err
	}
	v := View{Shop: src.shop}
	if err != nil {
		return v, err
	}
	// Reading spends bandwidth as copies do; who has the page open may read on.
	if full, err := s.spent(ctx, src); err != nil || full {
		if full {
			err = refused(purvey.ReasonBandwidth)
		}
		return v, err
	}
	v.Title, v.Bytes = src.right.Line.ProductName, s.viewToken(viewBytes, src.right.Order, src.right.Line.ID, viewLife)
	for _, f := range src.files {
		if Viewable(f) != "" {
			v.Files = append(v.Files, f)
		}
	}
	if len(v.Files) == 0 {
		return v, refused(purvey.ReasonNoFiles)
	}
	return v, nil
}

// viewSource gives the line behind an address of the viewer, as it stands now;
// a line that may not be viewed, with the error.
func (s *Service) viewSource(ctx context.Context, kind byte, token string) (*source, error) {
	b, ok := s.keys.OpenToken(purposeView, token)
	if !ok || len(b) == 0 || b[0] != kind {
		return nil, purvey.Missing("page")
	}
	lineID, b, ok := takeID(b[1:])
	epoch, n := binary.Uvarint(b)
	b = b[max(n, 0):]
	expires, m := binary.Uvarint(b)
	if !ok || n <= 0 || m != len(b) {
		return nil, purvey.Missing("page")
	}
	r, err := s.db.Right(ctx, lineID)
	if err != nil {
		return nil, err
	}
	if r.Order.LinkEpoch != int(epoch) {
		return nil, purvey.Missing("page")
	}
	shop, err := s.openShop(ctx, r.Order.ShopID)
	if err != nil {
		return nil, err
	}
	src := s.lineSource(shop, r)
	switch {
	case src.refusal != nil:
		return src, refused(src.refusal.Reason)
	case !s.db.Now().Before(time.Unix(int64(expires), 0)):
		return src, errViewOver
	}
	return src, nil
}

// Reading is one file open in the viewer, for one request. What is read of it
// is written down as reading and uses no allowance. It must be closed.
type Reading struct {
	Item
	Kind string // as Viewable says

	s      *Service
	reader blob.Reader
	copy   *openCopy
	flight *flight // of the bytes since the last Seek; nil before the first Read
	at     int64
}

// Read opens a file for the viewer, by the Bytes of its View. The errors are
// those of View; a file that cannot be viewed is purvey.NotFound.
func (s *Service) Read(ctx context.Context, token, fileID string, c Client) (*Reading, error) {
	src, err := s.viewSource(ctx, viewBytes, token)
	if err != nil {
		return nil, err
	}
	f, ok := src.file(fileID)
	if !ok || Viewable(f) == "" {
		return nil, purvey.Missing("file")
	}
	it, err := s.fileItem(ctx, []*source{src}, f)
	if err != nil {
		return nil, err
	}
	g := it.pieces[0].goods
	reader, err := s.bucket.Open(ctx, g.digest)
	if err != nil {
		return nil, err
	}
	oc, err := s.beginReading(ctx, src, f, g.size, c)
	if err != nil {
		reader.Close() // it was only read
		return nil, err
	}
	return &Reading{Item: *it, Kind: Viewable(f), s: s, reader: reader, copy: oc}, nil
}

// beginReading gives the reading that a request belongs to: the line's latest
// one of the file, or a new one after a pause.
func (s *Service) beginReading(ctx context.Context, src *source, f purvey.File, size int64, c Client) (*openCopy, error) {
	// Readings have a holder of their own, so that they never join a copy.
	holder := "reading " + src.holder
	sl := s.copies.take(copyKey{holder, f.ID, src.version})
	defer s.copies.leave(sl)
	sl.deciding.Lock()
	defer sl.deciding.Unlock()
	now := s.db.Now()
	if oc := sl.current; oc != nil && s.copies.join(oc, now, 0) {
		return oc, nil
	}
	var d purvey.Download
	err := s.db.Tx(ctx, func(tx *store.Tx) (err error) {
		if err := tx.Lock(ctx, holder+" "+f.ID); err != nil {
			return err
		}
		d, err = tx.LatestCopy(ctx, holder, f.ID, src.version)
		switch {
		case err == nil && s.copies.known(d).Takes(now, 0):
			return nil
		case err != nil && !errors.Is(err, purvey.NotFound):
			return err
		}
		d = purvey.Download{
			ShopID: src.scope.ShopID, Mode: src.scope.Mode, Via: purvey.ViaReading, OrderID: src.right.Order.ID, LineID: src.holder,
			ProductID: src.right.Product.ID, VersionID: src.version, FileID: f.ID, FileName: f.Name, FileType: f.Type, Number: d.Number + 1, Size: size,
			IP: c.IP, UserAgent: shortened(c.UserAgent), CreatedAt: now, LastAt: now,
		}
		return tx.InsertDownload(ctx, holder, &d)
	})
	if err != nil {
		return nil, err
	}
	sl.put(s.copies.adopt(d, now))
	return sl.current, nil
}

// Read implements io.Reader.
func (r *Reading) Read(p []byte) (int, error) {
	if r.flight == nil {
		r.flight = r.copy.fly(r.at)
	}
	want := r.flight.reserve(int64(len(p)))
	n, err := r.reader.Read(p[:want])
	r.flight.sent(want, int64(n))
	r.at += int64(n)
	return n, err
}

// Seek implements io.Seeker.
func (r *Reading) Seek(offset int64, whence int) (int64, error) {
	at, err := r.reader.Seek(offset, whence)
	if err == nil && at != r.at {
		r.land()
		r.at = at
	}
	return at, err
}

// Close ends the request.
func (r *Reading) Close() error {
	r.land()
	r.s.release(r.copy)
	return r.reader.Close()
}

func (r *Reading) land() {
	if r.flight != nil {
		r.flight.land(r.s.db.Now(), 0)
		r.flight = nil
	}
}

var _ io.ReadSeekCloser = (*Reading)(nil)
