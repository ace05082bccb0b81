package mail

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"purvey"
	"purvey/internal/store"
)

// Bounds of a wording, in characters.
const (
	maxSubject = 200
	maxText    = 5000
)

// Template is the wording of one kind of mail in one language.
type Template struct {
	Kind      purvey.MessageKind
	Locale    string
	Wording            // that holds
	Custom    bool     // it is the shop's own
	Default   Wording  // the built-in one
	Variables []string // that it may hold, in braces
}

// kind is a kind of mail whose wording a shop may choose.
type kind struct {
	kind      purvey.MessageKind
	variables []string
}

// kinds lists them.
func kinds() []kind {
	ofOrder := []string{"order", "name", "shop", "products"}
	return []kind{
		{purvey.MailDelivery, ofOrder}, {purvey.MailKeyFollows, ofOrder}, {purvey.MailFilesUpdated, ofOrder},
		{purvey.MailLoginCode, []string{"code", "minutes", "shop"}},
		{purvey.MailDownloadsGranted, ofOrder}, {purvey.MailDownloadsDeclined, ofOrder},
	}
}

// variablesOf fills a wording's variables from a message.
func variablesOf(m *purvey.Message) *strings.Replacer {
	d := m.Data
	name := oneLine(d.Name)
	if name == "" {
		if name = d.Customer; name == "" {
			name = m.To
		}
	}
	var products []string
	for _, l := range d.Lines {
		products = append(products, oneLine(l.Product))
	}
	return strings.NewReplacer("{order}", oneLine(d.OrderName), "{shop}", oneLine(d.ShopName), "{code}", d.Code, "{minutes}", strconv.Itoa(d.Minutes),
		"{name}", name, "{products}", strings.Join(products, ", "))
}

// templateOf finds the kind and language; else purvey.NotFound.
func templateOf(name, locale string) (Template, error) {
	for _, k := range kinds() {
		if string(k.kind) == name && slices.Contains(Locales(), locale) {
			built := wordsOf(locale).Mails[k.kind]
			return Template{Kind: k.kind, Locale: locale, Wording: built, Default: built, Variables: k.variables}, nil
		}
	}
	return Template{}, purvey.Missing("mail template")
}

// Templates lists the wordings of every kind and language as they hold in a
// shop.
func (s *Service) Templates(ctx context.Context, shopID string) ([]Template, error) {
	own, err := s.db.MailTemplates(ctx, shopID)
	if err != nil {
		return nil, err
	}
	var out []Template
	for _, k := range kinds() {
		for _, locale := range Locales() {
			t, err := templateOf(string(k.kind), locale)
			if err != nil {
				return nil, err
			}
			for _, o := range own {
				if o.Kind == k.kind && o.Locale == locale {
					t.Custom, t.Wording = true, Wording{o.Subject, o.Intro, o.Outro}
				}
			}
			out = append(out, t)
		}
	}
	return out, nil
}

// Template gives one wording as it holds in a shop.
func (s *Service) Template(ctx context.Context, shopID, name, locale string) (Template, error) {
	t, err := templateOf(name, locale)
	if err != nil {
		return t, err
	}
	own, ok, err := s.db.MailTemplateFor(ctx, shopID, t.Kind, locale, afterAll)
	if ok {
		t.Custom, t.Wording = true, Wording{own.Subject, own.Intro, own.Outro}
	}
	return t, err
}

// afterAll is later than every id.
const afterAll = "g"

var variableForm = regexp.MustCompile(`\{([^{}\s]{1,40})\}`)

// check refuses a wording with variables that its mail does not have, too long
// a text, or an empty subject.
func (t Template) check(w Wording) error {
	var c purvey.Checker
	c.Require(oneLine(w.Subject) != "" && utf8.RuneCountInString(w.Subject) <= maxSubject, "subject", "must have 1 to %d characters", maxSubject)
	for _, f := range []struct{ name, text string }{{"subject", w.Subject}, {"intro", w.Intro}, {"outro", w.Outro}} {
		c.Require(utf8.RuneCountInString(f.text) <= maxText, f.name, "must be at most %d characters", maxText)
		for _, m := range variableForm.FindAllStringSubmatch(f.text, -1) {
			if !slices.Contains(t.Variables, m[1]) {
				c.Require(false, f.name, "holds {%s}, which this mail does not have; it has {%s}", m[1], strings.Join(t.Variables, "}, {"))
				break
			}
		}
	}
	return c.Err()
}

// SetTemplate has a shop's mails of a kind and language say w from now on.
// Mails that were due before keep their wording.
func (s *Service) SetTemplate(ctx context.Context, shopID, name, locale string, w Wording) (Template, error) {
	t, err := templateOf(name, locale)
	if err != nil {
		return t, err
	}
	w.Subject = oneLine(w.Subject)
	if err := t.check(w); err != nil {
		return t, err
	}
	t.Custom, t.Wording = true, w
	return t, s.db.Tx(ctx, func(tx *store.Tx) error {
		before := t.Default
		if old, own, err := tx.MailTemplateFor(ctx, shopID, t.Kind, locale, afterAll); err != nil {
			return err
		} else if own {
			before = Wording{old.Subject, old.Intro, old.Outro}
			if before == w {
				return nil
			}
		}
		err := tx.InsertMailTemplate(ctx, &purvey.MailTemplate{ShopID: shopID, Kind: t.Kind, Locale: locale, Subject: w.Subject, Intro: w.Intro, Outro: w.Outro})
		if err != nil {
			return err
		}
		return tx.Audit(ctx, audit(shopID, "mail_template.updated", t, before, w))
	})
}

// audit is the entry of a wording that changed.
func audit(shopID, action string, t Template, before, after Wording) purvey.AuditEntry {
	fields := func(w Wording) purvey.AuditFields {
		return purvey.AuditFields{"subject": w.Subject, "intro": w.Intro, "outro": w.Outro}
	}
	name := string(t.Kind) + "/" + t.Locale
	return purvey.AuditEntry{
		ShopID: shopID, Action: action, Object: purvey.AuditObject{Type: "mail_template", ID: name, Name: name}, Before: fields(before), After: fields(after),
	}
}

// RemoveTemplate goes back to the built-in wording. Run again it does nothing.
func (s *Service) RemoveTemplate(ctx context.Context, shopID, name, locale string) error {
	t, err := templateOf(name, locale)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		old, own, err := tx.MailTemplateFor(ctx, shopID, t.Kind, locale, afterAll)
		if err != nil || !own {
			return err
		}
		if err := tx.InsertMailTemplate(ctx, &purvey.MailTemplate{ShopID: shopID, Kind: t.Kind, Locale: locale, Removed: true}); err != nil {
			return err
		}
		return tx.Audit(ctx, audit(shopID, "mail_template.removed", t, Wording{old.Subject, old.Intro, old.Outro}, t.Default))
	})
}

// Preview renders a mail of made-up content in the wording that holds in the
// shop, with the parts that are given in place of its own.
func (s *Service) Preview(ctx context.Context, shopID, name, locale string, subject, intro, outro *string) (purvey.Message, error) {
	t, err := s.Template(ctx, shopID, name, locale)
	if err != nil {
		return purvey.Message{}, err
	}
	w := t.Wording
	for _, p := range []struct{ to, from *string }{{&w.Subject, subject}, {&w.Intro, intro}, {&w.Outro, outro}} {
		if p.from != nil {
			*p.to = *p.from
		}
	}
	if err := t.check(w); err != nil {
		return purvey.Message{}, err
	}
	shop, err := s.db.Shop(ctx, shopID)
	if err != nil {
		return purvey.Message{}, err
	}
	m := sample(shop, t.Kind, locale)
	return m, s.render.Render(&m, &w)
}

// sample is a message to look at.
func sample(shop purvey.Shop, k purvey.MessageKind, locale string) purvey.Message {
	m := purvey.Message{Kind: k, To: "ana@example.com", Locale: locale, Data: shop.Settings.MailData()}
	d := &m.Data
	d.OrderName, d.Name, d.Code, d.Minutes = "#1001", "Ana Núñez", "123456", max(shop.Settings.Lifetimes.LoginCode/60, 1)
	d.PageURL = "https://shop.example/d/example"
	if shop.Settings.Shop.PublicURL != "" {
		d.PageURL = shop.Settings.Shop.PublicURL + "/d/example"
	}
	line := purvey.MessageLine{Product: "Field Recordings, Volume 1", Quantity: 1, Files: 2}
	switch k {
	case purvey.MailDelivery:
		line.Keys = []string{"7KQ2M-9XWPD-4HTRB"}
	case purvey.MailKeyFollows:
		line.KeysOwed = 1
	case purvey.MailFilesUpdated:
		d.Notes = "2.1.0"
	case purvey.MailDownloadsGranted:
		d.Copies = 3
	}
	d.Lines = []purvey.MessageLine{line}
	return m
}
