import { Anchor, Loader, Select, type SelectProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { Link } from 'react-router';
import { useList, useRead } from '@/api/hooks';
import type { Product } from '@/api/types/product';

interface Props extends Pick<SelectProps, 'label' | 'description' | 'error' | 'required' | 'placeholder' | 'size' | 'w' | 'aria-label'> {
  value: string | null;
  onChange: (id: string | null, product?: Product) => void;
}

/** A product, found by its name. */
export function ProductPicker({ value, onChange, placeholder, ...rest }: Props) {
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text, 200);
  const chosen = useRead<Product>(`/digital-products/${value ?? ''}`, undefined, { enabled: value !== null && value !== '', title: 'The chosen product' });
  const searching = q !== '' && q !== chosen.data?.name;
  const list = useList<Product>('/digital-products', { q: searching ? q : '', limit: 20 }, { title: 'Find a product' });
  const rows = [...list.rows];
  if (chosen.data && !rows.some((p) => p.id === chosen.data.id)) rows.unshift(chosen.data);
  return (
    <Select
      {...rest}
      searchable
      clearable
      placeholder={placeholder ?? 'Name of the product'}
      value={value}
      onChange={(id) => onChange(id, rows.find((p) => p.id === id))}
      onSearchChange={setText}
      data={rows.map((p) => ({ value: p.id, label: p.name }))}
      filter={({ options }) => options}
      nothingFoundMessage={list.loading ? 'Looking …' : 'No product has that name'}
      rightSection={list.loading && searching ? <Loader size="xs" /> : undefined}
      comboboxProps={{ withinPortal: true }}
      clearButtonProps={{ 'aria-label': 'Take it away' }}
    />
  );
}

/** A product's name by its id, as a link. */
export function ProductName({ id }: { id: string }) {
  const { data } = useRead<Product>(`/digital-products/${id}`);
  return (
    <Anchor component={Link} to={`/products/${id}`} inherit>
      {data?.name ?? id}
    </Anchor>
  );
}
