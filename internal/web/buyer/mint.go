package buyer

import (
	"net/http"
	"net/url"

	"purvey"
	"purvey/internal/web/page"
)

// minted shows the page of a download token.
func (h *handlers) minted(w http.ResponseWriter, r *http.Request) error {
	token := mintToken(r)
	p, err := h.Delivery.MintPage(r.Context(), token)
	if err == nil && p.Refusal != nil && p.Refusal.Closed {
		err = purvey.Because(purvey.Denied, p.Refusal.Reason, "the page is closed")
	}
	if err != nil {
		return mintProblem(err, p.Shop, p.Locale)
	}
	lang := page.Choose(r.Header.Get("Accept-Language"), p.Shop.Settings.Shop.Locale, p.Locale)
	words := wordsOf(lang)
	v := h.view(p.Shop, lang, p.Product)
	path, query := "/download", "?token="+url.QueryEscape(token)
	data := mintView{
		W: words, Query: query, Zip: p.Archive, Keys: p.Keys, Links: linked(p.Links), Library: libraryWordsOf(lang),
		Until: fill(words.Until, "date", page.When(lang, p.Shop.Settings.Shop.Timezone, p.ExpiresAt)),
		My:    libraryPath(p.Shop),
	}
	if p.Version != "" {
		data.Version = fill(data.Library.Version, "version", p.Version)
	}
	if p.Refusal != nil {
		words := refusalOf(lang, p.Refusal.Reason)
		data.State = &words
	}
	for _, f := range p.Files {
		fv := fileOf(f, words, lang, path)
		fv.Query = query
		if fv.Preparing {
			v.Refresh = 5
		}
		data.Files = append(data.Files, fv)
	}
	v.Data = data
	return h.pages.Write(w, r, http.StatusOK, "mint.html", v)
}

// mintView is what the template of a token's page speaks of.
type mintView struct {
	W       words
	Library libraryWords
	Query   string
	Version string
	Until   string
	My      string
	Zip     bool
	State   *refusal
	Keys    []string
	Files   []fileView
	Links   []linkedView
}

func mintToken(r *http.Request) string { return r.URL.Query().Get("token") }

// mintProblem leads from a token that opens nothing to the library, where its
// customer finds a fresh link.
func mintProblem(err error, shop purvey.Shop, locale string) error {
	if err == nil {
		return nil
	}
	return problem{error: err, shop: shop, locale: locale, back: libraryPath(shop), mint: true}
}

// mintFile sends a file of a token to a program that knows its address.
func (h *handlers) mintFile(w http.ResponseWriter, r *http.Request) error {
	it, err := h.Delivery.MintFile(r.Context(), mintToken(r), r.PathValue("file"))
	if err == nil {
		err = h.sendItem(w, r, it)
	}
	return mintProblem(err, purvey.Shop{}, "")
}

// mintFileButton answers the button of a file.
func (h *handlers) mintFileButton(w http.ResponseWriter, r *http.Request) error {
	to, err := h.Delivery.GrantMintFile(r.Context(), mintToken(r), r.PathValue("file"), client(r))
	if err == nil {
		redirect(w, to)
	}
	return mintProblem(err, purvey.Shop{}, "")
}

// mintZip sends all files of a token as one archive.
func (h *handlers) mintZip(w http.ResponseWriter, r *http.Request) error {
	it, err := h.Delivery.MintArchive(r.Context(), mintToken(r), note)
	if err == nil {
		err = h.sendItem(w, r, it)
	}
	return mintProblem(err, purvey.Shop{}, "")
}

// mintZipButton answers the button "all files".
func (h *handlers) mintZipButton(w http.ResponseWriter, r *http.Request) error {
	to, err := h.Delivery.GrantMintArchive(r.Context(), mintToken(r))
	if err == nil {
		redirect(w, to)
	}
	return mintProblem(err, purvey.Shop{}, "")
}
