package bigdd

import (
	"context"
	"net/http"

	"purvey/internal/mail"
)

func (a *api) routesMailTemplates() {
	const templates = "/public-api/v1/mail-templates"
	a.read("GET "+templates, adminOnly, a.listMailTemplates)
	a.write("PUT "+templates+"/{kind}/{locale}", adminOnly, maxMailTemplate, a.putMailTemplate)
	a.raw("DELETE "+templates+"/{kind}/{locale}", adminOnly, a.deleteMailTemplate)
	a.write("POST "+templates+"/{kind}/{locale}/preview", adminOnly, maxMailTemplate, a.previewMailTemplate)
}

// maxMailTemplate bounds a wording with its escapes, in bytes.
const maxMailTemplate = 128 << 10

type wordingWire struct {
	Subject string `json:"subject"`
	Intro   string `json:"intro"`
	Outro   string `json:"outro"`
}

type mailTemplateWire struct {
	Kind   string `json:"kind"`
	Locale string `json:"locale"`
	wordingWire
	Custom    bool        `json:"custom"`
	Default   wordingWire `json:"default"`
	Variables []string    `json:"variables"`
}

func wireMailTemplate(t mail.Template) mailTemplateWire {
	return mailTemplateWire{string(t.Kind), t.Locale, wordingWire(t.Wording), t.Custom, wordingWire(t.Default), t.Variables}
}

func (a *api) listMailTemplates(r *request) (any, error) {
	all, err := a.Mail.Templates(r.Context(), r.Caller.ShopID)
	out := make([]mailTemplateWire, 0, len(all))
	for _, t := range all {
		out = append(out, wireMailTemplate(t))
	}
	return out, err
}

// wordingBody is what the calls take; an absent part is nil.
type wordingBody struct {
	Subject *string `json:"subject"`
	Intro   *string `json:"intro"`
	Outro   *string `json:"outro"`
}

func (a *api) putMailTemplate(ctx context.Context, r *request) (int, any, error) {
	kind, locale := r.PathValue("kind"), r.PathValue("locale")
	if _, err := a.Mail.Template(ctx, r.Caller.ShopID, kind, locale); err != nil {
		return 0, nil, err
	}
	var b wordingBody
	f, err := r.fields(&b, true)
	if err != nil {
		return 0, nil, err
	}
	f.Require(b.Subject != nil, "subject", "is required")
	f.Require(b.Intro != nil, "intro", "is required")
	value(f, "outro", b.Outro)
	if err := f.Err(); err != nil {
		return 0, nil, err
	}
	w := mail.Wording{Subject: *b.Subject, Intro: *b.Intro}
	if b.Outro != nil {
		w.Outro = *b.Outro
	}
	t, err := a.Mail.SetTemplate(ctx, r.Caller.ShopID, kind, locale, w)
	return http.StatusOK, wireMailTemplate(t), err
}

func (a *api) deleteMailTemplate(w http.ResponseWriter, r *request) error {
	if err := a.Mail.RemoveTemplate(r.Context(), r.Caller.ShopID, r.PathValue("kind"), r.PathValue("locale")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *api) previewMailTemplate(ctx context.Context, r *request) (int, any, error) {
	var b wordingBody
	if err := r.decodeOptional(&b); err != nil {
		return 0, nil, err
	}
	m, err := a.Mail.Preview(ctx, r.Caller.ShopID, r.PathValue("kind"), r.PathValue("locale"), b.Subject, b.Intro, b.Outro)
	return http.StatusOK, struct {
		Subject string `json:"subject"`
		Text    string `json:"text"`
		HTML    string `json:"html"`
	}{m.Subject, m.Text, m.HTML}, err
}
