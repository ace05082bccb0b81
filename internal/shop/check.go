package shop

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"purvey"
)

// Bounds of settings.
const (
	maxName     = 200
	maxText     = 2000
	maxMessage  = 500
	maxLifetime = 10 * 366 * 24 * 3600 // seconds
	maxLowStock = 1_000_000
	maxBudget   = 10_000_000 // GB
	minStamp    = 4          // points
	maxStamp    = 144
)

var (
	colorForm  = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	localeForm = regexp.MustCompile(`^[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{2,8})*$`)
)

// tidy drops what carries no meaning: outer space, repeats.
func tidy(s *purvey.Settings) {
	s.Shop.Name = strings.TrimSpace(s.Shop.Name)
	s.Mail.FromName, s.Mail.ReplyTo = strings.TrimSpace(s.Mail.FromName), strings.TrimSpace(s.Mail.ReplyTo)
	s.Mail.SupportAddress, s.Pages.Message = strings.TrimSpace(s.Mail.SupportAddress), strings.TrimSpace(s.Pages.Message)
	s.Shop.PublicURL = strings.TrimRight(s.Shop.PublicURL, "/")
	var seen []string
	for _, c := range s.Gateways.SaleCurrencies {
		if !slices.Contains(seen, c) {
			seen = append(seen, c)
		}
	}
	s.Gateways.SaleCurrencies = append([]string{}, seen...)
}

func checkName(c *purvey.Checker, name string) {
	n := utf8.RuneCountInString(name)
	c.Require(n > 0 && n <= maxName, "shop.name", "must have 1 to %d characters", maxName)
	c.Require(!strings.ContainsFunc(name, control), "shop.name", "must not hold control characters")
}

func control(r rune) bool { return r < ' ' || r == 0x7f }

// check refuses bad values, all at once.
func check(s purvey.Settings) error {
	var c purvey.Checker
	checkName(&c, s.Shop.Name)
	c.Require(purvey.ValidCurrency(s.Shop.Currency), "shop.currency", "must be an ISO 4217 code such as USD")
	c.Require(validZone(s.Shop.Timezone), "shop.timezone", "must be an IANA time zone such as Europe/Paris")
	c.Require(len(s.Shop.Locale) <= 35 && localeForm.MatchString(s.Shop.Locale), "shop.locale", "must be a language tag such as en or pt-BR")
	c.Require(s.Shop.Accent == "" || colorForm.MatchString(s.Shop.Accent), "shop.accent", "must be a colour of the form #rrggbb, or empty")
	c.Require(s.Shop.PublicURL == "" || validOrigin(s.Shop.PublicURL), "shop.public_url", "must be an origin such as https://shop.example, or empty")
	checkURL(&c, "shop.logo_url", s.Shop.LogoURL)
	checkURL(&c, "shop.support_url", s.Shop.SupportURL)

	c.Require(utf8.RuneCountInString(s.Mail.FromName) <= maxName && !strings.ContainsFunc(s.Mail.FromName, control), "mail.from_name",
		"must be at most %d characters without control characters", maxName)
	c.Require(s.Mail.ReplyTo == "" || purvey.ValidEmail(s.Mail.ReplyTo), "mail.reply_to", "must be an e-mail address, or empty")
	c.Require(s.Mail.SupportAddress == "" || purvey.ValidEmail(s.Mail.SupportAddress), "mail.support_address", "must be an e-mail address, or empty")
	c.Require(utf8.RuneCountInString(s.Pages.Message) <= maxMessage, "pages.message", "must be at most %d characters", maxMessage)

	for _, l := range []struct {
		name    string
		seconds int
	}{
		{"validation_token", s.Lifetimes.ValidationToken}, {"access_url", s.Lifetimes.AccessURL}, {"mint", s.Lifetimes.Mint},
		{"checkout", s.Lifetimes.Checkout}, {"login_code", s.Lifetimes.LoginCode}, {"pending_sale", s.Lifetimes.PendingSale},
	} {
		c.Require(l.seconds >= 1 && l.seconds <= maxLifetime, "lifetimes."+l.name, "must be 1 to %d seconds", maxLifetime)
	}

	p := s.Policies
	oneOf(&c, "policies.refund", p.Refund, "revoke", "keep")
	oneOf(&c, "policies.refunded_keys", p.RefundedKeys, "burn", "return")
	oneOf(&c, "policies.stamp_failure", p.StampFailure, "refuse", "serve")
	oneOf(&c, "policies.stamp_position", p.StampPosition, "bottom-center", "bottom-left", "bottom-right", "top-center", "top-left", "top-right", "diagonal")
	c.Require(utf8.RuneCountInString(p.StampText) <= purvey.MaxStampText, "policies.stamp_text", "must be at most %d characters", purvey.MaxStampText)
	c.Require(p.StampSize >= minStamp && p.StampSize <= maxStamp, "policies.stamp_size", "must be %d to %d points", minStamp, maxStamp)
	c.Require(p.BandwidthGB == nil || *p.BandwidthGB >= 1 && *p.BandwidthGB <= maxBudget, "policies.bandwidth_gb", "must be 1 to %d GB, or null", maxBudget)
	c.Require(s.LicenseKeys.LowStock >= 0 && s.LicenseKeys.LowStock <= maxLowStock, "license_keys.low_stock", "must be 0 to %d", maxLowStock)

	for _, code := range s.Gateways.SaleCurrencies {
		if !purvey.ValidCurrency(code) {
			c.Require(false, "gateways.sale_currencies", "must hold ISO 4217 codes such as ARS")
			break
		}
	}
	c.Require(s.Gateways.Live == "" || s.Gateways.Live == "stripe" || s.Gateways.Live == "mercadopago", "gateways.live", "must be stripe, mercadopago or empty")
	checkURL(&c, "gateways.stripe.api_base", s.Gateways.Stripe.APIBase)
	checkURL(&c, "gateways.mercadopago.api_base", s.Gateways.Mercadopago.APIBase)
	checkURL(&c, "publicala.webhook_url", s.Publicala.WebhookURL)
	checkURL(&c, "publicala.redirect_url", s.Publicala.RedirectURL)
	checkURL(&c, "publicala.logout_url", s.Publicala.LogoutURL)
	c.Require(len(s.Publicala.ExternalAuthIssuer) <= maxText, "publicala.external_auth_issuer", "must be at most %d bytes", maxText)
	return c.Err()
}

func oneOf(c *purvey.Checker, name, value string, allowed ...string) {
	c.Require(slices.Contains(allowed, value), name, "must be one of %s", strings.Join(allowed, ", "))
}

// checkURL takes an absolute http or https URL, or nothing.
func checkURL(c *purvey.Checker, name, value string) {
	if value == "" {
		return
	}
	u, err := url.Parse(value)
	ok := err == nil && len(value) <= maxText && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil
	c.Require(ok, name, "must be an http:// or https:// URL, or empty")
}

func validOrigin(value string) bool {
	u, err := url.Parse(value)
	return err == nil && len(value) <= maxText && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil &&
		u.Path == "" && u.RawQuery == "" && u.Fragment == "" && !strings.HasSuffix(value, "?") && !strings.HasSuffix(value, "#")
}

// validZone takes names of the time zone database, and none that depends on
// the machine.
func validZone(name string) bool {
	if name == "" || name == "Local" {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}
