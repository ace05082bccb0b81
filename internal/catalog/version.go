package catalog

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"purvey"
	"purvey/internal/store"
)

// Version gives a product's version with its files.
func (s *Service) Version(ctx context.Context, shopID, productID, id string) (purvey.Version, error) {
	v, err := s.db.Version(ctx, shopID, id)
	if err == nil && v.ProductID != productID {
		err = purvey.Missing("version")
	}
	return v, err
}

// VersionByNumber gives a product's version by its number.
func (s *Service) VersionByNumber(ctx context.Context, shopID, productID, number string) (purvey.Version, error) {
	return s.db.VersionByNumber(ctx, shopID, productID, number)
}

// ActiveNumbers gives the number of each product's active version by the
// product's id; those without an active version are left out.
func (s *Service) ActiveNumbers(ctx context.Context, shopID string, products ...purvey.Product) (map[string]string, error) {
	ids := make([]string, 0, len(products))
	for _, p := range products {
		if p.ActiveVersionID != "" {
			ids = append(ids, p.ActiveVersionID)
		}
	}
	numbers, err := s.db.VersionNumbers(ctx, shopID, ids)
	out := make(map[string]string, len(numbers))
	for _, p := range products {
		if n, ok := numbers[p.ActiveVersionID]; ok {
			out[p.ID] = n
		}
	}
	return out, err
}

// Versions lists the versions of a product, which it gives too.
func (s *Service) Versions(ctx context.Context, shopID, productID string, p purvey.Page) (purvey.Product, purvey.Listed[purvey.Version], error) {
	product, err := s.db.Product(ctx, shopID, productID)
	if err != nil {
		return product, purvey.Listed[purvey.Version]{}, err
	}
	list, err := s.db.Versions(ctx, shopID, productID, p)
	return product, list, err
}

// NewVersion is a release of a product.
type NewVersion struct {
	Version  string // "": the next patch after the active one
	Notes    string
	FileIDs  []string
	Activate bool
}

// CreateVersion adds a ready version, and activates it if that is asked.
// Errors: Invalid, NotFound for the product or a file, Conflict for a number
// that the product has.
func (s *Service) CreateVersion(ctx context.Context, shopID, productID string, n NewVersion) (purvey.Product, purvey.Version, error) {
	var p purvey.Product
	var v purvey.Version
	err := s.db.Tx(ctx, func(tx *store.Tx) (err error) {
		if p, err = tx.LockProduct(ctx, shopID, productID); err != nil {
			return err
		}
		e := editor{p: &p}
		v = purvey.Version{ShopID: shopID, ProductID: productID, Version: n.Version, State: purvey.VersionReady}
		v.Notes = e.text("notes", n.Notes, MaxNotes)
		e.fileIDs(n.FileIDs)
		if v.Version == "" {
			if v.Version, err = nextNumber(ctx, tx, p); err != nil {
				return err
			}
		}
		e.version(v.Version)
		if err := e.Err(); err != nil {
			return err
		}
		if v.Files, err = takeFiles(ctx, tx, shopID, n.FileIDs); err != nil {
			return err
		}
		if err := tx.InsertVersion(ctx, &v); err != nil {
			return err
		}
		if err := auditVersion(ctx, tx, "version.created", nil, set(versionFields(v)), &p, v); err != nil {
			return err
		}
		if !n.Activate {
			return nil
		}
		return activate(ctx, tx, &p, &v)
	})
	return p, v, err
}

// ActivateVersion makes a ready version the one that buyers get, and the
// product published. Activating the active one changes nothing. A withdrawn or
// processing version is Conflict.
func (s *Service) ActivateVersion(ctx context.Context, shopID, productID, id string) (purvey.Product, purvey.Version, error) {
	return s.changeVersion(ctx, shopID, productID, id, func(tx *store.Tx, p *purvey.Product, v *purvey.Version) error {
		if v.State != purvey.VersionReady {
			return purvey.Because(purvey.Conflict, purvey.ReasonNotAvailable, "version %s is %s and can't be activated", v.Version, v.State)
		}
		if p.ActiveVersionID == v.ID {
			return nil
		}
		return activate(ctx, tx, p, v)
	})
}

// WithdrawVersion takes a version back for good: nobody is offered it any
// more. If it was the active one, the product has none, and no files, until
// another is activated. Withdrawing twice changes nothing.
func (s *Service) WithdrawVersion(ctx context.Context, shopID, productID, id string) (purvey.Product, purvey.Version, error) {
	return s.changeVersion(ctx, shopID, productID, id, func(tx *store.Tx, p *purvey.Product, v *purvey.Version) error {
		if v.State == purvey.VersionWithdrawn {
			return nil
		}
		before := versionFields(*v)
		v.State = purvey.VersionWithdrawn
		if err := tx.UpdateVersion(ctx, *v); err != nil {
			return err
		}
		if err := auditVersion(ctx, tx, "version.withdrawn", before, versionFields(*v), p, *v); err != nil || p.ActiveVersionID != v.ID {
			return err
		}
		p.ActiveVersionID, p.Files = "", nil
		return tx.UpdateProduct(ctx, p)
	})
}

func (s *Service) changeVersion(ctx context.Context, shopID, productID, id string, change func(*store.Tx, *purvey.Product, *purvey.Version) error,
) (p purvey.Product, v purvey.Version, err error) {
	err = s.db.Tx(ctx, func(tx *store.Tx) (err error) {
		if p, err = tx.LockProduct(ctx, shopID, productID); err != nil {
			return err
		}
		if v, err = tx.Version(ctx, shopID, id); err != nil {
			return err
		}
		if v.ProductID != productID {
			return purvey.Missing("version")
		}
		return change(tx, &p, &v)
	})
	return p, v, err
}

// activate makes v the product's active version, tells both modes, and has
// buyers told when that is wanted and their files are others now.
func activate(ctx context.Context, tx *store.Tx, p *purvey.Product, v *purvey.Version) error {
	changed := !sameFiles(p.Files, v.Files)
	v.ActivatedAt = tx.Now()
	if err := tx.UpdateVersion(ctx, *v); err != nil {
		return err
	}
	before := productFields(*p)
	p.ActiveVersionID, p.Files, p.Status = v.ID, v.Files, StatusPublished
	if err := tx.UpdateProduct(ctx, p); err != nil {
		return err
	}
	if err := auditVersion(ctx, tx, "version.activated", before, productFields(*p), p, *v); err != nil {
		return err
	}
	for _, mode := range bothModes {
		err := tx.Emit(ctx, purvey.Scope{ShopID: p.ShopID, Mode: mode}, purvey.EventVersionActivated, "", purvey.EventData{Product: p, Version: v})
		if err != nil {
			return err
		}
	}
	if changed {
		return notify(ctx, tx, *p)
	}
	return nil
}

// editActive gives the active version other files or another number.
func editActive(ctx context.Context, tx *store.Tx, p *purvey.Product, c Change) error {
	if p.ActiveVersionID == "" {
		return purvey.Because(purvey.Conflict, purvey.ReasonNotAvailable, "the product has no active version: create one, or activate one")
	}
	if c.Version.Given {
		v, err := tx.Version(ctx, p.ShopID, p.ActiveVersionID)
		if err != nil {
			return err
		}
		if v.Version != c.Version.Value {
			if _, err := tx.VersionByNumber(ctx, p.ShopID, p.ID, c.Version.Value); err == nil {
				return purvey.Because(purvey.Conflict, purvey.ReasonDuplicate, "the product has a version %s already", c.Version.Value)
			} else if !isMissing(err) {
				return err
			}
			before := versionFields(v)
			v.Version = c.Version.Value
			if err := tx.UpdateVersion(ctx, v); err != nil {
				return err
			}
			if err := auditVersion(ctx, tx, "version.updated", before, versionFields(v), p, v); err != nil {
				return err
			}
		}
	}
	if !c.FileIDs.Given {
		return nil
	}
	files, err := takeFiles(ctx, tx, p.ShopID, c.FileIDs.Value)
	if err != nil || sameFiles(p.Files, files) {
		return err
	}
	if err := tx.SetVersionFiles(ctx, p.ActiveVersionID, files); err != nil {
		return err
	}
	p.Files = files
	return notify(ctx, tx, *p)
}

// notify has past buyers told that there are other files, if the product
// wants that.
func notify(ctx context.Context, tx *store.Tx, p purvey.Product) error {
	if !p.NotifyWhenUpdated || len(p.Files) == 0 {
		return nil
	}
	return tx.Enqueue(ctx, purvey.Job{
		Kind: purvey.JobNotifyUpdate, Key: p.ActiveVersionID, Args: refs(Refs{ShopID: p.ShopID, ProductID: p.ID, VersionID: p.ActiveVersionID}),
	})
}

func sameFiles(a, b []purvey.File) bool {
	return slices.EqualFunc(a, b, func(a, b purvey.File) bool { return a.ID == b.ID })
}

// nextNumber is the first free patch number after the active version's.
func nextNumber(ctx context.Context, tx *store.Tx, p purvey.Product) (string, error) {
	if p.ActiveVersionID == "" {
		return "", purvey.BadField("version", "is required: the product has no active version")
	}
	active, err := tx.Version(ctx, p.ShopID, p.ActiveVersionID)
	if err != nil {
		return "", err
	}
	dot := strings.LastIndexByte(active.Version, '.')
	patch, err := strconv.ParseUint(active.Version[dot+1:], 10, 32)
	if err != nil {
		return "", purvey.BadField("version", "is required: the active version's number %s has no next one", active.Version)
	}
	for {
		patch++
		next := active.Version[:dot+1] + strconv.FormatUint(patch, 10)
		if _, err := tx.VersionByNumber(ctx, p.ShopID, p.ID, next); isMissing(err) {
			return next, nil
		} else if err != nil {
			return "", err
		}
	}
}

var versionForm = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}$`)

func (e *editor) version(number string) {
	e.Require(versionForm.MatchString(number), "version", "must be 1 to 64 letters, digits, dots, hyphens, underscores and pluses, such as 1.0.0")
}

func (e *editor) fileIDs(ids []string) {
	e.Require(len(ids) <= MaxVersionFiles, "file_ids", "must be at most %d", MaxVersionFiles)
}
