package page

import (
	"html/template"
	"path"
	"strconv"
	"strings"
	"time"

	"purvey"
)

// functions are what templates may call beside the standard ones.
func functions() template.FuncMap {
	return template.FuncMap{
		"size": Size,
		"kind": Kind,
		"date": Date,
		"when": When,
	}
}

// Size writes a number of bytes for people, in units of a thousand.
func Size(l Language, n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	units := []string{"kB", "MB", "GB", "TB", "PB", "EB"}
	v := float64(n)
	unit := ""
	for _, u := range units {
		v /= 1000
		unit = u
		if v < 999.5 {
			break
		}
	}
	digits := 1
	if v >= 99.95 || unit == "kB" {
		digits = 0
	}
	text := strings.TrimSuffix(strconv.FormatFloat(v, 'f', digits, 64), ".0")
	return strings.Replace(text, ".", l.words().point, 1) + " " + unit
}

// Kind names the kind of a file by its name, or its type, in at most five
// letters: PDF, MP3.
func Kind(name, mime string) string {
	ext := strings.ToUpper(strings.TrimPrefix(path.Ext(name), "."))
	if n := len(ext); n > 0 && n <= 5 && strings.Trim(ext, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == "" {
		return ext
	}
	_, sub, _ := strings.Cut(mime, "/")
	sub, _, _ = strings.Cut(sub, ";")
	sub = strings.ToUpper(strings.TrimPrefix(strings.TrimSpace(sub), "x-"))
	if sub == "PLAIN" {
		return "TXT"
	}
	if n := len(sub); n > 0 && n <= 5 {
		return sub
	}
	return "FILE"
}

// Date writes a day as a clock of the zone shows it: 4 March 2026. An unknown
// zone is UTC.
func Date(l Language, zone string, t time.Time) string {
	t = t.In(location(zone))
	w := l.words()
	return strings.NewReplacer("{d}", strconv.Itoa(t.Day()), "{m}", w.months[t.Month()-1], "{y}", strconv.Itoa(t.Year())).Replace(w.date)
}

// When is Date with the time of day and the zone.
func When(l Language, zone string, t time.Time) string {
	loc := location(zone)
	return Date(l, zone, t) + ", " + t.In(loc).Format("15:04") + " (" + strings.ReplaceAll(loc.String(), "_", " ") + ")"
}

func location(zone string) *time.Location {
	if zone == "" || zone == "Local" {
		return time.UTC
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// MaskEmail shows enough of an address for its owner to know it and not enough
// for another to write to it: a•••@example.org.
func MaskEmail(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 1 {
		return ""
	}
	for i := range address {
		if i > 0 {
			return address[:min(i, at)] + "•••" + address[at:]
		}
	}
	return ""
}

// Money writes an amount in the smallest unit of a currency: 12,50 EUR.
func Money(l Language, amount int64, currency string) string {
	return strings.Replace(purvey.FormatAmount(amount, currency), ".", l.words().point, 1)
}
