import { IconBrandStripe, IconBrandWordpress, IconLeaf, IconShoppingBag, IconShoppingCart, IconShoppingCartCode, type Icon } from '@tabler/icons-react';
import type { StoreKind } from '@/api/types/settings';

/** One way to prove that an event is the store's own: it signs with a secret, or has a token in its address. */
export interface Proof {
  field: 'secret' | 'url_token';
  /** Where a store has several: which this is. */
  title?: string;
  label: string;
  /** How it is set up there, after the address. */
  steps: readonly string[];
  help: string;
  /** The merchant chooses it; the others' is the store's. */
  makes?: boolean;
}

export interface Store {
  kind: StoreKind;
  name: string;
  icon: Icon;
  lead: string;
  proofs: readonly [Proof, ...Proof[]];
  keys: string;
}

/** What can send us orders. */
export const stores: readonly Store[] = [
  {
    kind: 'shopify', name: 'Shopify', icon: IconShoppingBag, lead: 'Orders, refunds and disputes of a Shopify store.',
    proofs: [
      {
        field: 'secret', label: 'Secret of Shopify',
        steps: [
          'In Shopify open Settings → Notifications → Webhooks.',
          'Create a webhook to the address above, format JSON, for each of: order creation, order payment, order update, order cancellation, refund create; of an app also disputes/create and disputes/update.',
          'Copy the signing secret that stands below the list of webhooks, and keep it here.',
        ],
        help: 'Stands under Notifications → Webhooks; of an app it is the client secret.',
      },
    ],
    keys: 'SKU, variant id or product id',
  },
  {
    kind: 'woocommerce', name: 'WooCommerce', icon: IconBrandWordpress, lead: 'Orders and refunds of a WooCommerce shop.',
    proofs: [
      {
        field: 'secret', label: 'Secret of WooCommerce',
        steps: [
          'In WordPress open WooCommerce → Settings → Advanced → Webhooks.',
          'Add two webhooks to the address above, with the topics Order created and Order updated, status Active.',
          'Give both the same secret, and keep it here.',
        ],
        help: 'The text that you gave both webhooks as their secret.', makes: true,
      },
    ],
    keys: 'SKU, variation id or product id',
  },
  {
    kind: 'stripe', name: 'Stripe', icon: IconBrandStripe, lead: 'Payments by Checkout, payment links and invoices.',
    proofs: [
      {
        field: 'secret', label: 'Secret of Stripe',
        steps: [
          'In Stripe open Developers → Webhooks and add an endpoint with the address above.',
          'Choose checkout.session.completed, checkout.session.async_payment_succeeded, payment_intent.succeeded, invoice.payment_succeeded, charge.refunded, charge.dispute.created and charge.dispute.closed.',
          'Reveal the signing secret (whsec_…) and keep it here.',
        ],
        help: 'The endpoint’s signing secret, whsec_…',
      },
    ],
    keys: 'price id, lookup key, product id, payment link, or metadata sku',
  },
  {
    kind: 'fastspring', name: 'FastSpring', icon: IconLeaf, lead: 'Orders, charges and returns, of both platforms.',
    proofs: [
      {
        field: 'secret', title: 'Contextual, the present platform', label: 'Secret of FastSpring',
        steps: [
          'In FastSpring open Developer Tools → Webhooks → Configuration and add a webhook, for live and test orders. Test orders come into the sandbox by themselves.',
          'Add a URL to it: the address above. Put a secret into HMAC SHA256 Secret, and keep the same here.',
          'Choose order.completed and return.created; for subscriptions switch on webhook expansion and choose subscription.charge.completed, too.',
        ],
        help: 'The text that stands in HMAC SHA256 Secret.', makes: true,
      },
      {
        field: 'url_token', title: 'Classic', label: 'Token of FastSpring Classic',
        steps: [
          'Make a token here. The address with the token is shown until it is saved: copy it.',
          'In SpringBoard open Notify and add Order Notification, Format HTTP, Content Type XML, to that address. FastSpring’s own example of the XML fits.',
          'Save the token here. A new one ends the old address at once.',
        ],
        help: 'Classic signs nothing: who knows the address may send. Keep it to yourself.', makes: true,
      },
    ],
    keys: 'product path, or what the notification’s product says; else SKU',
  },
  {
    kind: 'vibracartpro', name: 'VibraCart Pro', icon: IconShoppingCart, lead: 'Orders of a VibraCart Pro cart.',
    proofs: [
      {
        field: 'url_token', label: 'Token of VibraCart Pro',
        steps: [
          'Make a token here. The address with the token is shown until it is saved: copy it.',
          'In the control panel of VibraCart Pro open Tools → Configuration and paste it into “Call webhook on each order”.',
          'Save the token here. A new one ends the old address at once.',
        ],
        help: 'VibraCart Pro signs nothing: who knows the address may send. Keep it to yourself.', makes: true,
      },
    ],
    keys: 'Item ID',
  },
  {
    kind: 'signed', name: 'Your own storefront', icon: IconShoppingCartCode, lead: 'Any program that signs what it sends.',
    proofs: [
      {
        field: 'secret', label: 'Secret of Your own storefront',
        steps: [
          'POST the body of the native call POST /orders to the address above.',
          'Put the lower-case hex of HMAC-SHA256 over the raw body, by a secret of your choice, into the header X-Continuata-Signature.',
          'Send it again with another financial_status to tell a later payment or refund; bodies with one external_reference speak of one purchase.',
        ],
        help: 'Any long random text that both sides know.', makes: true,
      },
    ],
    keys: 'digital_product_id: an id, a slug or a mapping’s key',
  },
];

export function storeName(kind: string): string {
  return stores.find((s) => s.kind === kind)?.name ?? kind;
}
