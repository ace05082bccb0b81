import { Loader, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState, type ReactNode } from 'react';
import { useList, useRead } from '@/api/hooks';
import type { Product } from '@/api/types/product';

interface Props {
  /** Id of the chosen product; empty for none. */
  value: string;
  onChange: (id: string, product: Product | undefined) => void;
  label?: string;
  placeholder?: string;
  /** For a filter, which has no visible label. */
  ariaLabel?: string;
  error?: ReactNode;
  w?: number;
  clearable?: boolean;
}

/** One product, found by typing. */
export function ProductSelect({ value, onChange, label, placeholder, ariaLabel, error, w, clearable }: Props) {
  const [text, setText] = useState('');
  const [typed] = useDebouncedValue(text.trim(), 200);
  const chosen = useRead<Product>(`/digital-products/${value}`, undefined, { enabled: value !== '' });
  // What stands in the field because it is chosen is no search.
  const q = typed === chosen.data?.name ? '' : typed;
  const found = useList<Product>('/digital-products', { q, limit: 20 });
  const rows = chosen.data && !found.rows.some((p) => p.id === chosen.data.id) ? [chosen.data, ...found.rows] : found.rows;
  return (
    <Select
      label={label}
      aria-label={ariaLabel}
      placeholder={placeholder ?? 'Search by name'}
      data={rows.map((p) => ({ value: p.id, label: p.name }))}
      value={value === '' ? null : value}
      onChange={(id) => onChange(id ?? '', rows.find((p) => p.id === id))}
      searchable
      searchValue={text}
      onSearchChange={setText}
      filter={({ options }) => options}
      nothingFoundMessage={found.loading ? 'Looking …' : 'No product has such a name'}
      rightSection={found.loading && text !== '' ? <Loader size="xs" /> : undefined}
      clearable={clearable ?? false}
      clearButtonProps={{ 'aria-label': 'Any product' }}
      error={error}
      {...(w === undefined ? {} : { w })}
    />
  );
}
