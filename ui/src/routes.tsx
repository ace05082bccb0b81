// Every address of the back office. A page is a file of its own, loaded when
// it is needed, with the page as its default export.
import type { ComponentType } from 'react';
import { createBrowserRouter, type RouteObject } from 'react-router';
import { Shell } from './shell/shell';
import { Broken } from './shell/broken';
import { Loading } from './shell/loading';
import { Outside } from './shell/outside';

type Module = { default: ComponentType };

function page(path: string | undefined, load: () => Promise<Module>): RouteObject {
  const lazy = async () => ({ Component: (await load()).default });
  return path === undefined ? { index: true, lazy } : { path, lazy };
}

const inside: RouteObject[] = [
  page(undefined, () => import('./pages/today/page')),
  page('orders', () => import('./pages/orders/list')),
  page('orders/new', () => import('./pages/orders/new')),
  page('orders/:id', () => import('./pages/orders/order')),
  page('fulfilment', () => import('./pages/fulfilment/page')),
  page('requests', () => import('./pages/requests/list')),
  page('customers', () => import('./pages/customers/list')),
  page('customers/:id', () => import('./pages/customers/customer')),
  page('mail', () => import('./pages/mail/list')),
  page('mail/:id', () => import('./pages/mail/message')),
  page('products', () => import('./pages/products/list')),
  page('products/new', () => import('./pages/products/new')),
  page('products/:id', () => import('./pages/products/product')),
  page('files', () => import('./pages/files/list')),
  page('keys', () => import('./pages/keys/list')),
  page('links', () => import('./pages/links/list')),
  page('assign', () => import('./pages/assign/page')),
  page('reports', () => import('./pages/reports/page')),
  page('webhooks', () => import('./pages/webhooks/list')),
  page('webhooks/deliveries', () => import('./pages/webhooks/deliveries')),
  page('webhooks/:id', () => import('./pages/webhooks/endpoint')),
  page('connectors', () => import('./pages/connectors/page')),
  page('tokens', () => import('./pages/tokens/list')),
  page('settings/:section?', () => import('./pages/settings/page')),
  page('audit', () => import('./pages/audit/list')),
  page('members', () => import('./pages/members/list')),
  page('account', () => import('./pages/account/page')),
  page('*', () => import('./pages/not-found')),
];

export const router = createBrowserRouter(
  [
    {
      element: <Outside />,
      errorElement: <Broken />,
      hydrateFallbackElement: <Loading />,
      children: [
        page('sign-in', () => import('./pages/sign-in/page')),
        page('reset', () => import('./pages/reset/page')),
        page('invitation/:token', () => import('./pages/invitation/page')),
      ],
    },
    {
      path: '/', element: <Shell />, errorElement: <Broken />, hydrateFallbackElement: <Loading />,
      // What falls over inside leaves the navigation where it is.
      children: [{ errorElement: <Broken inside />, children: inside }],
    },
  ],
  { basename: '/admin' },
);
