import { IconShoppingBag, IconBrandStripe, IconBrandWordpress, IconShoppingCartCode, type Icon } from '@tabler/icons-react';
import type { StoreKind } from '@/api/types/settings';

export interface Store {
  kind: StoreKind;
  name: string;
  icon: Icon;
  lead: string;
  /** How it is set up there, after the address. */
  steps: readonly string[];
  secretHelp: string;
  /** The merchant chooses the secret; the others' is the store's. */
  makes?: boolean;
  keys: string;
}

/** What can send us orders. */
export const stores: readonly Store[] = [
  {
    kind: 'shopify', name: 'Shopify', icon: IconShoppingBag, lead: 'Orders, refunds and disputes of a Shopify store.',
    steps: [
      'In Shopify open Settings → Notifications → Webhooks.',
      'Create a webhook to the address above, format JSON, for each of: order creation, order payment, order update, order cancellation, refund create; of an app also disputes/create and disputes/update.',
      'Copy the signing secret that stands below the list of webhooks, and keep it here.',
    ],
    secretHelp: 'Stands under Notifications → Webhooks; of an app it is the client secret.',
    keys: 'SKU, variant id or product id',
  },
  {
    kind: 'woocommerce', name: 'WooCommerce', icon: IconBrandWordpress, lead: 'Orders and refunds of a WooCommerce shop.',
    steps: [
      'In WordPress open WooCommerce → Settings → Advanced → Webhooks.',
      'Add two webhooks to the address above, with the topics Order created and Order updated, status Active.',
      'Give both the same secret, and keep it here.',
    ],
    secretHelp: 'The text that you gave both webhooks as their secret.', makes: true,
    keys: 'SKU, variation id or product id',
  },
  {
    kind: 'stripe', name: 'Stripe', icon: IconBrandStripe, lead: 'Payments by Checkout, payment links and invoices.',
    steps: [
      'In Stripe open Developers → Webhooks and add an endpoint with the address above.',
      'Choose checkout.session.completed, checkout.session.async_payment_succeeded, payment_intent.succeeded, invoice.payment_succeeded, charge.refunded, charge.dispute.created and charge.dispute.closed.',
      'Reveal the signing secret (whsec_…) and keep it here.',
    ],
    secretHelp: 'The endpoint’s signing secret, whsec_…',
    keys: 'price id, lookup key, product id, payment link, or metadata sku',
  },
  {
    kind: 'signed', name: 'Your own storefront', icon: IconShoppingCartCode, lead: 'Any program that signs what it sends.',
    steps: [
      'POST the body of the native call POST /orders to the address above.',
      'Put the lower-case hex of HMAC-SHA256 over the raw body, by a secret of your choice, into the header X-Continuata-Signature.',
      'Send it again with another financial_status to tell a later payment or refund; bodies with one external_reference speak of one purchase.',
    ],
    secretHelp: 'Any long random text that both sides know.', makes: true,
    keys: 'digital_product_id: an id, a slug or a mapping’s key',
  },
];

export function storeName(kind: string): string {
  return stores.find((s) => s.kind === kind)?.name ?? kind;
}
