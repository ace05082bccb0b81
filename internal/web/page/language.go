package page

import (
	"slices"
	"strconv"
	"strings"
)

// Language is one of those that pages are written in.
type Language string

// Languages lists them; the first is the one of last resort.
func Languages() []Language { return []Language{"en", "es", "pt", "de", "fr"} }

// Choose picks a language: the first of the locales that is one of ours, then
// the best of an Accept-Language header, then the fallback locale.
func Choose(accept, fallback string, locales ...string) Language {
	for _, l := range locales {
		if lang, ok := known(l); ok {
			return lang
		}
	}
	type choice struct {
		lang Language
		q    float64
	}
	var choices []choice
	for part := range strings.SplitSeq(accept, ",") {
		tag, weight, _ := strings.Cut(part, ";")
		lang, ok := known(strings.TrimSpace(tag))
		if !ok {
			continue
		}
		q := 1.0
		if v, found := strings.CutPrefix(strings.TrimSpace(weight), "q="); found {
			var err error
			if q, err = strconv.ParseFloat(v, 64); err != nil {
				q = 0
			}
		}
		if q > 0 {
			choices = append(choices, choice{lang, q})
		}
	}
	if len(choices) > 0 {
		best := slices.MaxFunc(choices, func(a, b choice) int {
			switch {
			case a.q < b.q:
				return -1
			case a.q > b.q:
				return 1
			}
			return 0
		})
		return best.lang
	}
	if lang, ok := known(fallback); ok {
		return lang
	}
	return Languages()[0]
}

// known reads a locale such as pt-BR or pt_BR.
func known(locale string) (Language, bool) {
	lang, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(locale, "_", "-")), "-")
	if slices.Contains(Languages(), Language(lang)) {
		return Language(lang), true
	}
	return "", false
}

// formats are how a language writes numbers and days, and the words of the
// frame.
type formats struct {
	questions, help string

	point  string
	date   string
	months [12]string
}

func (l Language) words() formats {
	if f, ok := written[l]; ok {
		return f
	}
	return written["en"]
}

var written = map[Language]formats{
	"en": {"Questions? Write to", "Help", ".", "{d} {m} {y}", [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}},
	"es": {"¿Preguntas? Escribe a", "Ayuda", ",", "{d} de {m} de {y}", [12]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"}},
	"pt": {"Dúvidas? Escreva para", "Ajuda", ",", "{d} de {m} de {y}", [12]string{"janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"}},
	"de": {"Fragen? Schreiben Sie an", "Hilfe", ",", "{d}. {m} {y}", [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}},
	"fr": {"Des questions ? Écrivez à", "Aide", ",", "{d} {m} {y}", [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}},
}
