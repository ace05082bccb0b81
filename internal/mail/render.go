package mail

import (
	"bytes"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"regexp"
	"strconv"
	"strings"
	texttemplate "text/template"
	"time"

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
	text, err := texttemplate.ParseFS(templates, "template/mail.txt")
	if err != nil {
		return nil, err
	}
	html, err := htmltemplate.New("mail.html").Funcs(functions()).ParseFS(templates, "template/mail.html")
	if err != nil {
		return nil, err
	}
	return &Renderer{text: text, html: html}, nil
}

// functions are what the HTML may call. The engine of Outlook on Windows knows
// no widest width and keeps no line breaks, so it gets a table of a fixed width
// around the mail, in a comment that it alone reads, and breaks as elements.
func functions() htmltemplate.FuncMap {
	return htmltemplate.FuncMap{
		"mso": func() htmltemplate.HTML {
			return `<!--[if mso]><table role="presentation" align="center" width="580" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->`
		},
		"msoEnd": func() htmltemplate.HTML { return `<!--[if mso]></td></tr></table><![endif]-->` },
		"lines": func(text string) htmltemplate.HTML {
			return htmltemplate.HTML(strings.ReplaceAll(htmltemplate.HTMLEscapeString(strings.TrimSpace(text)), "\n", "<br>\n"))
		},
	}
}

// Wording is what a shop may say in its own words of a kind of mail: the
// subject, and paragraphs before and after the mail's own content. {variables}
// are filled in.
type Wording struct {
	Subject string
	Intro   string
	Outro   string
}

// view is what the templates speak of.
type view struct {
	purvey.MessageData
	W         words
	Subject   string
	Heading   string // "" none
	Greeting  string // "" none
	Intro     []string
	Outro     []string
	Code      string
	Facts     []fact
	QuoteName string
	Quote     string
	Button    string
	Footer    string
	Note      string
	Colour    htmltemplate.CSS
	Ink       htmltemplate.CSS // on Colour
}

// fact is a line of a small table.
type fact struct{ Name, Value string }

// Render fills the message's subject, text and HTML from its data, in the
// shop's own wording or, when that is nil, the built-in one; unless it was
// rendered before: what was sent is never changed.
func (r *Renderer) Render(m *purvey.Message, own *Wording) error {
	if m.Text != "" {
		return nil
	}
	w := wordsOf(m.Locale)
	v := view{MessageData: m.Data, W: w}
	v.Colour, v.Ink = colours(m.Data.Accent)
	wording, known := w.Mails[m.Kind]
	switch {
	case m.Kind == purvey.MailOwnerWarning:
		wording = Wording{Subject: m.Data.Subject}
	case !known:
		return fmt.Errorf("no template for messages of kind %q", m.Kind)
	case own != nil:
		wording = *own
	}
	fill := variablesOf(m)
	v.Subject = oneLine(fill.Replace(wording.Subject))
	if m.Kind == purvey.MailOwnerWarning {
		v.Subject = oneLine(m.Data.Subject) // braces in it are meant
	}
	v.Intro, v.Outro = paragraphs(fill.Replace(wording.Intro)), paragraphs(fill.Replace(wording.Outro))
	v.compose(m)
	var text, html bytes.Buffer
	if err := r.text.Execute(&text, v); err != nil {
		return err
	}
	if err := r.html.Execute(&html, v); err != nil {
		return err
	}
	m.Subject, m.Text, m.HTML = v.Subject, text.String(), html.String()
	return nil
}

// compose puts what a kind of mail holds beside its wording into the view.
func (v *view) compose(m *purvey.Message) {
	w, d := v.W, m.Data
	greeting := w.Hello + ","
	if d.Name != "" {
		greeting = w.Hello + " " + oneLine(d.Name) + ","
	}
	shop := strings.NewReplacer("{shop}", oneLine(d.ShopName))
	v.Footer = shop.Replace(w.FooterShop)
	notes := strings.TrimSpace(strings.ReplaceAll(d.Notes, "\r\n", "\n"))
	switch m.Kind {
	case purvey.MailLoginCode:
		v.Greeting, v.Code, v.Note, v.Footer, v.Lines = w.Hello+",", d.Code, w.CodeNote, shop.Replace(w.FooterCode), nil
	case purvey.MailOwnerWarning:
		v.Heading, v.Intro, v.Lines = v.Subject, paragraphs(d.Body), nil
	case purvey.MailTest:
		v.Heading = v.Subject
	case purvey.MailPasswordReset:
		v.Greeting, v.Button, v.Note = greeting, w.NewPassword, w.CodeNote
	case purvey.MailInvitation:
		v.Greeting, v.Button = greeting, w.Accept
	case purvey.MailDownloadRequest:
		v.Heading, v.Button, v.Lines, v.QuoteName, v.Quote = v.Subject, w.Answer, nil, w.TheirWords, notes
		if who := strings.TrimSpace(oneLine(d.Name) + " · " + d.Customer); d.Customer != "" {
			v.Facts = append(v.Facts, fact{w.Customer, strings.TrimPrefix(who, "· ")})
			v.Note = w.ReplyNote
		}
	default:
		v.Greeting, v.Button, v.Footer = greeting, w.Open, shop.Replace(w.Footer)
		v.QuoteName, v.Quote = w.News, notes
		if m.Kind == purvey.MailDownloadsDeclined {
			v.QuoteName = w.ShopWords
		}
		if m.Kind == purvey.MailDownloadsGranted || m.Kind == purvey.MailDownloadsDeclined {
			v.Lines = nil
		}
	}
	if v.Footer == shop.Replace(w.FooterShop) {
		v.Support, v.SupportURL = "", "" // it is the shop that reads this
	}
	if d.Copies > 0 {
		v.Facts = append(v.Facts, fact{w.Copies, strconv.Itoa(d.Copies)})
	}
	if !d.Until.IsZero() {
		zone, err := time.LoadLocation(d.Zone)
		if err != nil {
			zone = time.UTC
		}
		v.Facts = append(v.Facts, fact{w.Until, w.day(d.Until.Add(-time.Second).In(zone))})
	}
}

// paragraphs cuts a text at its empty lines.
func paragraphs(text string) []string {
	var out []string
	for p := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

var colourForm = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// colours gives the shop's colour and black or white on it, whichever reads
// better.
func colours(accent string) (colour, ink htmltemplate.CSS) {
	if !colourForm.MatchString(accent) {
		accent = "#1f5fd0"
	}
	n, err := strconv.ParseUint(accent[1:], 16, 32)
	if err != nil {
		n = 0
	}
	lin := func(c uint64) float64 { v := float64(c&255) / 255; return v * v }
	if 0.2126*lin(n>>16)+0.7152*lin(n>>8)+0.0722*lin(n) > 0.36 {
		return htmltemplate.CSS(accent), "#111418"
	}
	return htmltemplate.CSS(accent), "#ffffff"
}

// oneLine keeps line breaks out of a subject.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
