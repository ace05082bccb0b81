/** A secret that is never shown again. */
export interface SecretState {
  set: boolean;
  last4: string | null;
}

export type StoreKind = 'shopify' | 'woocommerce' | 'stripe' | 'fastspring' | 'vibracartpro' | 'signed';

export interface Settings {
  shop: { name: string; currency: string; timezone: string; locale: string; logo_url: string; accent: string; public_url: string; support_url?: string };
  mail?: { from_name: string; reply_to: string; support_address: string };
  pages?: { message: string };
  /** Seconds. */
  lifetimes: { validation_token: number; access_url: number; mint: number; checkout: number; login_code: number; pending_sale: number };
  policies: {
    refund: 'revoke' | 'keep';
    refunded_keys: 'burn' | 'return';
    stamp_failure: 'refuse' | 'serve';
    stamp_text: string;
    stamp_position: string;
    stamp_size: number;
    strict_active: boolean;
    register_without_validation: boolean;
    id_or_email: boolean;
    paginator_envelope: boolean;
    hold_high_risk: boolean;
    /** Units of 10^9 bytes in 30 days. */
    bandwidth_gb: number | null;
    bandwidth_stop: boolean;
  };
  license_keys: { low_stock: number };
  connectors: Record<Exclude<StoreKind, 'fastspring' | 'vibracartpro'>, { secret: SecretState }> & {
    fastspring: { secret: SecretState; url_token: SecretState };
    vibracartpro: { url_token: SecretState };
  };
  gateways: {
    sale_currencies: string[];
    live: '' | 'stripe' | 'mercadopago';
    stripe: { api_base: string; secret_key: SecretState; webhook_secret: SecretState };
    mercadopago: { api_base: string; access_token: SecretState; webhook_secret: SecretState };
  };
  publicala: { webhook_url: string; external_auth_issuer: string; redirect_url: string; logout_url: string; webhook_key: SecretState; external_auth_key: SecretState };
}

/** What PATCH /settings takes: only the keys that change; null is the default again. */
export type Patch<T> = { [K in keyof T]?: T[K] extends SecretState ? string | null : T[K] extends readonly unknown[] ? T[K] | null : T[K] extends object ? Patch<T[K]> : T[K] | null };
export type SettingsPatch = Patch<Settings>;
