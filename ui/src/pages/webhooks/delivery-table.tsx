import { SegmentedControl } from '@mantine/core';
import { IconSend } from '@tabler/icons-react';
import { Fragment } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { useList } from '@/api/hooks';
import type { WebhookDelivery } from '@/api/types/webhook';
import { DataTable, EmptyState, Section, useFilters, When, type Column } from '@/parts';
import { DeliveryDrawer } from './delivery-drawer';
import { DeliveryState, lastAnswer } from './state';

interface Props {
  title: string;
  path: string;
  withEndpoint: boolean;
  query?: Record<string, string>;
}

/** Broken where its words end, when it must be. */
function EventType({ type }: { type: string }) {
  const parts = type.split(/(?<=[._])/);
  return (
    <code>
      {parts.map((part, i) => (
        <Fragment key={i}>
          {part}
          <wbr />
        </Fragment>
      ))}
    </code>
  );
}

/** Deliveries, each of which opens with its request and its answers. */
export function DeliveryTable({ title, path, withEndpoint, query }: Props) {
  const filters = useFilters({ state: '' });
  const list = useList<WebhookDelivery>(path, { ...query, state: filters.values.state }, { title: 'List deliveries', every: 5000 });
  const [params] = useSearchParams();
  const go = useNavigate();
  const show = (id: string | null) => {
    const next = new URLSearchParams(params);
    if (id === null) next.delete('delivery');
    else next.set('delivery', id);
    void go({ search: next.toString() }, { replace: true, preventScrollReset: true });
  };
  const columns: Column<WebhookDelivery>[] = [
    { key: 'type', title: 'Event', cell: (d) => <EventType type={d.event_type} /> },
    ...(withEndpoint ? [{ key: 'endpoint', title: 'Endpoint', cell: (d: WebhookDelivery) => d.endpoint?.name ?? '' }] : []),
    { key: 'state', title: 'State', cell: (d) => <DeliveryState delivery={d} />, card: 'aside' },
    { key: 'answer', title: 'Last answer', cell: (d) => lastAnswer(d) },
    { key: 'tries', title: 'Tries', align: 'right', cell: (d) => d.attempts.length },
    { key: 'at', title: 'When', align: 'right', cell: (d) => <When at={d.created_at} /> },
  ];
  const states = (
    <SegmentedControl
      size="xs"
      aria-label="State"
      value={filters.values.state}
      onChange={(state) => filters.set({ state })}
      data={[
        { value: '', label: 'All' },
        { value: 'pending', label: 'Pending' },
        { value: 'delivered', label: 'Delivered' },
        { value: 'failed', label: 'Failed' },
      ]}
    />
  );
  return (
    <Section title={title} flush actions={states}>
      <DataTable
        label={title}
        columns={columns}
        list={list}
        rowKey={(d) => d.id}
        onRow={(d) => show(d.id)}
        empty={
          <EmptyState icon={IconSend} title={filters.any ? 'None in this state' : 'Nothing was sent yet'}>
            {filters.any ? 'Look at all of them instead.' : 'Send a test, or wait for the first event. Deliveries are kept for 30 days.'}
          </EmptyState>
        }
      />
      <DeliveryDrawer id={params.get('delivery')} close={() => show(null)} />
    </Section>
  );
}
