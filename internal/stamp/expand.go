package stamp

import "strings"

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
