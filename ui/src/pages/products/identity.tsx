// The names a product has for other systems, and the parts of an ensemble.
import { ActionIcon, Group, NumberInput, Select, Stack, Switch, TagsInput, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { useList } from '@/api/hooks';
import type { Product } from '@/api/types/product';
import { Section } from '@/parts';
import type { Form } from './fields';

export function Identity({ form }: { form: Form }) {
  return (
    <Section title="Names in other systems" lead="Each is unique in the shop.">
      <Stack>
        <TextInput label="Slug" description="In addresses, and Continuata's product id." placeholder="made of the name" {...form.getInputProps('slug')} />
        <TextInput label="External id" description="Your own, and Publica.la's." {...form.getInputProps('external_id')} />
        <NumberInput label="Asset number" description="HL Connect's." placeholder="the next number" min={1} hideControls thousandSeparator={false} {...form.getInputProps('asset_id')} />
        <TextInput label="Product of the platform" placeholder="gid://shopify/Product/…" {...form.getInputProps('product_gid')} />
        <TagsInput label="Variants of the platform" description="None is all of them." placeholder="gid://shopify/ProductVariant/…" {...form.getInputProps('variant_gids')} />
      </Stack>
    </Section>
  );
}

export function Parts({ form, id }: { form: Form; id: string | null }) {
  const { parts } = form.values;
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text, 200);
  const found = useList<Product>('/digital-products', { q, limit: 20 }, { enabled: form.values.partable, title: 'Find products' });
  const choices = found.rows.filter((p) => p.id !== id && !parts.some((x) => x.digital_product_id === p.id)).map((p) => ({ value: p.id, label: p.name }));
  return (
    <Section title="Parts" lead="An ensemble whose parts can be bought one by one.">
      <Stack>
        <Switch label="It has parts" {...form.getInputProps('partable', { type: 'checkbox' })} />
        {form.values.partable && (
          <>
            {parts.map((p, i) => (
              <Group key={p.digital_product_id} gap="xs" wrap="nowrap">
                <Text size="sm" c="dimmed" w={20} ta="right">
                  {i + 1}
                </Text>
                <TextInput aria-label={`Name of part ${i + 1}`} flex={1} {...form.getInputProps(`parts.${i}.name`)} />
                <ActionIcon aria-label={`Take part ${i + 1} out`} onClick={() => form.removeListItem('parts', i)}>
                  <IconX size={16} aria-hidden />
                </ActionIcon>
              </Group>
            ))}
            <Select
              aria-label="Add a part"
              placeholder="Add a product as a part"
              leftSection={<IconPlus size={15} aria-hidden />}
              searchable
              searchValue={text}
              onSearchChange={setText}
              value={null}
              data={choices}
              filter={({ options }) => options}
              nothingFoundMessage="No other product has such a name"
              onChange={(value) => {
                const p = found.rows.find((x) => x.id === value);
                if (p) form.insertListItem('parts', { digital_product_id: p.id, name: p.name, sequence: parts.length + 1 });
                setText('');
              }}
            />
          </>
        )}
      </Stack>
    </Section>
  );
}
