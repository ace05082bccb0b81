package mail

import (
	"bytes"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"regexp"
	"strings"
	texttemplate "text/template"

	"purvey"
)

//go:embed template
var templates embed.FS

// Renderer holds the parsed templates.
type Renderer struct {
	text *texttemplate.Template
	html *htmltemplate.Template
}

// NewRenderer parses the templates.
func NewRenderer() (*Renderer, error) {
	text, err := texttemplate.New("").ParseFS(templates, "template/*.txt")
	if err != nil {
		return nil, err
	}
	html, err := htmltemplate.New("").ParseFS(templates, "template/*.html")
	if err != nil {
		return nil, err
	}
	return &Renderer{text: text, html: html}, nil
}

// view is what a template speaks of.
type view struct {
	purvey.MessageData
	W       words
	Lang    string
	Subject string
	Intro   string
	Colour  htmltemplate.CSS
}

var colourForm = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// Render fills the message's subject, text and HTML from its data, unless it
// was rendered before: what was sent is never changed.
func (r *Renderer) Render(m *purvey.Message) error {
	if m.Text != "" {
		return nil
	}
	w := wordsOf(m.Locale)
	v := view{MessageData: m.Data, W: w, Lang: w.Lang, Colour: "#1f5fd0"}
	if colourForm.MatchString(m.Data.Accent) {
		v.Colour = htmltemplate.CSS(m.Data.Accent)
	}
	fill := strings.NewReplacer("{order}", oneLine(m.Data.OrderName), "{shop}", oneLine(m.Data.ShopName), "{code}", m.Data.Code,
		"{minutes}", fmt.Sprint(m.Data.Minutes))
	name := string(m.Kind)
	switch m.Kind {
	case purvey.MailDelivery:
		v.Subject, v.Intro = w.DeliverySubject, w.DeliveryIntro
	case purvey.MailKeyFollows:
		v.Subject, v.Intro = w.KeyFollowsSubject, w.KeyFollowsIntro
		name = string(purvey.MailDelivery)
	case purvey.MailFilesUpdated:
		v.Subject, v.Intro = w.UpdatedSubject, w.UpdatedIntro
		name = string(purvey.MailDelivery)
	case purvey.MailLoginCode:
		v.Subject, v.Intro = w.CodeSubject, w.CodeIntro
	case purvey.MailOwnerWarning:
		v.Subject, v.Intro = m.Data.Subject, ""
	default:
		return fmt.Errorf("no template for messages of kind %q", m.Kind)
	}
	v.Subject, v.Intro = oneLine(fill.Replace(v.Subject)), fill.Replace(v.Intro)
	var text, html bytes.Buffer
	if err := r.text.ExecuteTemplate(&text, name+".txt", v); err != nil {
		return err
	}
	if err := r.html.ExecuteTemplate(&html, name+".html", v); err != nil {
		return err
	}
	m.Subject, m.Text, m.HTML = v.Subject, text.String(), html.String()
	return nil
}

// oneLine keeps line breaks out of a subject.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
