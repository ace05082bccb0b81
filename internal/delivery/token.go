package delivery

import (
	"context"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"github.com/google/uuid"

	"purvey"
)

// The purposes of the keys that sign what stands in URLs.
const (
	purposePage  = "page"
	purposeLink  = "link"
	purposeGrant = "grant"
)

// idSize is the length of an id in a signed text, in bytes.
const idSize = 12

// putID appends an id; "" is twelve zeros.
func putID(b []byte, id string) []byte {
	raw, err := hex.DecodeString(id)
	if err != nil || len(raw) != idSize {
		raw = make([]byte, idSize)
	}
	return append(b, raw...)
}

// takeID reads what putID wrote.
func takeID(b []byte) (id string, rest []byte, ok bool) {
	if len(b) < idSize {
		return "", nil, false
	}
	if [idSize]byte(b[:idSize]) == [idSize]byte{} {
		return "", b[idSize:], true
	}
	return hex.EncodeToString(b[:idSize]), b[idSize:], true
}

// PageToken is the secret in the URL of an order's page. It is derived, not
// stored: a copy of the database does not hold it. Raising the order's
// LinkEpoch makes earlier ones worthless.
func (s *Service) PageToken(o purvey.Order) string {
	return s.keys.Token(purposePage, binary.AppendUvarint(putID(nil, o.ID), uint64(o.LinkEpoch)))
}

// PageURL is the address of an order's page: at the shop's own public URL if
// it has one, else at the server's.
func (s *Service) PageURL(shop purvey.Shop, o purvey.Order) string {
	return s.originFor(shop) + "/d/" + s.PageToken(o)
}

// openPageToken gives what a page token names; a forged one is refused
// without asking the database.
func (s *Service) openPageToken(token string) (orderID string, epoch int, err error) {
	payload, ok := s.keys.OpenToken(purposePage, token)
	if ok {
		orderID, payload, ok = takeID(payload)
	}
	if !ok {
		return "", 0, purvey.Missing("page")
	}
	n, size := binary.Uvarint(payload)
	if size != len(payload) {
		return "", 0, purvey.Missing("page")
	}
	return orderID, int(n), nil
}

// LinkURL is the address of a share link's page.
func (s *Service) LinkURL(k purvey.Link) string {
	return s.originOf(context.Background(), k.ShopID) + "/link/" + k.ID + "/" + s.linkSecret(k.ID)
}

// linkSecret is the UUID in a share link's URL. Like a page token it is
// derived from the id and not stored; 122 of its bits are secret.
func (s *Service) linkSecret(id string) string {
	u := uuid.UUID(s.keys.MAC(purposeLink, []byte(id))[:16])
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return u.String()
}

// validLink tells whether secret opens the link, without asking the database.
func (s *Service) validLink(id, secret string) bool {
	if !purvey.ValidID(id) {
		return false
	}
	return subtle.ConstantTimeCompare([]byte(s.linkSecret(id)), []byte(strings.ToLower(secret))) == 1
}

// Kinds of grants.
const (
	grantLine     = 'l' // one file of an order line
	grantLink     = 'k' // one file of a share link
	grantOrderZip = 'O' // an archive of an order's files
	grantLineZip  = 'L' // an archive of one line's files
	grantLinkZip  = 'K' // an archive of a share link's files
	grantMint     = 'm' // one file of a download token
	grantMintZip  = 'M' // an archive of a download token's files
)

// grant is a short-lived permission for the bytes of one file or archive. It
// is signed, not stored. Begun in time, a transfer may be resumed under it as
// long as its copy is open.
type grant struct {
	kind    byte
	holder  string // id of the line, link or download token; of the order for its archive
	epoch   int    // of the order's links
	file    string // "" for an archive
	version string
	members []byte // for an archive: a bit for each file that could be had, set where it is inside
	expires time.Time
}

func (s *Service) grantToken(g grant) string {
	b := putID([]byte{g.kind}, g.holder)
	b = binary.AppendUvarint(b, uint64(g.epoch))
	b = binary.AppendUvarint(b, uint64(g.expires.Unix()))
	if g.file != "" {
		b = putID(putID(b, g.file), g.version)
	}
	return s.keys.Token(purposeGrant, append(b, g.members...))
}

// openGrant reads a grant; a forged one is refused without asking the database.
func (s *Service) openGrant(token string) (grant, error) {
	b, ok := s.keys.OpenToken(purposeGrant, token)
	if !ok || len(b) == 0 {
		return grant{}, purvey.Missing("file")
	}
	g := grant{kind: b[0]}
	g.holder, b, ok = takeID(b[1:])
	epoch, n := binary.Uvarint(b)
	b = b[max(n, 0):]
	expires, m := binary.Uvarint(b)
	b = b[max(m, 0):]
	if !ok || n <= 0 || m <= 0 {
		return grant{}, purvey.Missing("file")
	}
	g.epoch, g.expires = int(epoch), time.Unix(int64(expires), 0)
	if g.kind == grantLine || g.kind == grantLink || g.kind == grantMint {
		g.file, b, _ = takeID(b)
		if g.version, b, ok = takeID(b); !ok {
			return grant{}, purvey.Missing("file")
		}
	}
	g.members = b
	return g, nil
}

// Bounds of a grant's life: ten minutes to begin in, and as long as the bytes
// take on a slow line.
const (
	grantLeast = 10 * time.Minute
	grantMost  = 24 * time.Hour
	grantRate  = 50_000 // bytes a second of the slowest line we wait for
)

// grantLife is how long a grant for so many bytes lasts.
func grantLife(size int64) time.Duration {
	return min(grantMost, grantLeast+time.Duration(size/grantRate)*time.Second)
}
