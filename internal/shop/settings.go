package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"purvey"
	"purvey/internal/httpjson"
	"purvey/internal/store"
)

// The secrets among the settings, by name.
const (
	SecretShopify            = "connectors.shopify.secret"
	SecretWooCommerce        = "connectors.woocommerce.secret"
	SecretStripe             = "connectors.stripe.secret"
	SecretFastSpring         = "connectors.fastspring.secret"
	TokenFastSpring          = "connectors.fastspring.url_token"
	TokenVibraCart           = "connectors.vibracartpro.url_token"
	SecretSigned             = "connectors.signed.secret"
	SecretStripeKey          = "gateways.stripe.secret_key"
	SecretStripeWebhook      = "gateways.stripe.webhook_secret"
	SecretMercadopagoToken   = "gateways.mercadopago.access_token"
	SecretMercadopagoWebhook = "gateways.mercadopago.webhook_secret"
	SecretPublicalaWebhook   = "publicala.webhook_key"
	SecretExternalAuth       = "publicala.external_auth_key"
)

// addressToken is a token that stands in an address: hard to guess, and the
// same in an address as here.
var addressToken = regexp.MustCompile(`^[0-9A-Za-z_-]{16,200}$`)

func inAddress(name string) bool { return name == TokenFastSpring || name == TokenVibraCart }

// maxSecret is the longest secret, in bytes: a PEM key fits.
const maxSecret = 8 << 10

// last4From is the length from which the end of a secret is shown.
const last4From = 12

func secretNames() []string {
	return []string{
		SecretShopify, SecretWooCommerce, SecretStripe, SecretFastSpring, TokenFastSpring, TokenVibraCart, SecretSigned, SecretStripeKey, SecretStripeWebhook,
		SecretMercadopagoToken, SecretMercadopagoWebhook, SecretPublicalaWebhook, SecretExternalAuth,
	}
}

// sealFor is the purpose a secret is sealed for: one of one shop.
func sealFor(shopID, name string) string { return "shop " + shopID + " " + name }

// Settings gives a shop's settings, without secrets.
func (s *Service) Settings(ctx context.Context, shopID string) (purvey.Settings, error) {
	shop, err := s.db.Shop(ctx, shopID)
	return shop.Settings, err
}

// Secret gives one of a shop's secrets, by its name; "" when it is not set.
func (s *Service) Secret(ctx context.Context, shopID, name string) (string, error) {
	sealed, err := s.db.ShopSecrets(ctx, shopID)
	if err != nil || sealed[name] == "" {
		return "", err
	}
	plain, err := s.keys.Unseal(sealFor(shopID, name), sealed[name])
	if err != nil {
		return "", fmt.Errorf("the setting %s: %w", name, err)
	}
	return plain, nil
}

// Document gives a shop's settings as they are shown: nested by the dots of
// their names, each secret as {"set": bool, "last4": string or null}.
func (s *Service) Document(ctx context.Context, shopID string) (map[string]any, error) {
	shop, err := s.db.Shop(ctx, shopID)
	if err != nil {
		return nil, err
	}
	sealed, err := s.db.ShopSecrets(ctx, shopID)
	if err != nil {
		return nil, err
	}
	doc, err := tree(shop.Settings)
	if err != nil {
		return nil, err
	}
	for _, name := range secretNames() {
		shown := map[string]any{"set": false, "last4": nil}
		if sealed[name] != "" {
			shown["set"] = true
			plain, err := s.keys.Unseal(sealFor(shopID, name), sealed[name])
			if err != nil {
				return nil, fmt.Errorf("the setting %s: %w", name, err)
			}
			if len(plain) >= last4From {
				shown["last4"] = plain[len(plain)-4:]
			}
		}
		put(doc, name, shown)
	}
	return doc, nil
}

// Patch changes the settings that stand in the JSON object body, and no other.
// null sets one back to that of a new shop, and removes a secret; a secret
// given as an object, as Document shows it, stays. Keys that are no setting
// are ignored. On an error nothing is changed.
func (s *Service) Patch(ctx context.Context, shopID string, body []byte) error {
	var patch map[string]any
	if err := httpjson.Parse(body, &patch); err != nil {
		return err
	}
	if patch == nil {
		return purvey.Errorf(purvey.Invalid, "the body must be an object, and is null")
	}
	secrets, err := takeSecrets(patch)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.Lock(ctx, "shop "+shopID); err != nil {
			return err
		}
		shop, err := tx.Shop(ctx, shopID)
		if err != nil {
			return err
		}
		sealed, err := tx.ShopSecrets(ctx, shopID)
		if err != nil {
			return err
		}
		before := shop.Settings
		if shop.Settings, err = patched(shop, patch); err != nil {
			return err
		}
		entry, err := audit(shop, before)
		if err != nil {
			return err
		}
		for name, plain := range secrets {
			if sealed[name] != "" {
				entry.Before[name] = "set"
			}
			if plain == "" {
				delete(sealed, name)
				continue
			}
			sealed[name] = s.keys.Seal(sealFor(shopID, name), plain)
			entry.After[name] = "set anew"
		}
		shop.Name = shop.Settings.Shop.Name
		host := hostOf(shop.Settings.Shop.PublicURL)
		if other, err := tx.ShopByHost(ctx, host); err == nil && other.ID != shopID {
			return purvey.Because(purvey.Conflict, purvey.ReasonDuplicate, "another shop has this shop.public_url")
		} else if err != nil && !errors.Is(err, purvey.NotFound) {
			return err
		}
		if err := tx.UpdateShop(ctx, &shop, sealed, host); err != nil {
			return err
		}
		if err := tx.Audit(ctx, entry); err != nil || s.watch == nil {
			return err
		}
		return s.watch(tx.With(ctx), shop, func(name string) (string, error) {
			if sealed[name] == "" {
				return "", nil
			}
			return s.keys.Unseal(sealFor(shopID, name), sealed[name])
		})
	})
}

// audit is the entry of settings that change: by their dotted names, of
// secrets only that they do.
func audit(shop purvey.Shop, before purvey.Settings) (purvey.AuditEntry, error) {
	e := purvey.AuditEntry{
		ShopID: shop.ID, Action: "settings.updated", Object: purvey.AuditObject{Type: "settings", Name: shop.Settings.Shop.Name},
		Before: purvey.AuditFields{}, After: purvey.AuditFields{},
	}
	for _, side := range []struct {
		settings purvey.Settings
		fields   purvey.AuditFields
	}{{before, e.Before}, {shop.Settings, e.After}} {
		doc, err := tree(side.settings)
		if err != nil {
			return e, err
		}
		flatten(side.fields, "", doc)
	}
	return e, nil
}

// flatten writes nested values under dotted names.
func flatten(to purvey.AuditFields, prefix string, doc map[string]any) {
	for name, v := range doc {
		if inner, ok := v.(map[string]any); ok {
			flatten(to, prefix+name+".", inner)
			continue
		}
		to[prefix+name] = v
	}
}

// patched gives the shop's settings with the patch laid over them, checked.
func patched(shop purvey.Shop, patch map[string]any) (purvey.Settings, error) {
	now, err := tree(shop.Settings)
	if err != nil {
		return purvey.Settings{}, err
	}
	fresh, err := tree(purvey.DefaultSettings(shop.Slug))
	if err != nil {
		return purvey.Settings{}, err
	}
	merge(now, patch, fresh)
	body, err := json.Marshal(now)
	if err != nil {
		return purvey.Settings{}, err
	}
	var out purvey.Settings
	if err := httpjson.Parse(body, &out); err != nil {
		return purvey.Settings{}, err
	}
	tidy(&out)
	return out, check(out)
}

// merge lays patch over now; null takes the value of fresh.
func merge(now, patch, fresh map[string]any) {
	for k, v := range patch {
		old, known := now[k]
		if !known {
			continue
		}
		inner, isGroup := old.(map[string]any)
		given, isObject := v.(map[string]any)
		switch {
		case v == nil:
			now[k] = fresh[k]
		case isGroup && isObject:
			merge(inner, given, fresh[k].(map[string]any))
		default:
			now[k] = v
		}
	}
}

// takeSecrets gives the secrets that a patch sets, "" for one it removes.
func takeSecrets(patch map[string]any) (map[string]string, error) {
	out := map[string]string{}
	var c purvey.Checker
	refused := map[string]bool{}
	for _, name := range secretNames() {
		if group := notGroup(patch, name); group != "" {
			c.Require(refused[group], group, "must be an object")
			refused[group] = true
			continue
		}
		v, ok := get(patch, name)
		if !ok {
			continue
		}
		switch v := v.(type) {
		case nil:
			out[name] = ""
		case string:
			c.Require(len(v) <= maxSecret, name, "must be at most %d bytes", maxSecret)
			c.Require(!strings.ContainsRune(v, 0), name, "must not hold a zero byte")
			v = strings.TrimSpace(v)
			c.Require(v == "" || !inAddress(name) || addressToken.MatchString(v), name, "must be 16 to 200 letters, digits, - or _")
			out[name] = v
		case map[string]any:
		default:
			c.Require(false, name, "must be a string or null")
		}
	}
	return out, c.Err()
}

// tree gives the settings as nested maps; numbers keep their text.
func tree(s purvey.Settings) (map[string]any, error) {
	body, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var out map[string]any
	err = dec.Decode(&out)
	return out, err
}

// get finds a dotted name; ok is false when it is not there.
func get(doc map[string]any, name string) (v any, ok bool) {
	group, rest, nested := strings.Cut(name, ".")
	v, ok = doc[group]
	if !nested || !ok {
		return v, ok
	}
	inner, isGroup := v.(map[string]any)
	if !isGroup {
		return nil, v == nil // a group set to null sets all in it to null
	}
	return get(inner, rest)
}

// notGroup gives the group on the way to a dotted name that is something else
// than an object or null; "" when there is none.
func notGroup(doc map[string]any, name string) string {
	for i, c := range name {
		if c != '.' {
			continue
		}
		if v, ok := get(doc, name[:i]); ok && v != nil {
			if _, isGroup := v.(map[string]any); !isGroup {
				return name[:i]
			}
		}
	}
	return ""
}

// put sets a dotted name, making the groups on the way.
func put(doc map[string]any, name string, v any) {
	group, rest, nested := strings.Cut(name, ".")
	if !nested {
		doc[group] = v
		return
	}
	inner, ok := doc[group].(map[string]any)
	if !ok {
		inner = map[string]any{}
		doc[group] = inner
	}
	put(inner, rest, v)
}
