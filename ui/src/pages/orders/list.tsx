// Orders: filters in the address, an order beside the list.
import { Button, Stack, Text, VisuallyHidden } from '@mantine/core';
import { IconDownload, IconKey, IconPlus, IconReceipt2 } from '@tabler/icons-react';
import { useCallback, useMemo } from 'react';
import { Link, useSearchParams } from 'react-router';
import { browserUrl, type Query } from '@/api/client';
import { useList } from '@/api/hooks';
import { useIsAdmin } from '@/api/session';
import { useScope } from '@/api/scope';
import type { Order } from '@/api/types/order';
import { DataTable, EmptyState, FilterBar, Hint, Money, PageHeader, ProductPicker, When, plural, useFilters, words, type Column, type FilterField } from '@/parts';
import { useZone } from '@/shell/zone';
import { dayAfter, dayStart } from '../today/days';
import { OrderDrawer } from './drawer';
import { customerName } from './facts';
import { OrderStates } from './states';
import classes from './order.module.css';

const option = (value: string, label = words(value)) => ({ value, label });

const fields: readonly FilterField<keyof typeof none>[] = [
  { key: 'search', label: 'Search orders', kind: 'search', placeholder: 'Number, name, e-mail or reference' },
  {
    key: 'financial_status', label: 'Payment', kind: 'select', placeholder: 'Any payment',
    options: ['PAID', 'PENDING', 'AUTHORIZED', 'PARTIALLY_PAID', 'PARTIALLY_REFUNDED', 'REFUNDED', 'VOIDED', 'EXPIRED'].map((s) => option(s)),
  },
  {
    key: 'line_status', label: 'Delivery', kind: 'select', placeholder: 'Any delivery',
    options: [option('active', 'Given out'), option('processing', 'Waiting'), option('failed'), option('paused'), option('unpaid'), option('canceled'), option('refunded', 'Given back')],
  },
  { key: 'dl_access', label: 'Access', kind: 'select', placeholder: 'Any access', options: [option('enabled', 'Access on'), option('disabled', 'Access off')] },
  {
    key: 'source', label: 'Source', kind: 'select', placeholder: 'Any source',
    options: [option('native', 'Back office and API'), option('shopify'), option('woocommerce', 'WooCommerce'), option('stripe'), option('fastspring', 'FastSpring'), option('vibracartpro', 'VibraCart Pro'), option('hlconnect', 'HLConnect'), option('continuata'), option('publicala', 'Publica.la'), option('import')],
  },
  { key: 'from', label: 'Placed from', kind: 'date', placeholder: 'From' },
  { key: 'to', label: 'Placed until', kind: 'date', placeholder: 'Until' },
];
const none = { search: '', financial_status: '', line_status: '', dl_access: '', source: '', digital_product_id: '', from: '', to: '', sort: '' };

const columns: readonly Column<Order>[] = [
  { key: 'name', title: 'Order', cell: (o) => o.name, card: 'title', width: '6.5rem' },
  {
    key: 'customer', title: 'Customer', card: 'plain', width: '26%',
    cell: (o) => (
      <Stack gap={0} className={classes.give!}>
        <Text size="sm" lineClamp={1}>
          {customerName(o.customer) || o.customer.email || '–'}
        </Text>
        {customerName(o.customer) !== '' && (
          <Text size="xs" c="dimmed" lineClamp={1}>
            {o.customer.email}
          </Text>
        )}
      </Stack>
    ),
  },
  { key: 'products', title: 'Products', cell: (o) => <ProductNames order={o} />, card: 'plain', width: '28%' },
  { key: 'state', title: 'State', cell: (o) => <OrderStates order={o} />, card: 'plain' },
  { key: 'got', title: 'Fetched', cell: (o) => <Got order={o} />, card: 'hide', width: '5.5rem' },
  { key: 'total', title: 'Total', align: 'right', cell: (o) => <Money cents={o.total_cents} currency={o.currency} />, card: 'aside', width: '6rem' },
  { key: 'when', title: 'Placed', align: 'right', sort: 'created_at', cell: (o) => <Text span inherit className={classes.nowrap}><When at={o.created_at} /></Text>, card: 'plain' },
];

export default function Orders() {
  const filters = useFilters(none);
  const zone = useZone();
  const admin = useIsAdmin();
  const { mode } = useScope();
  const { values } = filters;
  const query = useMemo<Query>(
    () => {
      const { from, to, ...same } = values;
      return { ...same, created_after: from === '' ? '' : dayStart(from, zone), created_before: to === '' ? '' : dayStart(dayAfter(to), zone), include: ['counts'] };
    },
    [values, zone],
  );
  const { from, to, sort: _, ...same } = values;
  const exported: Query = { ...same, start: from, end: to }; // the rows that are seen, all of them
  const list = useList<Order>('/orders', query, { title: 'List orders' });
  const shown = useShown(list.rows);
  const create = (
    <Button component={Link} to="/orders/new" leftSection={<IconPlus size={16} aria-hidden />}>
      {mode === 'sandbox' ? 'Test order' : 'New order'}
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Orders"
        lead="Every sale, whichever way it came: what was paid, what was given out, and what the customer fetched."
        actions={
          <>
            {admin && (
              <Button component="a" href={browserUrl('/reports/orders.csv', exported)} download variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
                Export CSV
              </Button>
            )}
            {create}
          </>
        }
      />
      <FilterBar fields={fields} filters={filters}>
        <ProductPicker aria-label="Product" placeholder="Any product" value={values.digital_product_id === '' ? null : values.digital_product_id} onChange={(id) => filters.set({ digital_product_id: id ?? '' })} w={190} />
      </FilterBar>
      <DataTable
        label="Orders"
        columns={columns}
        list={list}
        rowKey={(o) => o.id}
        rowHref={shown.hrefOf}
        keepPlace
        sort={values.sort === '' ? '-created_at' : values.sort}
        onSort={(sort) => filters.set({ sort: sort === '-created_at' ? '' : sort })}
        empty={
          filters.any ? (
            <EmptyState icon={IconReceipt2} title="No order is like that" action={<Button variant="default" onClick={filters.clear}>Clear the filters</Button>}>
              The search finds numbers, names, addresses and references.
            </EmptyState>
          ) : (
            <EmptyState icon={IconReceipt2} title={mode === 'sandbox' ? 'No test order yet' : 'No order yet'} action={create}>
              Orders come from your stores, from the checkout and through the API. Make one by hand to see the whole way: the mail, the customer’s page, the download.
            </EmptyState>
          )
        }
      />
      <OrderDrawer id={shown.id} close={shown.close} before={shown.before} after={shown.after} go={shown.go} />
    </>
  );
}

/** The order that the address names beside the list. */
function useShown(rows: readonly Order[]) {
  const [params, setParams] = useSearchParams();
  const id = params.get('order') ?? '';
  const show = useCallback(
    (to: string) =>
      setParams(
        (old) => {
          const next = new URLSearchParams(old);
          if (to === '') next.delete('order');
          else next.set('order', to);
          return next;
        },
        { preventScrollReset: true, replace: true },
      ),
    [setParams],
  );
  const at = rows.findIndex((o) => o.id === id);
  const hrefOf = useCallback(
    (o: Order) => {
      const next = new URLSearchParams(params);
      next.set('order', o.id);
      return `?${next.toString()}`;
    },
    [params],
  );
  return { id, hrefOf, go: show, close: useCallback(() => show(''), [show]), before: at > 0 ? rows[at - 1]?.id : undefined, after: at >= 0 ? rows[at + 1]?.id : undefined };
}

function ProductNames({ order }: { order: Order }) {
  const [first, ...more] = order.lines;
  if (first === undefined) return null;
  const names = (
    <span className={classes.names}>
      <Text size="sm" span lineClamp={1}>
        {first.digital_product.name}
      </Text>
      {first.quantity > 1 && (
        <Text size="sm" span className={classes.nowrap!}>
          × {first.quantity}
        </Text>
      )}
      {more.length > 0 && (
        <Text size="sm" span c="dimmed" className={classes.nowrap!}>
          +{more.length}
          <span className="visually-hidden"> more</span>
        </Text>
      )}
    </span>
  );
  return more.length === 0 ? names : <Hint label={more.map((l) => l.digital_product.name).join(', ')}>{names}</Hint>;
}

function Got({ order }: { order: Order }) {
  const copies = order.lines.reduce((n, l) => n + (l.counted_downloads ?? 0), 0);
  const keys = order.lines.reduce((n, l) => n + l.license_keys.length, 0);
  if (copies === 0 && keys === 0) return <Text span size="sm" c="dimmed"><span aria-hidden>–</span><VisuallyHidden>nothing yet</VisuallyHidden></Text>;
  return (
    <Text span size="sm" className={classes.nowrap}>
      {copies > 0 && (
        <Hint label={plural(copies, 'download')}>
          <IconDownload size={13} aria-hidden /> {copies} <span className="visually-hidden">downloads</span>
        </Hint>
      )}{' '}
      {keys > 0 && (
        <Hint label={plural(keys, 'licence key')}>
          <IconKey size={13} aria-hidden /> {keys} <span className="visually-hidden">licence keys</span>
        </Hint>
      )}
    </Text>
  );
}
