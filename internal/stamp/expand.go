package stamp

import (
	"strings"
	"unicode/utf8"
)

// Fields are the values that a text may name.
type Fields struct {
	Email string // {email}
	Name  string // {name}
	Order string // {order}
	Date  string // {date}, as the shop writes dates
}

// Expand replaces {email}, {name}, {order} and {date} in text. Any other word
// in braces stays as it is, and values are not expanded again. Runs of white
// space in a value, newlines among them, become one space.
func Expand(text string, f Fields) string {
	one := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	return strings.NewReplacer("{email}", one(f.Email), "{name}", one(f.Name), "{order}", one(f.Order), "{date}", one(f.Date)).Replace(text)
}

// Plain makes a text one that Options takes, if anything visible is in it:
// tabs and other breaks become spaces and newlines, other control characters
// are dropped, and what is beyond MaxText characters is cut off.
func Plain(text string) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\r\n", "\n"), "\uFFFD")
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\r' || r == '\v' || r == '\f' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			return '\n'
		case r == '\t':
			return ' '
		case control(r):
			return -1
		}
		return r
	}, text)
	if utf8.RuneCountInString(text) > MaxText {
		text = string([]rune(text)[:MaxText])
	}
	return strings.TrimSpace(text)
}
