// Fulfilment: the lines of orders that do not give their goods yet, why, and
// the means to have them tried again.
import { Anchor, Button, Stack, Text } from '@mantine/core';
import { IconChecks, IconRotate } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { useList, useWrite } from '@/api/hooks';
import { notifyDone, notifyFailed } from '@/api/notify';
import type { Order, OrderLine } from '@/api/types/order';
import { DataTable, EmptyState, FilterBar, PageHeader, plural, ServerState, useFilters, When, type Column } from '@/parts';
import { customerName, orderPaths, waitsFor } from '../orders/facts';

interface Row {
  order: Order;
  line: OrderLine;
}

const retryCall = (r: Row) => ({ method: 'POST' as const, path: `/orders/${r.order.id}/lines/${r.line.id}/retry`, title: 'Retry the line' });

function why({ order, line }: Row): string {
  const owed = line.rights?.keys_owed ?? 0;
  if (line.status === 'processing' && !order.is_held && owed > 0) return `Waits for ${plural(owed, 'licence key')}.`;
  return waitsFor(order, line, undefined) ?? '';
}

/** Where a person does what the line waits for; null when a new try is all there is. */
function remedy({ order, line }: Row): { to: string; label: string } | null {
  if (line.status === 'failed') return null;
  if (order.is_held) return { to: `/orders/${order.id}`, label: 'Look and release' };
  if (line.delivering_type === 'UNIQUE' && (line.files ?? []).length === 0) return { to: `/orders/${order.id}`, label: 'Assign files' };
  if ((line.rights?.keys_owed ?? 0) > 0) return { to: '/keys?new', label: 'Add keys' };
  return null;
}

export default function Fulfilment() {
  const filters = useFilters({ search: '', state: '', source: '' });
  const { search, state, source } = filters.values;
  const list = useList<Order>(
    '/orders',
    { search, source, line_status: state === '' ? ['processing', 'failed'] : [state], include: ['rights'] },
    { title: 'Orders that are being fulfilled', every: 15_000 },
  );
  const rows = useMemo(
    () => list.rows.flatMap((order) => order.lines.filter((l) => (state === '' ? l.status === 'processing' || l.status === 'failed' : l.status === state)).map((line): Row => ({ order, line }))),
    [list.rows, state],
  );
  const failed = rows.filter((r) => r.line.status === 'failed');
  const retry = useWrite<Row, Order>(retryCall, { done: (_, r) => `${r.line.digital_product.name} of ${r.order.name} is tried again`, refresh: orderPaths });
  const quiet = useWrite<Row, Order>(retryCall, { quiet: true });
  const again = useRetryAll(failed, (r) => quiet.runAsync(r), list.retry);
  const columns: readonly Column<Row>[] = [
    {
      key: 'order', title: 'Order', card: 'title',
      cell: ({ order }) => (
        <Stack gap={0}>
          <Anchor component={Link} to={`/orders/${order.id}`} size="sm" fw={560}>
            {order.name}
          </Anchor>
          {order.external_reference && (
            <Text size="xs" c="dimmed" className="mono">
              {order.external_reference}
            </Text>
          )}
        </Stack>
      ),
    },
    { key: 'customer', title: 'Customer', cell: ({ order }) => customerName(order.customer) || order.customer.email || '–', card: 'plain' },
    {
      key: 'product', title: 'Product', card: 'plain',
      cell: ({ line }) => (
        <>
          {line.digital_product.name}
          {line.quantity > 1 && ` × ${line.quantity}`}
        </>
      ),
    },
    { key: 'state', title: 'State', cell: ({ line }) => <ServerState value={line.status} />, card: 'aside' },
    { key: 'why', title: 'Why', cell: (r) => <Text span size="sm">{why(r)}</Text>, card: 'plain' },
    { key: 'since', title: 'Placed', align: 'right', cell: ({ order }) => <When at={order.created_at} />, card: 'plain' },
    {
      key: 'retry', title: '', align: 'right',
      cell: (r) => {
        const of = `${r.line.digital_product.name} of ${r.order.name}`;
        const at = remedy(r);
        // What waits for somebody is not helped by another try.
        if (at !== null) {
          return (
            <Button component={Link} to={at.to} size="compact-sm" variant="default" aria-label={`${at.label}: ${of}`}>
              {at.label}
            </Button>
          );
        }
        return (
          <Button size="compact-sm" variant={r.line.status === 'failed' ? 'default' : 'subtle'} onClick={() => retry.run(r)} aria-label={`Retry ${of}`}>
            Retry
          </Button>
        );
      },
    },
  ];
  return (
    <>
      <PageHeader
        title="Fulfilment"
        lead="Paid lines that do not give their goods yet: being made ready, held, waiting for files or keys, or failed."
        actions={
          <Button leftSection={<IconRotate size={16} aria-hidden />} disabled={failed.length === 0} loading={again.busy} onClick={again.run}>
            {failed.length === 0 ? 'Retry all failed' : `Retry ${plural(failed.length, 'failed line')}`}
          </Button>
        }
      />
      <FilterBar
        filters={filters}
        fields={[
          { key: 'search', label: 'Search', kind: 'search', placeholder: 'Number, reference, name or e-mail' },
          { key: 'state', label: 'State', kind: 'select', placeholder: 'Any state', options: [{ value: 'processing', label: 'Processing' }, { value: 'failed', label: 'Failed' }] },
          {
            key: 'source', label: 'Source', kind: 'select', placeholder: 'Any source',
            options: [{ value: 'native', label: 'Back office and API' }, { value: 'hlconnect', label: 'HL Connect' }, { value: 'publicala', label: 'Publica.la' }, { value: 'shopify', label: 'Shopify' }, { value: 'woocommerce', label: 'WooCommerce' }, { value: 'stripe', label: 'Stripe' }, { value: 'fastspring', label: 'FastSpring' }, { value: 'vibracartpro', label: 'VibraCart Pro' }],
          },
        ]}
      />
      <DataTable
        label="Lines to fulfil"
        columns={columns}
        list={{ ...list, rows }}
        rowKey={(r) => r.line.id}
        empty={
          <EmptyState icon={IconChecks} title={filters.any ? 'Nothing matches' : 'Everything is given out'}>
            {filters.any ? 'Take a filter away to see more.' : 'A line stands here from its payment until its goods can be had, and when that fails.'}
          </EmptyState>
        }
      />
    </>
  );
}

/** Tries lines again, one after the other; those that are refused are told together. */
function useRetryAll(rows: readonly Row[], retry: (r: Row) => Promise<unknown>, reload: () => void) {
  const [busy, setBusy] = useState(false);
  const run = () => {
    setBusy(true);
    void (async () => {
      let done = 0;
      let refused = '';
      for (const r of rows) {
        try {
          await retry(r);
          done++;
        } catch (e) {
          refused ||= `${r.order.name}: ${e instanceof Error ? e.message : 'refused'}`;
        }
      }
      if (done > 0) notifyDone(`${plural(done, 'line')} tried again`);
      if (refused !== '') notifyFailed(`Not all were tried again. ${refused}`);
      setBusy(false);
      reload();
    })();
  };
  return { busy, run };
}
