// What stores sent, with what could not be matched.
import { IconInbox } from '@tabler/icons-react';
import { useSearchParams } from 'react-router';
import { useList } from '@/api/hooks';
import type { StoreEvent } from '@/api/types/store-event';
import { DataTable, EmptyState, FilterBar, ServerState, useFilters, When, type Column } from '@/parts';
import { EventDrawer } from './event-drawer';
import { storeName, stores } from './stores';

const columns: Column<StoreEvent>[] = [
  { key: 'topic', title: 'Event', cell: (e) => <span className="mono">{e.topic ?? 'event'}</span> },
  { key: 'store', title: 'Store', cell: (e) => storeName(e.source) },
  { key: 'state', title: 'State', cell: (e) => <ServerState value={e.state} />, card: 'aside' },
  { key: 'what', title: 'Note', cell: (e) => note(e) },
  { key: 'at', title: 'Came', cell: (e) => <When at={e.created_at} /> },
];

function note(e: StoreEvent): string {
  if (e.error) return e.error;
  if (e.unmapped.length > 0) return `no product for ${e.unmapped.map((u) => u.name || u.external_keys[0] || 'an article').join(', ')}`;
  return e.order_id ? 'became an order' : '';
}

export function Events() {
  const filters = useFilters({ state: '', source: '' });
  const [params, setParams] = useSearchParams();
  const list = useList<StoreEvent>('/store-events', filters.values, { title: 'List store events', every: 10_000 });
  const show = (id: string | null) =>
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        next.set('tab', 'events');
        if (id === null) next.delete('event');
        else next.set('event', id);
        return next;
      },
      { replace: true, preventScrollReset: true },
    );
  return (
    <>
      <FilterBar
        filters={filters}
        fields={[
          {
            key: 'state', label: 'State', kind: 'select', placeholder: 'Any state',
            options: [{ value: 'unmapped', label: 'Unmapped' }, { value: 'failed', label: 'Failed' }, { value: 'received', label: 'Received' }, { value: 'done', label: 'Done' }],
          },
          { key: 'source', label: 'Store', kind: 'select', placeholder: 'Any store', options: stores.map((s) => ({ value: s.kind, label: s.name })) },
        ]}
      />
      <DataTable
        label="Store events"
        columns={columns}
        list={list}
        rowKey={(e) => e.id}
        onRow={(e) => show(e.id)}
        empty={
          <EmptyState icon={IconInbox} title={filters.any ? 'Nothing matches' : 'Nothing came in yet'}>
            {filters.any ? 'Take a filter away to see more.' : 'When a store is set up, each of its events stands here: what became of it, and what it was that we could not match.'}
          </EmptyState>
        }
      />
      <EventDrawer id={params.get('event')} close={() => show(null)} />
    </>
  );
}
