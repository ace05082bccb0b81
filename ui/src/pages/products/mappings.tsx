// The articles of stores that are this product.
import { Button, Group, Select, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useList, useWrite } from '@/api/hooks';
import type { Deleted } from '@/api/types/common';
import type { StoreKind } from '@/api/types/settings';
import type { Mapping } from '@/api/types/store-event';
import { CallButton, ErrorPanel, Section } from '@/parts';
import { storeName, stores } from '../connectors/stores';
import classes from './products.module.css';

export function ProductMappings({ id }: { id: string }) {
  const list = useList<Mapping>('/mappings', { digital_product_id: id }, { title: 'Its articles in stores' });
  const [source, setSource] = useState<StoreKind>('shopify');
  const [key, setKey] = useState('');
  const remove = useWrite<Mapping, Deleted>((m) => ({ method: 'DELETE', path: `/mappings/${m.id}`, title: 'Delete a mapping' }), {
    done: 'Mapping deleted',
    undo: (_, m) => ({ method: 'POST', path: '/mappings', body: { source: m.source, external_key: m.external_key, digital_product_id: id } }),
    refresh: ['/mappings'],
  });
  const create = useWrite<void, Mapping>(() => ({ method: 'POST', path: '/mappings', body: { source, external_key: key.trim(), digital_product_id: id }, title: 'Create a mapping' }), {
    done: 'Mapped',
    refresh: ['/mappings'],
    quiet: true,
    then: () => setKey(''),
  });
  return (
    <Section title="Articles in stores" lead="An order of a store that names one of these is an order of this product.">
      {list.error ? (
        <ErrorPanel error={list.error} retry={list.retry} />
      ) : list.rows.length === 0 ? (
        <Text size="sm" c="dimmed">
          {list.loading ? 'Looking…' : 'No article of a store is mapped to it yet.'}
        </Text>
      ) : (
        <ul className={classes.mappings} aria-label="Mapped articles">
          {list.rows.map((m) => (
            <li key={m.id}>
              <span>
                <span className="mono">{m.external_key}</span>{' '}
                <Text span size="sm" c="dimmed">
                  {storeName(m.source)}
                </Text>
              </span>
              <Button size="compact-sm" variant="subtle" color="red" onClick={() => remove.run(m)} aria-label={`Delete the mapping of ${m.external_key}`}>
                Delete
              </Button>
            </li>
          ))}
        </ul>
      )}
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (key.trim() !== '') create.run();
        }}
      >
        <Group align="flex-start" gap="xs" mt="md">
          <Select aria-label="Store" w={180} data={stores.map((s) => ({ value: s.kind, label: s.name }))} value={source} onChange={(s) => setSource((s ?? 'shopify') as StoreKind)} allowDeselect={false} />
          <TextInput aria-label="Key in the store" placeholder={stores.find((s) => s.kind === source)?.keys ?? ''} flex="1 1 12rem" value={key} onChange={(e) => setKey(e.currentTarget.value)} error={create.error?.fields['external_key'] ?? create.error?.message} />
          <Button type="submit" variant="default" disabled={key.trim() === ''} loading={create.busy}>
            Map
          </Button>
          <CallButton call={() => create.describe()} />
        </Group>
      </form>
    </Section>
  );
}
