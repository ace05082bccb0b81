package delivery

import (
	"mime"
	"strings"
)

// Disposition is the Content-Disposition of a file that is to be saved under
// its name (RFC 6266): an ASCII filename for old clients, in which letters lose
// their accents where they have a plain form and other characters become _, and
// the whole name in filename* where that says more.
func Disposition(name string) string {
	if name == "" {
		name = "file"
	}
	var ascii, ext strings.Builder
	exact := true
	for _, r := range name {
		switch {
		case r == '"' || r == '\\' || r == '%' || r < 0x20 || r == 0x7f:
			ascii.WriteByte('_')
			exact = false
		case r < 0x7f:
			ascii.WriteRune(r)
		default:
			ascii.WriteString(plain(r))
			exact = false
		}
	}
	if exact {
		return `attachment; filename="` + ascii.String() + `"`
	}
	const hex = "0123456789ABCDEF"
	for i := 0; i < len(name); i++ {
		// RFC 5987: attr-char stands as it is, every other byte is escaped.
		if c := name[i]; c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			ext.WriteByte(c)
		} else {
			ext.WriteByte('%')
			ext.WriteByte(hex[c>>4])
			ext.WriteByte(hex[c&15])
		}
	}
	return `attachment; filename="` + ascii.String() + `"; filename*=UTF-8''` + ext.String()
}

// plainLetters are the Latin letters that have a form without accent, by it.
var plainLetters = map[string]string{
	"A": "ÀÁÂÃÄÅĀĂĄ", "C": "ÇĆĈĊČ", "D": "ĎĐ", "E": "ÈÉÊËĒĔĖĘĚ", "G": "ĜĞĠĢ", "H": "ĤĦ", "I": "ÌÍÎÏĨĪĬĮİ", "J": "Ĵ", "K": "Ķ", "L": "ĹĻĽĿŁ",
	"N": "ÑŃŅŇ", "O": "ÒÓÔÕÖØŌŎŐ", "R": "ŔŖŘ", "S": "ŚŜŞŠȘ", "T": "ŢŤŦȚ", "U": "ÙÚÛÜŨŪŬŮŰŲ", "W": "Ŵ", "Y": "ÝŶŸ", "Z": "ŹŻŽ",
	"a": "àáâãäåāăą", "c": "çćĉċč", "d": "ďđ", "e": "èéêëēĕėęě", "g": "ĝğġģ", "h": "ĥħ", "i": "ìíîïĩīĭįı", "j": "ĵ", "k": "ķ", "l": "ĺļľŀł",
	"n": "ñńņň", "o": "òóôõöøōŏő", "r": "ŕŗř", "s": "śŝşšș", "t": "ţťŧț", "u": "ùúûüũūŭůűų", "w": "ŵ", "y": "ýÿŷ", "z": "źżž",
	"AE": "Æ", "ae": "æ", "OE": "Œ", "oe": "œ", "ss": "ß", "-": "–—", "'": "‘’",
}

func plain(r rune) string {
	for ascii, letters := range plainLetters {
		if strings.ContainsRune(letters, r) {
			return ascii
		}
	}
	return "_"
}

// ContentType is a MIME type fit for a header; what is none becomes plain bytes.
func ContentType(t string) string {
	if _, _, err := mime.ParseMediaType(t); err != nil || strings.ContainsAny(t, "\r\n") || !strings.Contains(t, "/") {
		return "application/octet-stream"
	}
	return t
}
