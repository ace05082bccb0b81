package delivery

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"purvey"
	"purvey/internal/blob"
)

// Item is something to be had by bytes: a file, or an archive that is made up
// while it is sent. Asking for an Item begins nothing and counts nothing.
type Item struct {
	Name     string
	Type     string // MIME
	Size     int64
	ETag     string    // strong, quoted
	Modified time.Time // zero: not told

	pieces []piece
}

// piece is a run of an Item's bytes: text, or the content of a file.
type piece struct {
	size  int64
	text  func(ctx context.Context) ([]byte, error) // nil for a file
	goods *goods
}

// goods is a file as its customer gets it.
type goods struct {
	sources []*source // whoever may give it, best first
	file    purvey.File
	digest  string // of the bytes that are sent; another than the file's when it is stamped
	size    int64
}

// errGrantOver is the end of a byte URL. It says nothing of whether the
// customer may still have the file: a fresh URL is a button away.
var errGrantOver error = purvey.Errorf(purvey.Gone, "this download address has expired; go back to the download page for a new one")

// fileItem makes the Item of one file.
func (s *Service) fileItem(ctx context.Context, sources []*source, f purvey.File) (*Item, error) {
	g, err := s.goodsOf(ctx, sources, f)
	if err != nil {
		return nil, err
	}
	it := &Item{
		Name: f.Name, Type: f.Type, Size: g.size, ETag: `"` + g.digest + `"`,
		pieces: []piece{{size: g.size, goods: g}},
	}
	if g.digest == f.Digest {
		it.Modified = f.CreatedAt
	}
	return it, nil
}

// goodsOf finds the bytes of a file, which for a stamped one are made first.
func (s *Service) goodsOf(ctx context.Context, sources []*source, f purvey.File) (*goods, error) {
	if !f.Uploaded {
		return nil, refused(purvey.ReasonNoFiles)
	}
	st, err := s.stamping.of(ctx, sources[0], f)
	if err != nil {
		return nil, err
	}
	return &goods{sources: sources, file: f, digest: st.Digest, size: st.Size}, nil
}

// File is a file of an order's page. Of several lines that have it, the first
// one whose allowance permits gives it. A file that the order does not have is
// purvey.NotFound; one that may not be had now is purvey.Denied with a reason.
func (s *Service) File(ctx context.Context, token, fileID string) (*Item, error) {
	sources, f, err := s.pageFile(ctx, token, fileID, "")
	if err != nil {
		return nil, err
	}
	return s.fileItem(ctx, sources, f)
}

// pageFile finds a file among an order's lines, or in one of them.
func (s *Service) pageFile(ctx context.Context, token, fileID, lineID string) ([]*source, purvey.File, error) {
	id, epoch, err := s.openPageToken(token)
	if err != nil {
		return nil, purvey.File{}, err
	}
	k, err := s.orderNow(ctx, id, epoch)
	if err != nil {
		return nil, purvey.File{}, err
	}
	all := s.sources(k)
	if lineID != "" {
		all = slices.DeleteFunc(all, func(src *source) bool { return src.holder != lineID })
	}
	return having(all, fileID)
}

// having keeps the sources that may give the file, or tells why none may.
func having(all []*source, fileID string) ([]*source, purvey.File, error) {
	var f purvey.File
	var sources []*source
	var refusal *purvey.Refusal
	for _, src := range all {
		found, ok := src.file(fileID)
		switch {
		case !ok:
		case src.refusal != nil:
			if refusal == nil {
				refusal = src.refusal
			}
		default:
			f, sources = found, append(sources, src)
		}
	}
	switch {
	case len(sources) > 0:
		return sources, f, nil
	case refusal != nil:
		return nil, f, refused(refusal.Reason)
	default:
		return nil, f, purvey.Missing("file")
	}
}

// LinkFile is a file of a share link.
func (s *Service) LinkFile(ctx context.Context, id, secret, fileID string) (*Item, error) {
	src, err := s.linkOf(ctx, id, secret)
	if err != nil {
		return nil, err
	}
	sources, f, err := having([]*source{src}, fileID)
	if err != nil {
		return nil, err
	}
	return s.fileItem(ctx, sources, f)
}

// Granted is what a byte URL gives. Past its time it still resumes what was
// begun; else it is purvey.Gone. The name that stands behind the token in the
// URL means nothing.
func (s *Service) Granted(ctx context.Context, token string, note Note) (*Item, error) {
	g, err := s.openGrant(token)
	if err != nil {
		return nil, err
	}
	if g.file == "" {
		return s.grantedArchive(ctx, g, note)
	}
	src, err := s.granted(ctx, g)
	if err != nil {
		return nil, err
	}
	if now := s.db.Now(); now.After(g.expires) {
		d, err := s.db.LatestCopy(ctx, src.holder, g.file, src.version)
		if errors.Is(err, purvey.NotFound) || err == nil && !s.copies.known(d).Takes(now, 1) {
			err = errGrantOver
		}
		if err != nil {
			return nil, err
		}
		src.resume = true
	}
	sources, f, err := having([]*source{src}, g.file)
	if err != nil {
		return nil, err
	}
	return s.fileItem(ctx, sources, f)
}

// Check tells whether any request for bytes of an Item would be answered, and
// begins nothing. A copy that may only be finished counts as an answer: clients
// ask for the headers before they resume.
func (s *Service) Check(ctx context.Context, it *Item) error {
	for _, p := range it.pieces {
		if p.goods != nil {
			return s.check(ctx, p.goods.sources, p.goods.file, min(1, p.goods.size))
		}
	}
	return nil
}

func (s *Service) check(ctx context.Context, sources []*source, f purvey.File, from int64) error {
	var first error
	for _, src := range sources {
		err := s.checkOf(ctx, src, f, from)
		if err == nil || purvey.ReasonOf(err) == purvey.ReasonNone {
			return err
		}
		if first == nil {
			first = err
		}
	}
	return first
}

func (s *Service) checkOf(ctx context.Context, src *source, f purvey.File, from int64) error {
	if src.refusal != nil {
		return refused(src.refusal.Reason)
	}
	over, err := s.newRefused(ctx, src, f)
	if over == nil || err != nil {
		return err
	}
	// Looked up after the count, so that a copy that was counted is seen here.
	d, err := s.db.LatestCopy(ctx, src.holder, f.ID, src.version)
	if errors.Is(err, purvey.NotFound) || err == nil && !s.copies.known(d).Takes(s.db.Now(), from) {
		return over
	}
	return err
}

// newRefused tells why no new copy of a file may begin; nil when one may.
func (s *Service) newRefused(ctx context.Context, src *source, f purvey.File) (why, err error) {
	if src.resume {
		return errGrantOver, nil
	}
	if src.allowance > 0 {
		_, counted, err := s.db.CountCopies(ctx, src.holder, f.ID, src.since, src.allowance)
		if err != nil {
			return nil, err
		}
		if counted >= src.allowance {
			return refused(purvey.ReasonUsedUp), nil
		}
	}
	full, err := s.spent(ctx, src)
	if full {
		why = refused(purvey.ReasonBandwidth)
	}
	return why, err
}

// GrantFile is the answer to the button of one file on an order's page: the
// address of its bytes, a storage URL or a path of ours. lineID says which line
// gives it, where several have it; "" leaves that open.
func (s *Service) GrantFile(ctx context.Context, token, fileID, lineID string, c Client) (string, error) {
	sources, f, err := s.pageFile(ctx, token, fileID, lineID)
	if err != nil {
		return "", err
	}
	return s.grantOf(ctx, sources, f, c)
}

// GrantLinkFile is the answer to the button of one file on a share link's page.
func (s *Service) GrantLinkFile(ctx context.Context, id, secret, fileID string, c Client) (string, error) {
	src, err := s.linkOf(ctx, id, secret)
	if err != nil {
		return "", err
	}
	sources, f, err := having([]*source{src}, fileID)
	if err != nil {
		return "", err
	}
	return s.grantOf(ctx, sources, f, c)
}

// grantOf gives the address of a file's bytes.
func (s *Service) grantOf(ctx context.Context, sources []*source, f purvey.File, c Client) (string, error) {
	var first error
	for _, src := range sources {
		err := s.checkOf(ctx, src, f, 0)
		if err == nil {
			return s.addressOf(ctx, src, f, c)
		}
		if purvey.ReasonOf(err) == purvey.ReasonNone {
			return "", err
		}
		if first == nil {
			first = err
		}
	}
	return "", first
}

func (s *Service) addressOf(ctx context.Context, src *source, f purvey.File, c Client) (string, error) {
	g, err := s.goodsOf(ctx, []*source{src}, f)
	if err != nil {
		return "", err
	}
	if src.right.Product.DownloadMode == purvey.DownloadRedirect {
		if u, ok, err := s.presign(ctx, src, g, c); ok || err != nil {
			return u, err
		}
	}
	return s.grantPath(src, f, grantLife(g.size)), nil
}

// grantPath makes our own byte URL, without the origin.
func (s *Service) grantPath(src *source, f purvey.File, life time.Duration) string {
	g := grant{kind: grantLine, holder: src.holder, epoch: src.right.Order.LinkEpoch, file: f.ID, version: src.version, expires: s.db.Now().Add(life)}
	switch src.via {
	case purvey.ViaLink:
		g.kind, g.epoch = grantLink, 0
	case purvey.ViaMint:
		g.kind, g.epoch, g.expires = grantMint, 0, src.bounded(g.expires)
	}
	return "/b/" + s.grantToken(g) + "/" + pathName(f.Name)
}

// FileURL is the address of the bytes of one file of an order line's goods,
// good for so long. Making it checks and begins nothing; the right is looked at
// when the bytes are asked for.
func (s *Service) FileURL(ctx context.Context, r purvey.Right, f purvey.File, life time.Duration) string {
	src := &source{via: purvey.ViaOrder, holder: r.Line.ID, right: r, version: r.Version.ID}
	return s.originOf(ctx, r.Order.ShopID) + s.grantPath(src, f, life)
}

// lineArchiveURL is FileURL for an archive of all goods of a line.
func (s *Service) lineArchiveURL(ctx context.Context, r purvey.Right, life time.Duration) string {
	members := membersOf([]*source{{holder: r.Line.ID, version: r.Version.ID, files: r.Goods()}})
	g := grant{
		kind: grantLineZip, holder: r.Line.ID, epoch: r.Order.LinkEpoch, expires: s.db.Now().Add(life),
		members: packMembers(members, make([]purvey.Reason, len(members))),
	}
	return s.originOf(ctx, r.Order.ShopID) + "/b/" + s.grantToken(g) + "/" + pathName(archiveName(r.Order))
}

// pathName is a name for the end of a byte URL, where some clients take their
// file name from: what would have to be escaped is replaced.
func pathName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '-'
	}, name)
	if name = strings.TrimLeft(name, "."); name == "" {
		return "file"
	}
	return name
}

// redirectLife is how long a storage URL is good.
const redirectLife = 10 * time.Minute

// presign has the storage make a URL for a copy, which is counted whole: what
// a client then fetches is out of our sight. While that URL lives, asking again
// gives one with the same end and costs no further copy. ok is false when the
// storage makes no URLs.
func (s *Service) presign(ctx context.Context, src *source, g *goods, c Client) (url string, ok bool, err error) {
	o := blob.PresignOptions{Name: Disposition(g.file.Name), ContentType: ContentType(g.file.Type), TTL: redirectLife}
	url, ok, err = s.bucket.Presign(ctx, g.digest, o)
	if !ok || err != nil {
		return "", ok, err
	}
	now := s.db.Now()
	d, err := s.db.LatestCopy(ctx, src.holder, g.file.ID, src.version)
	if err == nil && d.CompletedAt.Equal(d.CreatedAt) && d.CreatedAt.Add(redirectLife-time.Second).After(now) {
		o.TTL = d.CreatedAt.Add(redirectLife).Sub(now).Truncate(time.Second)
		return s.bucket.Presign(ctx, g.digest, o)
	}
	oc, err := s.begin(ctx, []*source{src}, g.file, g.size, 0, false, c)
	if err != nil {
		return "", true, err
	}
	f := oc.fly(0)
	f.sent(g.size, f.reserve(g.size))
	f.land(now, 0)
	s.release(oc)
	return url, true, s.Flush(ctx)
}
