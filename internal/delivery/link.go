package delivery

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"purvey"
	"purvey/internal/store"
)

// LinkChange is what a call says of a share link; nil leaves a part as it is.
type LinkChange struct {
	FileIDs   *[]string
	UseLimit  *bool
	Limit     *int
	Stamp     *bool
	StampText *string
	ExpiresAt *time.Time // zero: never
}

// CreateLink makes a share link over 1 to purvey.MaxLinkFiles files, whose
// bytes must be here. Repeated files collapse.
func (s *Service) CreateLink(ctx context.Context, scope purvey.Scope, c LinkChange) (purvey.Link, error) {
	if c.FileIDs == nil {
		return purvey.Link{}, purvey.BadField("file_ids", "is required")
	}
	k := purvey.Link{ShopID: scope.ShopID, Mode: scope.Mode}
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := s.apply(ctx, tx, &k, c); err != nil {
			return err
		}
		if err := tx.InsertLink(ctx, &k); err != nil {
			return err
		}
		return auditLink(ctx, tx, "link.created", nil, linkFields(k), k)
	})
	return k, err
}

// Link gives a share link with its files.
func (s *Service) Link(ctx context.Context, scope purvey.Scope, id string) (purvey.Link, error) {
	return s.db.Link(ctx, scope, id)
}

// Links lists share links with their files.
func (s *Service) Links(ctx context.Context, scope purvey.Scope, p purvey.Page) (purvey.Listed[purvey.Link], error) {
	return s.db.Links(ctx, scope, p)
}

// UpdateLink changes a share link. Its address stays. A link that gives copies
// again will tell of its end again.
func (s *Service) UpdateLink(ctx context.Context, scope purvey.Scope, id string, c LinkChange) (purvey.Link, error) {
	var k purvey.Link
	err := s.db.Tx(ctx, func(tx *store.Tx) (err error) {
		if err = tx.Lock(ctx, "copies "+id); err != nil {
			return err
		}
		if k, err = tx.Link(ctx, scope, id); err != nil {
			return err
		}
		before := linkFields(k)
		if err = s.apply(ctx, tx, &k, c); err != nil {
			return err
		}
		if k.UsedUpSent {
			if k.UsedUpSent, err = usedUp(ctx, tx.Queries, k); err != nil {
				return err
			}
		}
		if err := tx.UpdateLink(ctx, &k); err != nil {
			return err
		}
		return auditLink(ctx, tx, "link.updated", before, linkFields(k), k)
	})
	return k, err
}

// DeleteLink revokes a share link at once and frees its files for deletion.
func (s *Service) DeleteLink(ctx context.Context, scope purvey.Scope, id string) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		k, err := tx.Link(ctx, scope, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteLink(ctx, scope, id); err != nil {
			return err
		}
		return auditLink(ctx, tx, "link.deleted", linkFields(k), nil, k)
	})
}

func auditLink(ctx context.Context, tx *store.Tx, action string, before, after purvey.AuditFields, k purvey.Link) error {
	return tx.Audit(ctx, purvey.AuditEntry{
		ShopID: k.ShopID, Mode: k.Mode, Action: action, Object: purvey.AuditObject{Type: "link", ID: k.ID, Name: linkName(k)}, Before: before, After: after,
	})
}

// linkName names a link, which has no name, by its first file.
func linkName(k purvey.Link) string {
	if len(k.Files) == 0 {
		return ""
	}
	return k.Files[0].Name
}

// linkFields are a link's own fields, by their names in the API.
func linkFields(k purvey.Link) purvey.AuditFields {
	names := make([]string, len(k.Files))
	for i, f := range k.Files {
		names[i] = f.Name
	}
	f := purvey.AuditFields{"files": names, "use_download_limit": k.UseLimit, "download_limit": k.Limit, "use_stamping": k.Stamp, "stamping_text": k.StampText}
	if !k.ExpiresAt.IsZero() {
		f["expires_at"] = k.ExpiresAt.UTC()
	}
	return f
}

// apply puts a change into a link and checks the whole.
func (s *Service) apply(ctx context.Context, tx *store.Tx, k *purvey.Link, c LinkChange) error {
	set(&k.UseLimit, c.UseLimit)
	set(&k.Limit, c.Limit)
	set(&k.Stamp, c.Stamp)
	set(&k.StampText, c.StampText)
	set(&k.ExpiresAt, c.ExpiresAt)
	var bad purvey.Checker
	bad.Require(k.Limit >= 0 && k.Limit <= purvey.MaxDownloadsBound, "download_limit", "must be a whole number from 0 to %d", purvey.MaxDownloadsBound)
	bad.Require(utf8.RuneCountInString(k.StampText) <= purvey.MaxStampText, "stamping_text", "must be at most %d characters", purvey.MaxStampText)
	if c.FileIDs != nil {
		k.FileIDs = unique(*c.FileIDs)
		bad.Require(len(*c.FileIDs) >= 1 && len(*c.FileIDs) <= purvey.MaxLinkFiles, "file_ids", "must hold 1 to %d ids", purvey.MaxLinkFiles)
	}
	if k.Stamp && strings.TrimSpace(k.StampText) == "" {
		shop, err := tx.Shop(ctx, k.ShopID)
		if err != nil {
			return err
		}
		k.StampText = shop.Settings.Policies.StampText
		bad.Require(k.StampText != "", "stamping_text", "is required: the shop has no default text")
	}
	if err := bad.Err(); err != nil {
		return err
	}
	if c.FileIDs == nil {
		return nil
	}
	// Locked, so that no file is deleted between this look and the commit.
	files, err := tx.LockFiles(ctx, k.ShopID, k.FileIDs)
	if err != nil {
		return err
	}
	k.Files = k.Files[:0:0]
	for _, id := range k.FileIDs {
		f, ok := files[id]
		if !ok {
			return purvey.Missing("file")
		}
		bad.Require(f.Uploaded, "file_ids", "must not hold %s, whose bytes have not been uploaded", id)
		k.Files = append(k.Files, f)
	}
	return bad.Err()
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// unique drops repeats and keeps the order.
func unique(ids []string) []string {
	var out []string
	for _, id := range ids {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}
