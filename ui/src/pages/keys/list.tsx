// Licence keys: every key, the stock by tag, and who waits for one.
import { Box, Button, Tabs, Text } from '@mantine/core';
import { IconDownload, IconKey, IconPlus } from '@tabler/icons-react';
import { useSearchParams } from 'react-router';
import { browserUrl } from '@/api/client';
import { useList } from '@/api/hooks';
import { useIsAdmin } from '@/api/session';
import type { KeyTag, LicenseKey } from '@/api/types/key';
import { CopyButton, DataTable, EmptyState, FilterBar, PageHeader, StatePill, useFilters, useNewDialog, When, type Column } from '@/parts';
import { AddKeys } from './add-keys';
import { KeyDrawer } from './key-drawer';
import { Stock } from './stock';
import { Waiting } from './waiting';

const columns: readonly Column<LicenseKey>[] = [
  { key: 'key', title: 'Key', cell: (k) => <span className="mono">{k.key}</span> },
  { key: 'copy', title: '', cell: (k) => <CopyButton value={k.key} label={`Copy ${k.key}`} />, card: 'hide', width: '2.5rem' },
  { key: 'tag', title: 'Tag', cell: (k) => k.tag ?? <Text span inherit c="dimmed">none</Text> },
  { key: 'state', title: 'State', cell: (k) => (k.assigned ? <StatePill tone="blue">Assigned</StatePill> : <StatePill tone="green">Free</StatePill>), card: 'aside' },
  { key: 'order', title: 'Order', cell: (k) => k.order_name ?? '' },
  { key: 'added', title: 'Added', align: 'right', sort: 'created_at', cell: (k) => <When at={k.created_at} /> },
];

export default function Keys() {
  const [params, setParams] = useSearchParams();
  const dialog = useNewDialog();
  const tab = params.get('tab') ?? 'keys';
  const tag = params.get('tag') ?? '';
  const admin = useIsAdmin();
  const tags = useList<KeyTag>('/license-key-tags', {}, { title: 'Stock of keys by tag' });
  const waiting = tags.rows.reduce((n, t) => n + t.waiting, 0);
  return (
    <>
      <PageHeader
        title="Licence keys"
        lead="Keys are taken from the stock of a product's tag, the oldest first. Who buys when it is empty waits, and gets the key by mail as soon as new ones come."
        actions={
          <>
            {admin && (
              <Button component="a" href={browserUrl('/reports/license-keys.csv', tag === '' ? {} : { tag })} download variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
                Export CSV
              </Button>
            )}
            <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={dialog.open}>
              Add keys
            </Button>
          </>
        }
      />
      <Tabs value={tab} onChange={(t) => setParams(t === null || t === 'keys' ? {} : { tab: t }, { replace: true })} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="keys">Keys</Tabs.Tab>
          <Tabs.Tab value="stock">Stock</Tabs.Tab>
          <Tabs.Tab value="waiting" rightSection={waiting > 0 ? <Box my={-4}><StatePill tone="amber">{String(waiting)}</StatePill></Box> : undefined}>
            Waiting
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="keys">
          <All add={dialog.open} tags={tags.rows} loading={tags.loading} />
        </Tabs.Panel>
        <Tabs.Panel value="stock">
          <Stock list={tags} />
        </Tabs.Panel>
        <Tabs.Panel value="waiting">
          <Waiting />
        </Tabs.Panel>
      </Tabs>
      <AddKeys opened={dialog.opened} close={dialog.close} tags={tags.rows} />
    </>
  );
}

function All({ add, tags, loading }: { add: () => void; tags: readonly KeyTag[]; loading: boolean }) {
  const filters = useFilters({ q: '', tag: '', assigned: '', sort: '-created_at' });
  const [params, setParams] = useSearchParams();
  const list = useList<LicenseKey>('/license-keys', filters.values, { title: 'List licence keys' });
  const open = (id: string | null) =>
    setParams((old) => {
      const next = new URLSearchParams(old);
      if (id === null) next.delete('key');
      else next.set('key', id);
      return next;
    });
  const named = tags.flatMap((t) => (t.tag === '' ? [] : [{ value: t.tag, label: t.tag }]));
  return (
    <>
      <FilterBar
        fields={[
          { key: 'q', label: 'Search keys', kind: 'search', placeholder: 'Search by key or order' },
          ...(loading || named.length > 0 ? [{ key: 'tag' as const, label: 'Tag', kind: 'select' as const, options: named }] : []),
          {
            key: 'assigned',
            label: 'State',
            kind: 'select',
            options: [
              { value: 'false', label: 'Free' },
              { value: 'true', label: 'Assigned' },
            ],
          },
        ]}
        filters={filters}
      />
      <DataTable
        label="Licence keys"
        columns={columns}
        list={list}
        rowKey={(k) => k.id}
        onRow={(k) => open(k.id)}
        sort={filters.values.sort}
        onSort={(sort) => filters.set({ sort })}
        empty={
          filters.any ? (
            <EmptyState icon={IconKey} title="No key is like that">
              Search takes the beginning of a key, whole.
            </EmptyState>
          ) : (
            <EmptyState icon={IconKey} title="No licence keys yet" action={<Button onClick={add}>Add keys</Button>}>
              Paste the keys of your software, bring a CSV, or let Purvey make them. Each buyer of a product with their tag gets one.
            </EmptyState>
          )
        }
      />
      <KeyDrawer id={params.get('key')} close={() => open(null)} />
    </>
  );
}
