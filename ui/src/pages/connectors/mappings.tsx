// Which article of a store is which product.
import { Button, Select, TextInput } from '@mantine/core';
import { IconArrowsLeftRight, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useList, useWrite } from '@/api/hooks';
import type { Deleted } from '@/api/types/common';
import type { StoreKind } from '@/api/types/settings';
import type { Mapping } from '@/api/types/store-event';
import { DataTable, EmptyState, FilterBar, FormModal, ProductName, ProductPicker, useFilters, useNewDialog, When, type Column } from '@/parts';
import { storeName, stores } from './stores';

interface NewMapping {
  source: StoreKind;
  external_key: string;
  digital_product_id: string | null;
}

export function Mappings() {
  const filters = useFilters({ source: '' });
  const list = useList<Mapping>('/mappings', filters.values, { title: 'List mappings' });
  const dialog = useNewDialog();
  const remove = useWrite<Mapping, Deleted>((m) => ({ method: 'DELETE', path: `/mappings/${m.id}`, title: 'Delete a mapping' }), {
    done: 'Mapping deleted',
    undo: (_, m) => ({ method: 'POST', path: '/mappings', body: { source: m.source, external_key: m.external_key, digital_product_id: m.digital_product_id } }),
    refresh: ['/mappings'],
  });
  const columns: Column<Mapping>[] = [
    { key: 'key', title: 'Key in the store', cell: (m) => <span className="mono">{m.external_key}</span> },
    { key: 'store', title: 'Store', cell: (m) => storeName(m.source) },
    { key: 'product', title: 'Product', cell: (m) => <ProductName id={m.digital_product_id} /> },
    { key: 'at', title: 'Made', cell: (m) => <When at={m.created_at} /> },
    {
      key: 'delete', title: '', align: 'right',
      cell: (m) => (
        <Button size="compact-sm" variant="subtle" color="red" onClick={() => remove.run(m)} aria-label={`Delete the mapping of ${m.external_key}`}>
          Delete
        </Button>
      ),
    },
  ];
  const add = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={dialog.open}>
      New mapping
    </Button>
  );
  return (
    <>
      <div style={{ display: 'flex', justifyContent: 'space-between', flexWrap: 'wrap', gap: '0 1rem' }}>
        <FilterBar filters={filters} fields={[{ key: 'source', label: 'Store', kind: 'select', placeholder: 'Any store', options: stores.map((s) => ({ value: s.kind, label: s.name })) }]} />
        <div style={{ marginBottom: 16 }}>{add}</div>
      </div>
      <DataTable
        label="Mappings"
        columns={columns}
        list={list}
        rowKey={(m) => m.id}
        empty={
          <EmptyState icon={IconArrowsLeftRight} title={filters.any ? 'Nothing matches' : 'No mapping yet'}>
            {filters.any ? 'Take the filter away to see more.' : 'A mapping says that an article of a store, by its SKU or id, is a product here. An event that has an unknown article offers to make one.'}
          </EmptyState>
        }
      />
      {dialog.opened && <NewMappingModal close={dialog.close} />}
    </>
  );
}

function NewMappingModal({ close }: { close: () => void }) {
  const [v, setValues] = useState<NewMapping>({ source: 'shopify', external_key: '', digital_product_id: null });
  const create = useWrite<NewMapping, Mapping>((m) => ({ method: 'POST', path: '/mappings', body: { ...m, external_key: m.external_key.trim() }, title: 'Create a mapping' }), {
    done: 'Mapped',
    refresh: ['/mappings'],
    quiet: true,
    then: close,
  });
  const set = (change: Partial<NewMapping>) => setValues((old) => ({ ...old, ...change }));
  const fields = create.error?.fields ?? {};
  return (
    <FormModal title="New mapping" opened close={close} submit="Create mapping" onSubmit={() => create.run(v)} call={() => create.describe(v)} busy={create.busy} error={Object.keys(fields).length === 0 ? create.error : null} disabled={v.digital_product_id === null || v.external_key.trim() === ''} size="md">
      <Select label="Store" data={stores.map((s) => ({ value: s.kind, label: s.name }))} value={v.source} onChange={(s) => set({ source: (s ?? 'shopify') as StoreKind })} />
      <TextInput label="Key in the store" description={stores.find((s) => s.kind === v.source)?.keys} value={v.external_key} onChange={(e) => set({ external_key: e.currentTarget.value })} required error={fields['external_key']} />
      <ProductPicker label="Product" value={v.digital_product_id} onChange={(id) => set({ digital_product_id: id })} required error={fields['digital_product_id']} />
    </FormModal>
  );
}
