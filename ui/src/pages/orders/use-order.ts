// One order, all that belongs to it, and the changes that a person can make.
import { useMemo } from 'react';
import { useList, useRead, useReads, useWrite } from '@/api/hooks';
import type { Message } from '@/api/types/message';
import type { Order, TimelineEvent } from '@/api/types/order';
import type { Product } from '@/api/types/product';
import { orderPaths } from './facts';

// Somebody may be watching a customer download.
const every = 5_000;

export function useOrderRead(id: string) {
  return useRead<Order>(`/orders/${id}`, { include: ['product', 'downloads', 'rights'] }, { every, enabled: id !== '', title: 'Read the order' });
}

export function useOrder(id: string) {
  const order = useOrderRead(id);
  const timeline = useRead<TimelineEvent[]>(`/orders/${id}/timeline`, undefined, { every, title: 'Its timeline' });
  const mails = useList<Message>('/messages', { order_id: id, limit: 20 }, { every, title: 'Its mails' });
  const page = useRead<{ url: string }>(`/orders/${id}/page-url`, undefined, { title: "The buyer's page" });
  const { found } = useReads<Product>((order.data?.lines ?? []).map((l) => `/digital-products/${l.digital_product.id}`));
  const products = useMemo(() => new Map([...found.values()].map((p) => [p.id, p])), [found]);
  return { order, timeline, mails, page, products };
}

/** The remedies that need no question. */
export function useRemedies(order: Order) {
  const path = `/orders/${order.id}`;
  const refresh = orderPaths;
  const resend = useWrite<undefined, Order>(() => ({ method: 'POST', path: `${path}/resend-email`, body: {}, title: 'Send the mail again' }), {
    done: () => `Mail sent again to ${order.customer.email ?? 'the customer'}`,
    refresh,
    sample: undefined,
  });
  const access = useWrite<'enabled' | 'disabled', Order>((to) => ({ method: 'POST', path: `${path}/access`, body: { access: to }, title: to === 'disabled' ? 'Switch access off' : 'Switch access on' }), {
    done: (_, to) => (to === 'disabled' ? `Access to ${order.name} is off` : `Access to ${order.name} is on`),
    undo: (_, to) => ({ method: 'POST', path: `${path}/access`, body: { access: to === 'disabled' ? 'enabled' : 'disabled' } }),
    refresh,
    sample: order.dl_access === 'disabled' ? 'enabled' : 'disabled',
  });
  const change = useWrite<{ financial_status?: string; risk_level?: string; words: string }, Order>(
    ({ words, ...body }) => ({ method: 'PATCH', path, body, title: words }),
    { done: (_, v) => v.words, refresh },
  );
  const resetLine = useWrite<string, Order>((line_id) => ({ method: 'POST', path: `${path}/reset-downloads`, body: { line_id }, title: 'Count downloads from zero' }), {
    done: 'The limit counts from zero again',
    refresh,
    sample: order.lines[0]?.id ?? '',
  });
  const retryLine = useWrite<string, Order>((line) => ({ method: 'POST', path: `${path}/lines/${line}/retry`, title: 'Retry the line' }), { done: 'Tried again', refresh });
  const stockKeys = useWrite<string, Order>((line) => ({ method: 'POST', path: `${path}/lines/${line}/keys`, body: {}, title: 'Assign keys from stock' }), { done: 'Keys assigned from stock', refresh });
  return { resend, access, change, resetLine, retryLine, stockKeys };
}

export type Remedies = ReturnType<typeof useRemedies>;
