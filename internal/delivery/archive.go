package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"purvey"
)

// LeftOut is a file that is not in an archive, and why.
type LeftOut struct {
	Name   string
	Reason purvey.Reason
}

// Note words the text file that an archive holds in place of what was left
// out, for a customer of a locale. It must always say the same of the same.
type Note func(locale string, left []LeftOut) (name, text string)

// member is one file that an archive could hold.
type member struct {
	src  *source
	file purvey.File
}

// membersOf lists what an archive of the sources could hold.
func membersOf(sources []*source) []member {
	var out []member
	for _, src := range sources {
		for _, f := range src.files {
			out = append(out, member{src, f})
		}
	}
	return out
}

// Archive is everything that an order's page has to give now, as one ZIP. What
// may not be had is left out and named in a text file inside; if that is all,
// the answer is the first reason.
func (s *Service) Archive(ctx context.Context, token string, note Note) (*Item, error) {
	o, sources, err := s.archiveSources(ctx, token)
	if err != nil {
		return nil, err
	}
	members, chosen, err := s.choose(ctx, sources)
	if err != nil {
		return nil, err
	}
	return s.archive(ctx, archiveName(o), members, chosen, note)
}

// LinkArchive is everything that a share link has to give now, as one ZIP.
func (s *Service) LinkArchive(ctx context.Context, id, secret string, note Note) (*Item, error) {
	src, err := s.linkOf(ctx, id, secret)
	if err != nil {
		return nil, err
	}
	members, chosen, err := s.choose(ctx, []*source{src})
	if err != nil {
		return nil, err
	}
	return s.archive(ctx, linkArchiveName, members, chosen, note)
}

const linkArchiveName = "files.zip"

func archiveName(o purvey.Order) string {
	return purvey.FileName(strings.ReplaceAll("order "+strings.TrimLeft(o.Name, "#"), "/", "-") + ".zip")
}

func (s *Service) archiveSources(ctx context.Context, token string) (purvey.Order, []*source, error) {
	o, shop, err := s.orderOf(ctx, token)
	if err != nil {
		return o, nil, err
	}
	sources, err := s.orderSources(ctx, o, shop)
	return o, sources, err
}

// choose tells which of the files may be had from their first byte on, or why
// none may.
func (s *Service) choose(ctx context.Context, sources []*source) ([]member, []purvey.Reason, error) {
	members := membersOf(sources)
	reasons := make([]purvey.Reason, len(members))
	first, any := purvey.ReasonNone, false
	for i, m := range members {
		err := s.checkOf(ctx, m.src, m.file, 0)
		if err == nil && !m.file.Uploaded {
			err = refused(purvey.ReasonNoFiles)
		}
		if err == nil {
			any = true
			continue
		}
		if reasons[i] = purvey.ReasonOf(err); reasons[i] == purvey.ReasonNone {
			return nil, nil, err
		}
		if first == purvey.ReasonNone {
			first = reasons[i]
		}
	}
	if any {
		return members, reasons, nil
	}
	for _, src := range sources {
		if first == purvey.ReasonNone && src.refusal != nil {
			first = src.refusal.Reason
		}
	}
	if first == purvey.ReasonNone {
		first = purvey.ReasonNoFiles
	}
	return nil, nil, refused(first)
}

// GrantArchive is the answer to the button "all files" of an order's page: the
// path of an archive whose members are settled, so that it can be resumed.
func (s *Service) GrantArchive(ctx context.Context, token string) (string, error) {
	o, sources, err := s.archiveSources(ctx, token)
	if err != nil {
		return "", err
	}
	return s.grantArchive(ctx, grant{kind: grantOrderZip, holder: o.ID, epoch: o.LinkEpoch}, sources, archiveName(o))
}

// GrantLinkArchive is the answer to the button "all files" of a share link.
func (s *Service) GrantLinkArchive(ctx context.Context, id, secret string) (string, error) {
	src, err := s.linkOf(ctx, id, secret)
	if err != nil {
		return "", err
	}
	return s.grantArchive(ctx, grant{kind: grantLinkZip, holder: src.holder}, []*source{src}, linkArchiveName)
}

func (s *Service) grantArchive(ctx context.Context, g grant, sources []*source, name string) (string, error) {
	members, reasons, err := s.choose(ctx, sources)
	if err != nil {
		return "", err
	}
	size := int64(0)
	for i, m := range members {
		if reasons[i] == purvey.ReasonNone {
			size += m.file.Size
		}
	}
	g.members, g.expires = packMembers(members, reasons), sources[0].bounded(s.db.Now().Add(grantLife(size)))
	return "/b/" + s.grantToken(g) + "/" + pathName(name), nil
}

// packMembers writes which of the members are inside, and what they were
// chosen from, into a grant.
func packMembers(members []member, reasons []purvey.Reason) []byte {
	b := make([]byte, membersHash+(len(members)+7)/8)
	copy(b, hashMembers(members))
	for i := range members {
		if reasons[i] == purvey.ReasonNone {
			b[membersHash+i/8] |= 1 << (i % 8)
		}
	}
	return b
}

const membersHash = 8

func hashMembers(members []member) []byte {
	h := sha256.New()
	for _, m := range members {
		h.Write([]byte(m.src.holder + m.src.version + m.file.ID))
	}
	return h.Sum(nil)[:membersHash]
}

// grantedArchive makes the archive that a grant settled.
func (s *Service) grantedArchive(ctx context.Context, g grant, note Note) (*Item, error) {
	sources, name, err := s.grantedSources(ctx, g)
	if err != nil {
		return nil, err
	}
	members := membersOf(sources)
	if len(g.members) != membersHash+(len(members)+7)/8 || string(g.members[:membersHash]) != string(hashMembers(members)) {
		return nil, errGrantOver // the goods are others now
	}
	reasons := make([]purvey.Reason, len(members))
	open := false
	for i, m := range members {
		if g.members[membersHash+i/8]&(1<<(i%8)) == 0 {
			reasons[i] = purvey.ReasonUsedUp
			if m.src.refusal != nil {
				reasons[i] = m.src.refusal.Reason
			}
			continue
		}
		if m.src.refusal != nil {
			return nil, refused(m.src.refusal.Reason)
		}
		if d, err := s.db.LatestCopy(ctx, m.src.holder, m.file.ID, m.src.version); err == nil && s.copies.known(d).Takes(s.db.Now(), 1) {
			open = true
		}
	}
	if s.db.Now().After(g.expires) && !open {
		return nil, errGrantOver
	}
	return s.archive(ctx, name, members, reasons, note)
}

// grantedSources gives what an archive's grant chose from, and its name.
func (s *Service) grantedSources(ctx context.Context, g grant) ([]*source, string, error) {
	switch g.kind {
	case grantLinkZip:
		src, err := s.linkByID(ctx, g.holder)
		return []*source{src}, linkArchiveName, err
	case grantMintZip:
		src, err := s.mintByID(ctx, g.holder)
		if err != nil {
			return nil, "", err
		}
		return []*source{src}, src.archiveName(), nil
	case grantLineZip:
		src, err := s.granted(ctx, g)
		if err != nil {
			return nil, "", err
		}
		return []*source{src}, archiveName(src.right.Order), nil
	default:
		o, shop, err := s.orderAt(ctx, g.holder, g.epoch)
		if err != nil {
			return nil, "", err
		}
		sources, err := s.orderSources(ctx, o, shop)
		return sources, archiveName(o), err
	}
}

// archive lays a ZIP out: stored, not packed, since goods are packed already
// and a stored ZIP of the same files always has the same bytes. Its size is
// known before the first byte, it can be resumed, and files are sent as single
// ones are.
func (s *Service) archive(ctx context.Context, name string, members []member, reasons []purvey.Reason, note Note) (*Item, error) {
	l := &layout{s: s, names: map[string]bool{}}
	folders := foldersOf(members)
	var left []LeftOut
	for i, m := range members {
		if reasons[i] != purvey.ReasonNone {
			left = append(left, LeftOut{Name: m.file.Name, Reason: reasons[i]})
			continue
		}
		g, err := s.goodsOf(ctx, []*source{m.src}, m.file)
		if purvey.ReasonOf(err) == purvey.ReasonStampImpossible {
			left = append(left, LeftOut{Name: m.file.Name, Reason: purvey.ReasonStampImpossible})
			continue
		}
		if err != nil {
			return nil, err
		}
		l.addFile(folders[m.src.holder], g)
	}
	if len(l.entries) == 0 {
		return nil, refused(left[0].Reason)
	}
	if len(left) > 0 && note != nil {
		name, text := note(members[0].src.locale(), left)
		l.addText(name, text, members[0].src.made())
	}
	l.end()
	it := &Item{Name: name, Type: "application/zip", Size: l.size, pieces: l.pieces}
	it.ETag = `"` + hex.EncodeToString(l.identity.Sum(nil)[:16]) + `"`
	return it, nil
}

// foldersOf gives each line a folder of its product's name, where an order has
// several lines with files.
func foldersOf(members []member) map[string]string {
	folders := map[string]string{}
	for _, m := range members {
		folders[m.src.holder] = ""
	}
	if len(folders) < 2 {
		return folders
	}
	for _, m := range members {
		if name := purvey.FileName(strings.ReplaceAll(m.src.right.Line.ProductName, "/", "-")); name != "" {
			folders[m.src.holder] = name + "/"
		}
	}
	return folders
}

// locale is the language of the source's customer.
func (src *source) locale() string {
	if l := src.right.Order.Customer.Locale; l != "" {
		return l
	}
	return src.shop.Settings.Shop.Locale
}

// made is when the source was.
func (src *source) made() time.Time {
	switch {
	case src.via == purvey.ViaLink:
		return src.link.CreatedAt
	case src.right.Order.ID == "":
		return src.mint.CreatedAt
	}
	return src.right.Order.CreatedAt
}
