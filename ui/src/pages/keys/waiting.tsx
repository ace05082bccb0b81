// Who bought when the stock was empty.
import { IconCheck } from '@tabler/icons-react';
import { useList } from '@/api/hooks';
import type { WaitingLine } from '@/api/types/key';
import { count, DataTable, EmptyState, When, type Column } from '@/parts';

const columns: readonly Column<WaitingLine>[] = [
  { key: 'order', title: 'Order', cell: (w) => w.order.name },
  { key: 'customer', title: 'Customer', cell: (w) => w.customer_email ?? '' },
  { key: 'product', title: 'Product', cell: (w) => w.product.name },
  { key: 'tag', title: 'Tag', cell: (w) => w.tag || 'none' },
  { key: 'owed', title: 'Keys', align: 'right', cell: (w) => count(w.owed), card: 'aside' },
  { key: 'since', title: 'Since', cell: (w) => <When at={w.since} /> },
];

export function Waiting() {
  const list = useList<WaitingLine>('/license-keys/waiting', {}, { title: 'List who waits for keys' });
  return (
    <DataTable
      label="Orders that wait for keys"
      columns={columns}
      list={list}
      rowKey={(w) => w.line_id}
      rowHref={(w) => `/orders/${w.order.id}`}
      empty={
        <EmptyState icon={IconCheck} title="Nobody waits">
          When a stock runs out, its buyers stand here, the first first, until new keys come.
        </EmptyState>
      }
    />
  );
}
