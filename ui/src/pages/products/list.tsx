// The catalogue.
import { Button, Text } from '@mantine/core';
import { IconBox, IconPlus } from '@tabler/icons-react';
import { Link } from 'react-router';
import { useList } from '@/api/hooks';
import type { Product } from '@/api/types/product';
import { DataTable, EmptyState, FilterBar, Money, PageHeader, plural, StatePill, useFilters, When, type Column } from '@/parts';
import { Cover } from './cover';
import { delivers, limitsOf } from './words';

const columns: readonly Column<Product>[] = [
  {
    key: 'name',
    title: 'Product',
    cell: (p) => <Cover url={p.cover_url} name={p.name} />,
  },
  { key: 'state', title: 'State', cell: (p) => <State product={p} />, card: 'aside', width: '8rem' },
  { key: 'delivers', title: 'Delivers', cell: (p) => delivers(p) },
  { key: 'version', title: 'Version', cell: (p) => p.version ?? <Text span inherit c="dimmed">none</Text> },
  { key: 'limits', title: 'Limits', cell: (p) => limitsOf(p), card: 'hide' },
  { key: 'price', title: 'Price', align: 'right', cell: (p) => (p.price_cents === 0 ? <Text span inherit c="dimmed">free</Text> : <Money cents={p.price_cents} currency={p.currency} />) },
  { key: 'created', title: 'Added', align: 'right', sort: 'created_at', cell: (p) => <When at={p.created_at} />, card: 'hide' },
];

export function State({ product: p }: { product: Product }) {
  if (p.is_archived) return <StatePill tone="gray">Archived</StatePill>;
  if (p.status === 'draft') return <StatePill tone="amber">Draft</StatePill>;
  if (!p.available) return <StatePill tone="gray">Not for sale</StatePill>;
  if (p.access !== 'LICENSE_KEY' && p.files.length === 0 && p.links.length === 0 && p.delivering_type !== 'UNIQUE') return <StatePill tone="red">No files</StatePill>;
  return <StatePill tone="green">For sale</StatePill>;
}

export default function Products() {
  const filters = useFilters({ q: '', include_archived: '', sort: '-created_at' });
  const list = useList<Product>('/digital-products', filters.values, { title: 'List products' });
  const add = (
    <Button component={Link} to="/products/new" leftSection={<IconPlus size={16} aria-hidden />}>
      New product
    </Button>
  );
  return (
    <>
      <PageHeader title="Products" lead="What is sold: files, licence keys, links, or all of them." actions={add} />
      <FilterBar
        fields={[
          { key: 'q', label: 'Search products', kind: 'search', placeholder: 'Search by name' },
          { key: 'include_archived', label: 'Archived', kind: 'select', placeholder: 'Without archived', options: [{ value: 'true', label: 'With archived' }] },
        ]}
        filters={filters}
      />
      <DataTable
        label="Products"
        columns={columns}
        list={list}
        rowKey={(p) => p.id}
        rowHref={(p) => `/products/${p.id}`}
        sort={filters.values.sort}
        onSort={(sort) => filters.set({ sort })}
        empty={
          filters.values.q !== '' ? (
            <EmptyState title="No product has such a name" icon={IconBox} />
          ) : (
            <EmptyState title="No products yet" icon={IconBox} action={add}>
              A product says what a buyer gets and for how long: upload its files, set a price and limits, and every order of it is delivered by itself.
            </EmptyState>
          )
        }
      />
      {list.rows.length > 0 && !list.hasMore && (
        <Text size="xs" c="dimmed" mt="xs">
          {plural(list.rows.length, 'product')}
        </Text>
      )}
    </>
  );
}
