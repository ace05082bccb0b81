package store

import (
	"context"

	"purvey"
)

const templateColumns = `t.id, t.shop_id, t.kind, t.locale, t.removed, t.subject, t.intro, t.outro, t.created_at`

func scanTemplate(s scanner, t *purvey.MailTemplate) error {
	return s.Scan(&t.ID, &t.ShopID, &t.Kind, &t.Locale, &t.Removed, &t.Subject, &t.Intro, &t.Outro, at{&t.CreatedAt})
}

// MailTemplateFor gives the wording that held in a shop when a message of the
// id was made; ok is false when it was the built-in one. Ids are in the order
// of time.
func (q Queries) MailTemplateFor(ctx context.Context, shopID string, kind purvey.MessageKind, locale, messageID string) (t purvey.MailTemplate, ok bool, err error) {
	found, err := collect(ctx, q, `SELECT `+templateColumns+` FROM mail_template t WHERE t.shop_id = $1 AND t.kind = $2 AND t.locale = $3
		AND t.id < $4 ORDER BY t.id DESC LIMIT 1`, []any{shopID, kind, locale, messageID}, scanTemplate)
	if err != nil || len(found) == 0 || found[0].Removed {
		return purvey.MailTemplate{}, false, err
	}
	return found[0], true, nil
}

// MailTemplates gives the wordings that hold in a shop now, in no order.
func (q Queries) MailTemplates(ctx context.Context, shopID string) ([]purvey.MailTemplate, error) {
	all, err := collect(ctx, q, `SELECT `+templateColumns+` FROM mail_template t WHERE t.shop_id = $1
		AND NOT EXISTS (SELECT 1 FROM mail_template n WHERE n.shop_id = t.shop_id AND n.kind = t.kind AND n.locale = t.locale AND n.id > t.id)`, []any{shopID}, scanTemplate)
	var out []purvey.MailTemplate
	for _, t := range all {
		if !t.Removed {
			out = append(out, t)
		}
	}
	return out, err
}

// InsertMailTemplate has a wording hold from now on, setting its id and time.
// An older one stays for the mails that were due under it.
func (tx *Tx) InsertMailTemplate(ctx context.Context, t *purvey.MailTemplate) error {
	t.ID, t.CreatedAt = tx.NewID(), tx.Now()
	_, err := tx.exec(ctx, `INSERT INTO mail_template (id, shop_id, kind, locale, removed, subject, intro, outro, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, t.ID, t.ShopID, t.Kind, t.Locale, t.Removed, t.Subject, t.Intro, t.Outro, micros(t.CreatedAt))
	return err
}
