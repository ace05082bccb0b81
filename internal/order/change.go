package order

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"purvey"
	"purvey/internal/license"
	"purvey/internal/store"
)

// changeAs runs fn on a locked, whole order and gives the order afterwards.
// What differs then is recorded in the audit log under the action's name.
func (s *Service) changeAs(ctx context.Context, scope purvey.Scope, id, action string, fn func(tx *store.Tx, o *purvey.Order) error) (purvey.Order, error) {
	var out purvey.Order
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		o, err := tx.LockOrder(ctx, scope, id)
		if err != nil {
			return err
		}
		before := auditFields(&o)
		if err := fn(tx, &o); err != nil {
			return err
		}
		if out, err = tx.Order(ctx, scope, id); err != nil {
			return err
		}
		return audit(ctx, tx, action, before, &out)
	})
	return out, err
}

// SetAccess opens or closes the whole order for its customer, whatever its
// lines are. Serves BDD-06.
func (s *Service) SetAccess(ctx context.Context, scope purvey.Scope, id string, enabled bool) (purvey.Order, error) {
	return s.changeAs(ctx, scope, id, actionAccess, func(tx *store.Tx, o *purvey.Order) error {
		if o.AccessDisabled == !enabled {
			return nil
		}
		o.AccessDisabled = !enabled
		if err := tx.UpdateOrder(ctx, o); err != nil {
			return err
		}
		return s.emit(ctx, tx, o, purvey.EventAccessChanged)
	})
}

// ResetDownloads sets the counter of one line to zero and gives it the
// product's limit again. History and expiry stay. Serves BDD-07.
func (s *Service) ResetDownloads(ctx context.Context, scope purvey.Scope, id, lineID string) (purvey.Order, error) {
	var out purvey.Order
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		o, err := tx.LockOrder(ctx, scope, id)
		if err != nil {
			return err
		}
		before := auditFields(&o)
		l, ok := o.Line(lineID)
		if !ok {
			return purvey.Missing("order line")
		}
		l.CountFrom, l.GrantedCopies = tx.Now(), 0
		if err := tx.UpdateLine(ctx, l); err != nil {
			return err
		}
		if out, err = tx.Order(ctx, scope, id); err != nil {
			return err
		}
		return auditLine(ctx, tx, actionReset, before, &out, l)
	})
	return out, err
}

// AssignFiles replaces the files of a UNIQUE line. The first files release
// the line; taking the last away holds it again. With mail, the delivery mail
// is sent after. Serves BDD-09 and BDD-32.
func (s *Service) AssignFiles(ctx context.Context, scope purvey.Scope, id, lineID string, fileIDs []string, mail bool) (purvey.Order, error) {
	ids := make([]string, 0, len(fileIDs))
	seen := map[string]bool{}
	for _, f := range fileIDs {
		if !seen[f] {
			seen[f] = true
			ids = append(ids, f)
		}
	}
	if len(ids) > purvey.MaxLineFiles {
		return purvey.Order{}, purvey.BadField("file_ids", "must hold at most %d files", purvey.MaxLineFiles)
	}
	if mail && len(ids) == 0 {
		return purvey.Order{}, purvey.BadField("send_email", "needs at least one file")
	}
	return s.changeAs(ctx, scope, id, actionFiles, func(tx *store.Tx, o *purvey.Order) error {
		l, ok := o.Line(lineID)
		if !ok {
			return purvey.Missing("order line")
		}
		if l.Delivering != purvey.Unique {
			return purvey.BadField("line", "takes files only when its delivering_type is UNIQUE")
		}
		files, err := tx.LockFiles(ctx, scope.ShopID, ids)
		if err != nil {
			return err
		}
		l.Files = nil
		for i, f := range ids {
			file, ok := files[f]
			if !ok {
				return purvey.Missing("file")
			}
			if !file.Uploaded {
				return purvey.BadField(fmt.Sprintf("file_ids.%d", i), "is not uploaded yet")
			}
			l.Files = append(l.Files, file)
		}
		if err := tx.SetLineFiles(ctx, l.ID, ids); err != nil {
			return err
		}
		if len(ids) == 0 && l.Status == purvey.LineActive && l.Access.HasFiles() {
			l.Status = purvey.LineProcessing
		}
		if err := tx.UpdateLine(ctx, l); err != nil {
			return err
		}
		products, err := productsOf(ctx, tx, o)
		if err != nil {
			return err
		}
		// The order's other lines are let go, and mailed, by what they wait for.
		r := release{s: s, tx: tx, order: o, products: products, noMail: true, only: l.ID}
		if err := r.run(ctx, nil); err != nil || !mail {
			return err
		}
		return s.sendDelivery(ctx, tx, o, products)
	})
}

// AssignKey gives a free key to an order by its name: to the first line that
// takes keys of the key's tag and lacks some, else the first that takes keys,
// else the first. Serves BDD-13.
func (s *Service) AssignKey(ctx context.Context, scope purvey.Scope, keyID, orderName string, mail bool) (purvey.LicenseKey, error) {
	var k purvey.LicenseKey
	err := s.db.Tx(ctx, func(tx *store.Tx) (err error) {
		if k, err = tx.LicenseKey(ctx, scope, keyID); err != nil {
			return err
		}
		named, err := orderNamed(ctx, tx, scope, orderName)
		if err != nil {
			return err
		}
		o, err := tx.LockOrder(ctx, scope, named.ID)
		if err != nil {
			return err
		}
		if err := tx.LockKeys(ctx, scope, k.Tag); err != nil {
			return err
		}
		products, err := productsOf(ctx, tx, &o)
		if err != nil {
			return err
		}
		before := auditFields(&o)
		l := lineForKey(&o, products, k.Tag)
		bound, err := license.Bind(ctx, tx, &o, l, &k)
		if err != nil {
			return err
		}
		if !bound {
			return purvey.Because(purvey.Conflict, purvey.ReasonKeyAssigned, "the key is already assigned")
		}
		if err := license.Taken(ctx, tx, scope, k.Tag, 1); err != nil {
			return err
		}
		l.KeysOwed = max(0, l.KeysOwed-1)
		early := l.Delivering == purvey.Scheduled && tx.Now().Before(products[l.ProductID].ScheduledAt)
		if l.Status == purvey.LineProcessing && l.Access == purvey.AccessKey && o.Releasable() && !early {
			l.Status, l.DeliveredAt = purvey.LineActive, tx.Now()
		}
		if err := tx.UpdateLine(ctx, l); err != nil {
			return err
		}
		if err := audit(ctx, tx, actionKeys, before, &o); err != nil || !mail {
			return err
		}
		return s.sendDelivery(ctx, tx, &o, products)
	})
	return k, err
}

// orderNamed finds an order by its name; a leading # may be missing, or too
// much.
func orderNamed(ctx context.Context, tx *store.Tx, scope purvey.Scope, name string) (purvey.Order, error) {
	o, err := tx.OrderByName(ctx, scope, name)
	if !errors.Is(err, purvey.NotFound) {
		return o, err
	}
	name = strings.TrimSpace(name)
	if bare, marked := strings.CutPrefix(name, "#"); marked {
		return tx.OrderByName(ctx, scope, bare)
	}
	return tx.OrderByName(ctx, scope, "#"+name)
}

func lineForKey(o *purvey.Order, products map[string]purvey.Product, tag string) *purvey.Line {
	var takes *purvey.Line
	for i := range o.Lines {
		l := &o.Lines[i]
		if !l.Access.HasKeys() {
			continue
		}
		if products[l.ProductID].KeyTag == tag && len(l.Keys) < l.Quantity {
			return l
		}
		if takes == nil {
			takes = l
		}
	}
	if takes == nil {
		return &o.Lines[0]
	}
	return takes
}
