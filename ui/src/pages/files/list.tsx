// All files of the shop, and the place where new ones come in.
import { Text } from '@mantine/core';
import { IconFiles } from '@tabler/icons-react';
import { useSearchParams } from 'react-router';
import { useList } from '@/api/hooks';
import type { File } from '@/api/types/file';
import { Bytes, DataTable, EmptyState, FilterBar, kindOf, PageHeader, plural, StatePill, useFilters, When, type Column } from '@/parts';
import { DropZone } from '@/uploads/drop';
import { FileDrawer } from './file-drawer';

const columns: readonly Column<File>[] = [
  { key: 'name', title: 'Name', cell: (f) => f.name },
  { key: 'kind', title: 'Kind', cell: (f) => kindOf(f.name), card: 'hide', width: '6rem' },
  {
    key: 'products',
    title: 'Used by',
    cell: (f) => {
      const products = f.products ?? [];
      const [first] = products;
      if (!f.uploaded) return <StatePill tone="amber">Still uploading</StatePill>;
      if (first === undefined) return <Text span inherit c="dimmed">no product</Text>;
      return <Text span inherit lineClamp={2}>{products.length === 1 ? first.name : `${first.name} and ${plural(products.length - 1, 'other')}`}</Text>;
    },
  },
  { key: 'size', title: 'Size', align: 'right', cell: (f) => <Bytes value={f.size} />, card: 'aside' },
  { key: 'created', title: 'Added', align: 'right', sort: 'created_at', cell: (f) => <When at={f.created_at} /> },
];

export default function Files() {
  const filters = useFilters({ q: '', uploaded: '', sort: '-created_at' });
  const [params, setParams] = useSearchParams();
  const list = useList<File>('/files', { ...filters.values, include: 'products' }, { title: 'List files' });
  const open = (id: string | null) =>
    setParams((old) => {
      const next = new URLSearchParams(old);
      if (id === null) next.delete('file');
      else next.set('file', id);
      return next;
    });
  return (
    <>
      <PageHeader title="Files" lead="What your products deliver. A file may belong to many products; it is stored once." />
      <DropZone />
      <div style={{ height: '1rem' }} />
      <FilterBar
        fields={[
          { key: 'q', label: 'Search files', kind: 'search', placeholder: 'Search by name' },
          {
            key: 'uploaded',
            label: 'State',
            kind: 'select',
            placeholder: 'Any state',
            options: [
              { value: 'true', label: 'Complete' },
              { value: 'false', label: 'Still uploading' },
            ],
          },
        ]}
        filters={filters}
      />
      <DataTable
        label="Files"
        columns={columns}
        list={list}
        rowKey={(f) => f.id}
        onRow={(f) => open(f.id)}
        sort={filters.values.sort}
        onSort={(sort) => filters.set({ sort })}
        empty={
          filters.any && filters.values.q !== '' ? (
            <EmptyState title="No file has such a name" icon={IconFiles} />
          ) : (
            <EmptyState title="No files yet" icon={IconFiles}>
              Drop a PDF, an archive, a sample pack or an installer above. Then give it to a product: its buyers get it at once.
            </EmptyState>
          )
        }
      />
      <FileDrawer id={params.get('file')} close={() => open(null)} />
    </>
  );
}
