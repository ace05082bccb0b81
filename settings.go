package purvey

// Settings are a shop's own choices, one set for both modes. The JSON names
// are the keys of the native call GET /settings. Secret values never appear
// here: they are kept sealed beside it.
type Settings struct {
	Shop struct {
		Name      string `json:"name"`
		Currency  string `json:"currency"`
		Timezone  string `json:"timezone"`
		Locale    string `json:"locale"`
		LogoURL   string `json:"logo_url"`
		Accent    string `json:"accent"`
		PublicURL string `json:"public_url"`

		SupportURL string `json:"support_url"` // where customers are helped; "" nowhere
	} `json:"shop"`
	Mail struct {
		FromName       string `json:"from_name"`       // "" the shop's name
		ReplyTo        string `json:"reply_to"`        // "" the sender's address
		SupportAddress string `json:"support_address"` // whom customers may write to; "" ReplyTo
	} `json:"mail"`
	Pages struct {
		Message string `json:"message"` // a line on every download page, or ""
	} `json:"pages"`
	Lifetimes struct { // seconds, each from 1 up
		ValidationToken int `json:"validation_token"`
		AccessURL       int `json:"access_url"`
		Mint            int `json:"mint"`
		Checkout        int `json:"checkout"`
		LoginCode       int `json:"login_code"`
		PendingSale     int `json:"pending_sale"`
	} `json:"lifetimes"`
	Policies struct {
		Refund                    string `json:"refund"`         // revoke | keep
		RefundedKeys              string `json:"refunded_keys"`  // burn | return
		StampFailure              string `json:"stamp_failure"`  // refuse | serve
		StampText                 string `json:"stamp_text"`     // default text of share links
		StampPosition             string `json:"stamp_position"` // bottom-center, …
		StampSize                 int    `json:"stamp_size"`     // points
		StrictActive              bool   `json:"strict_active"`
		RegisterWithoutValidation bool   `json:"register_without_validation"`
		IDOrEmail                 bool   `json:"id_or_email"`
		PaginatorEnvelope         bool   `json:"paginator_envelope"`
		HoldHighRisk              bool   `json:"hold_high_risk"` // goods of a HIGH order wait for a person
		BandwidthGB               *int   `json:"bandwidth_gb"`   // budget of BandwidthWindow, in 10^9 bytes; nil: none
		BandwidthStop             bool   `json:"bandwidth_stop"` // no new copies once it is spent
	} `json:"policies"`
	LicenseKeys struct {
		LowStock int `json:"low_stock"`
	} `json:"license_keys"`
	Gateways struct {
		SaleCurrencies []string `json:"sale_currencies"`
		Live           string   `json:"live"` // "", stripe or mercadopago
		Stripe         struct {
			APIBase string `json:"api_base"` // "" the vendor's own
		} `json:"stripe"`
		Mercadopago struct {
			APIBase string `json:"api_base"`
		} `json:"mercadopago"`
	} `json:"gateways"`
	Publicala struct {
		WebhookURL         string `json:"webhook_url"`
		ExternalAuthIssuer string `json:"external_auth_issuer"`
		RedirectURL        string `json:"redirect_url"`
		LogoutURL          string `json:"logout_url"`
	} `json:"publicala"`
}

// DefaultSettings are those of a new shop with the given slug.
func DefaultSettings(slug string) Settings {
	var s Settings
	s.Shop.Name, s.Shop.Currency, s.Shop.Timezone, s.Shop.Locale = slug, "USD", "UTC", "en"
	s.Lifetimes.ValidationToken = 900
	s.Lifetimes.AccessURL = 1800
	s.Lifetimes.Mint = 86400
	s.Lifetimes.Checkout = 3600
	s.Lifetimes.LoginCode = 600
	s.Lifetimes.PendingSale = 86400
	s.Policies.Refund = "revoke"
	s.Policies.RefundedKeys = "burn"
	s.Policies.StampFailure = "refuse"
	s.Policies.StampPosition = "bottom-center"
	s.Policies.StampSize = 8
	s.Policies.HoldHighRisk = true
	s.LicenseKeys.LowStock = 5
	s.Gateways.SaleCurrencies = []string{"ARS"}
	return s
}

// Support is the address that customers are told to write to, or "".
func (s Settings) Support() string {
	if s.Mail.SupportAddress != "" {
		return s.Mail.SupportAddress
	}
	return s.Mail.ReplyTo
}
