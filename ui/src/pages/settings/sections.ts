// What can be set, by sections. The pages are drawn from this table.
import {
  IconBook2, IconBuildingStore, IconClock, IconCreditCard, IconFileText, IconKey, IconMail, IconPalette, IconScale, type Icon,
} from '@tabler/icons-react';

interface Base {
  path: string;
  label: string;
  help?: string;
}

export type Field = Base &
  (
    | { kind: 'text' | 'url' | 'email' | 'textarea'; placeholder?: string; max?: number }
    | { kind: 'select'; options: readonly { value: string; label: string }[] }
    | { kind: 'currency' | 'timezone' | 'locale' | 'currencies' | 'color' | 'switch' | 'duration' }
    | { kind: 'secret'; makes?: boolean }
    | { kind: 'number'; min: number; max: number; unit?: string; placeholder?: string; optional?: boolean }
  );

export interface FieldGroup {
  title: string;
  lead?: string;
  fields: readonly Field[];
}

export interface SectionEntry {
  key: string;
  label: string;
  icon: Icon;
  groups: readonly FieldGroup[];
}

const positions = ['bottom-center', 'bottom-left', 'bottom-right', 'top-center', 'top-left', 'top-right', 'diagonal'];

export const sections: readonly SectionEntry[] = [
  {
    key: 'shop', label: 'Shop', icon: IconBuildingStore,
    groups: [
      {
        title: 'Shop',
        fields: [
          { path: 'shop.name', label: 'Name', kind: 'text', max: 200, help: 'Stands on pages and in mails.' },
          { path: 'shop.currency', label: 'Currency', kind: 'currency', help: 'Of new products, and of the figures on Today.' },
          { path: 'shop.timezone', label: 'Time zone', kind: 'timezone', help: 'In which days begin and exact times are written.' },
          { path: 'shop.locale', label: 'Language', kind: 'locale', help: 'Of customers whose own is not known.' },
        ],
      },
      {
        title: 'Addresses',
        fields: [
          { path: 'shop.public_url', label: 'Own address of the shop', kind: 'url', placeholder: 'https://downloads.example.com', help: 'Begins the links in mails. It must lead to this server; empty uses the server’s own.' },
          { path: 'shop.support_url', label: 'Help page', kind: 'url', placeholder: 'https://example.com/help', help: 'Where customers are sent for help.' },
        ],
      },
    ],
  },
  {
    key: 'branding', label: 'Branding', icon: IconPalette,
    groups: [
      {
        title: 'Branding',
        lead: 'Of all that customers see: download pages, checkout, library and mails.',
        fields: [
          { path: 'shop.logo_url', label: 'Logo', kind: 'url', placeholder: 'https://example.com/logo.svg', help: 'Address of a picture, best with a clear ground and twice as wide as high.' },
          { path: 'shop.accent', label: 'Colour', kind: 'color', help: 'Of buttons and links. Empty uses Purvey’s blue.' },
          { path: 'pages.message', label: 'Line on every download page', kind: 'textarea', max: 500, placeholder: 'Thank you for supporting independent field recording.' },
        ],
      },
    ],
  },
  {
    key: 'sender', label: 'Sender', icon: IconMail,
    groups: [
      {
        title: 'Sender',
        lead: 'How the shop’s mails introduce themselves. The mail server and its address are the operator’s.',
        fields: [
          { path: 'mail.from_name', label: 'Name of the sender', kind: 'text', max: 200, help: 'Empty uses the shop’s name.' },
          { path: 'mail.reply_to', label: 'Replies go to', kind: 'email', placeholder: 'hello@example.com', help: 'Empty uses the sender’s address.' },
          { path: 'mail.support_address', label: 'Customers write for help to', kind: 'email', placeholder: 'support@example.com', help: 'Named on pages and in mails; empty uses the address for replies.' },
        ],
      },
    ],
  },
  { key: 'templates', label: 'Mail texts', icon: IconFileText, groups: [] },
  {
    key: 'gateways', label: 'Payments', icon: IconCreditCard,
    groups: [
      {
        title: 'Payments',
        lead: 'For purchases that are paid on a page of this server.',
        fields: [
          {
            path: 'gateways.live', label: 'Gateway', kind: 'select', help: 'Takes the money of live purchases.',
            options: [{ value: '', label: 'None' }, { value: 'stripe', label: 'Stripe' }, { value: 'mercadopago', label: 'Mercado Pago' }],
          },
          { path: 'gateways.sale_currencies', label: 'Currencies of sales', kind: 'currencies', help: 'A sale in another one is refused. Sales are purchases that stores of Publica.la begin here.' },
        ],
      },
      {
        title: 'Stripe',
        fields: [
          { path: 'gateways.stripe.secret_key', label: 'Secret key', kind: 'secret', help: 'sk_live_… under Developers → API keys.' },
          { path: 'gateways.stripe.webhook_secret', label: 'Signing secret of the webhook', kind: 'secret', help: 'whsec_…' },
          { path: 'gateways.stripe.api_base', label: 'Address of its API', kind: 'url', help: 'Empty uses Stripe’s own.' },
        ],
      },
      {
        title: 'Mercado Pago',
        fields: [
          { path: 'gateways.mercadopago.access_token', label: 'Access token', kind: 'secret' },
          { path: 'gateways.mercadopago.webhook_secret', label: 'Secret of the webhook', kind: 'secret' },
          { path: 'gateways.mercadopago.api_base', label: 'Address of its API', kind: 'url', help: 'Empty uses Mercado Pago’s own.' },
        ],
      },
    ],
  },
  {
    key: 'policies', label: 'Policies', icon: IconScale,
    groups: [
      {
        title: 'Delivery',
        lead: 'Goods go out once an order is paid.',
        fields: [
          { path: 'policies.hold_high_risk', label: 'Hold orders of high risk', kind: 'switch', help: 'Until you release them. Orders that are held already stay held until then, whatever this says.' },
        ],
      },
      {
        title: 'Bandwidth',
        lead: 'What may be sent in 30 days, in live mode. You are told by mail and on Today at 80 % and at 100 %.',
        fields: [
          { path: 'policies.bandwidth_gb', label: 'Budget', kind: 'number', min: 1, max: 10_000_000, unit: 'GB', optional: true, placeholder: 'None', help: 'Of 1,000,000,000 bytes each. Empty sets none.' },
          { path: 'policies.bandwidth_stop', label: 'Refuse new downloads when it is used up', kind: 'switch', help: 'Customers who have paid are turned away until less was sent. Downloads that have begun can be finished.' },
        ],
      },
      {
        title: 'Refunds',
        fields: [
          { path: 'policies.refund', label: 'A refunded unit', kind: 'select', options: [{ value: 'revoke', label: 'loses its files and keys' }, { value: 'keep', label: 'keeps them' }] },
          { path: 'policies.refunded_keys', label: 'Its licence keys', kind: 'select', options: [{ value: 'burn', label: 'are burnt: nobody gets them again' }, { value: 'return', label: 'go back to stock' }] },
        ],
      },
      {
        title: 'Stamping',
        lead: 'The marks on buyers’ PDFs. Products and links may have their own text.',
        fields: [
          { path: 'policies.stamp_text', label: 'Text', kind: 'text', max: 500, placeholder: 'Licensed to {name}, {email}, order {order}', help: 'May hold {name}, {email}, {order} and {date}.' },
          { path: 'policies.stamp_position', label: 'Place', kind: 'select', options: positions.map((p) => ({ value: p, label: p.replace('-', ', ').replace(/^./, (c) => c.toUpperCase()) })) },
          { path: 'policies.stamp_size', label: 'Size', kind: 'number', min: 4, max: 144, unit: 'points' },
          { path: 'policies.stamp_failure', label: 'A PDF that cannot be stamped', kind: 'select', options: [{ value: 'refuse', label: 'is withheld until you mend it' }, { value: 'serve', label: 'is served without a stamp' }] },
        ],
      },
      {
        title: 'Dialects',
        lead: 'For programs that speak another vendor’s API with this server.',
        fields: [
          { path: 'policies.strict_active', label: 'Continuata: only a product’s active version is handed out', kind: 'switch' },
          { path: 'policies.register_without_validation', label: 'HL Connect: register a purchase without validating it before', kind: 'switch' },
          { path: 'policies.id_or_email', label: 'Publica.la: users by id or address', kind: 'switch' },
          { path: 'policies.paginator_envelope', label: 'Publica.la: lists in the paginator’s envelope', kind: 'switch' },
        ],
      },
    ],
  },
  {
    key: 'keys', label: 'Licence keys', icon: IconKey,
    groups: [
      {
        title: 'Licence keys',
        fields: [{ path: 'license_keys.low_stock', label: 'Warn when so many free keys of a tag are left', kind: 'number', min: 0, max: 1_000_000, unit: 'keys', help: 'On Today, and by the event license_key.stock_low.' }],
      },
    ],
  },
  {
    key: 'lifetimes', label: 'Lifetimes', icon: IconClock,
    groups: [
      {
        title: 'Lifetimes',
        lead: 'How long what is handed out works.',
        fields: [
          { path: 'lifetimes.access_url', label: 'Download address', kind: 'duration', help: 'The signed address of bytes behind a download button.' },
          { path: 'lifetimes.mint', label: 'Minted download', kind: 'duration', help: 'Addresses made by a call, and test downloads.' },
          { path: 'lifetimes.validation_token', label: 'Validation token', kind: 'duration', help: 'HL Connect: between validating a purchase and registering it.' },
          { path: 'lifetimes.checkout', label: 'Checkout page', kind: 'duration' },
          { path: 'lifetimes.pending_sale', label: 'Sale that waits for its payment', kind: 'duration' },
          { path: 'lifetimes.login_code', label: 'Sign-in code of customers', kind: 'duration' },
        ],
      },
    ],
  },
  {
    key: 'publicala', label: 'Publica.la', icon: IconBook2,
    groups: [
      {
        title: 'Publica.la',
        lead: 'For readers that come from a Publica.la platform.',
        fields: [
          { path: 'publicala.webhook_url', label: 'Webhook address', kind: 'url', help: 'Is told of orders in Publica.la’s shape.' },
          { path: 'publicala.webhook_key', label: 'Key of the webhook', kind: 'secret', makes: true, help: 'Signs what is sent; the receiver needs it to check.' },
          { path: 'publicala.external_auth_issuer', label: 'Issuer of sign-ons', kind: 'text', max: 2000 },
          { path: 'publicala.external_auth_key', label: 'Key of sign-ons', kind: 'secret', makes: true, help: '32 characters that the platform and this server share.' },
          { path: 'publicala.redirect_url', label: 'Address after sign-on', kind: 'url' },
          { path: 'publicala.logout_url', label: 'Address after sign-out', kind: 'url' },
        ],
      },
    ],
  },
];
