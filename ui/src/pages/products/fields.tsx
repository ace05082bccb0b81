// The fields of a product, a group each.
import { ActionIcon, Button, Checkbox, Grid, Group, NumberInput, Select, SegmentedControl, Stack, Switch, Text, Textarea, TextInput, MultiSelect } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useList } from '@/api/hooks';
import type { KeyTag } from '@/api/types/key';
import { FilesField, Section } from '@/parts';
import { useCountries, useCurrencies, useZones } from '@/parts/choices';
import type { Values } from './values';

export type Form = UseFormReturnType<Values>;

export function Basics({ form }: { form: Form }) {
  const currencies = useCurrencies();
  return (
    <Section title="What it is">
      <Stack>
        <TextInput label="Name" required {...form.getInputProps('name')} />
        <Textarea label="Description" description="Shown on the buyer's pages." autosize minRows={2} maxRows={10} {...form.getInputProps('description')} />
        <Grid gap="sm">
          <Grid.Col span={{ base: 6, xs: 4 }}>
            <TextInput label="Price" inputMode="decimal" placeholder="0.00" {...form.getInputProps('price')} />
          </Grid.Col>
          <Grid.Col span={{ base: 6, xs: 8 }}>
            <Select label="Currency" searchable data={currencies} {...form.getInputProps('currency')} />
          </Grid.Col>
        </Grid>
        <TextInput label="Cover" description="Address of a picture." placeholder="https://" type="url" {...form.getInputProps('cover_url')} />
        <Grid gap="sm" align="flex-end">
          <Grid.Col span={{ base: 12, xs: 6 }}>
            <Select
              label="Kind"
              data={[
                { value: 'content', label: 'Bought once' },
                { value: 'subscription', label: 'Subscription' },
              ]}
              {...form.getInputProps('kind')}
            />
          </Grid.Col>
          {form.values.kind === 'subscription' && (
            <Grid.Col span={{ base: 12, xs: 6 }}>
              <NumberInput label="Months in a period" min={1} max={120} {...form.getInputProps('period_months')} />
            </Grid.Col>
          )}
        </Grid>
        <Group gap="lg">
          <Switch label="For sale" {...form.getInputProps('available', { type: 'checkbox' })} />
          <Switch
            label="Draft"
            checked={form.values.status === 'draft'}
            onChange={(e) => form.setFieldValue('status', e.currentTarget.checked ? 'draft' : 'published')}
          />
        </Group>
      </Stack>
    </Section>
  );
}

export function Goods({ form, withFiles }: { form: Form; withFiles: boolean }) {
  const { links } = form.values;
  return (
    <Section title="What buyers get">
      <Stack>
        <div>
          <Text size="sm" fw={560} mb={4} id="access-label">
            Delivers
          </Text>
          <SegmentedControl
            aria-labelledby="access-label"
            data={[
              { value: 'FILE', label: 'Files' },
              { value: 'LICENSE_KEY', label: 'A key' },
              { value: 'FILE_WITH_LICENCE_KEY', label: 'Both' },
            ]}
            {...form.getInputProps('access')}
          />
        </div>
        {withFiles && form.values.access !== 'LICENSE_KEY' && (
          <FilesField label="Files" description="Of the first version; in this order on the download page." value={form.values.files} onChange={(f) => form.setFieldValue('files', f)} error={text(form.errors['files'])} />
        )}
        <div role="group" aria-label="Links">
          <Text size="sm" fw={560}>
            Links
          </Text>
          <Text size="xs" c="dimmed" mb={6}>
            Pages elsewhere that belong to the product: a course, a community.
          </Text>
          <Stack gap="xs">
            {links.map((_, i) => (
              <Group key={i} gap="xs" wrap="nowrap">
                <TextInput aria-label={`Name of link ${i + 1}`} placeholder="Name" flex={1} {...form.getInputProps(`links.${i}.name`)} />
                <TextInput aria-label={`Address of link ${i + 1}`} placeholder="https://" type="url" flex={2} {...form.getInputProps(`links.${i}.url`)} />
                <ActionIcon aria-label={`Take link ${i + 1} out`} onClick={() => form.removeListItem('links', i)}>
                  <IconX size={16} aria-hidden />
                </ActionIcon>
              </Group>
            ))}
            <div>
              <Button variant="default" size="compact-sm" leftSection={<IconPlus size={15} aria-hidden />} onClick={() => form.insertListItem('links', { name: '', url: '' })}>
                Add a link
              </Button>
            </div>
          </Stack>
        </div>
        {form.values.access !== 'FILE' && <Keys form={form} />}
      </Stack>
    </Section>
  );
}

function Keys({ form }: { form: Form }) {
  const tags = useList<KeyTag>('/license-key-tags', {}, { title: 'Stock of keys by tag' });
  const tag = form.values.license_key_tag.trim();
  const stock = tags.rows.find((t) => t.tag === tag);
  return (
    <Grid gap="sm">
      <Grid.Col span={{ base: 12, xs: 6 }}>
        <Select
          label="Keys come"
          data={[
            { value: 'FROM_POOL', label: 'from your stock' },
            { value: 'GENERATED', label: 'generated for each order' },
          ]}
          {...form.getInputProps('license_key_mode')}
        />
      </Grid.Col>
      <Grid.Col span={{ base: 12, xs: 6 }}>
        <TextInput
          label="Tag of the keys"
          description={form.values.license_key_mode === 'GENERATED' ? 'New keys get it.' : stock ? `${stock.free} free, ${stock.waiting} waited for.` : 'The stock they are taken from.'}
          list="key-tags"
          {...form.getInputProps('license_key_tag')}
        />
        <datalist id="key-tags">{tags.rows.map((t) => t.tag !== '' && <option key={t.tag} value={t.tag} />)}</datalist>
      </Grid.Col>
    </Grid>
  );
}

export function Limits({ form }: { form: Form }) {
  return (
    <Section title="Limits" lead="They hold for orders of the past too, at once.">
      <Grid gap="sm">
        <Grid.Col span={{ base: 12, xs: 6 }}>
          <NumberInput label="Copies of each file" placeholder="No limit" min={0} max={1_000_000} {...form.getInputProps('max_downloads')} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, xs: 6 }}>
          <NumberInput label="Days after purchase" placeholder="For ever" min={0} max={100_000} {...form.getInputProps('download_in')} />
        </Grid.Col>
      </Grid>
    </Section>
  );
}

export function Delivery({ form }: { form: Form }) {
  const zones = useZones();
  const v = form.values;
  return (
    <Section title="Delivery">
      <Stack>
        <Select
          label="Buyers get the files"
          data={[
            { value: 'REGULAR', label: 'at once, all the same' },
            { value: 'SCHEDULED', label: 'at a date' },
            { value: 'UNIQUE', label: 'of their own, assigned to each order' },
          ]}
          {...form.getInputProps('delivering_type')}
        />
        {v.delivering_type === 'SCHEDULED' && (
          <Grid gap="sm">
            <Grid.Col span={{ base: 12, xs: 6 }}>
              <TextInput label="On" type="datetime-local" required {...form.getInputProps('scheduled')} />
            </Grid.Col>
            <Grid.Col span={{ base: 12, xs: 6 }}>
              <Select label="Time zone" searchable data={zones} {...form.getInputProps('zone')} />
            </Grid.Col>
          </Grid>
        )}
        <Grid gap="sm">
          <Grid.Col span={{ base: 12, xs: 6 }}>
            <Select
              label="Download page"
              data={[
                { value: 'single_file', label: 'a button for each file' },
                { value: 'zip', label: 'one archive of all' },
              ]}
              {...form.getInputProps('download_type')}
            />
          </Grid.Col>
          <Grid.Col span={{ base: 12, xs: 6 }}>
            <Select
              label="Bytes come"
              data={[
                { value: 'redirect', label: 'from the storage where it can' },
                { value: 'proxy', label: 'always through this server' },
              ]}
              {...form.getInputProps('download_mode')}
            />
          </Grid.Col>
        </Grid>
        <Switch label="Tell buyers by mail when the files change" {...form.getInputProps('notify_when_updated', { type: 'checkbox' })} />
      </Stack>
    </Section>
  );
}

export function Stamping({ form, preview }: { form: Form; preview?: React.ReactNode }) {
  return (
    <Section title="Stamping" lead="PDF files carry the buyer's name on every page; EPUB files get a licence page." actions={preview}>
      <Stack>
        <Switch label="Stamp the files" {...form.getInputProps('stamping', { type: 'checkbox' })} />
        {form.values.stamping && (
          <TextInput
            label="Text"
            description="{name}, {email}, {order} and {date} become the buyer's. Empty is the shop's own text."
            placeholder="Licensed to {name} <{email}>"
            {...form.getInputProps('stamping_text')}
          />
        )}
      </Stack>
    </Section>
  );
}

export function Sale({ form }: { form: Form }) {
  const countries = useCountries();
  return (
    <Section title="Where it is sold">
      <Stack>
        <Checkbox label="Everywhere" {...form.getInputProps('world', { type: 'checkbox' })} />
        {!form.values.world && <MultiSelect label="Countries" searchable hidePickedOptions data={countries} {...form.getInputProps('countries')} />}
        <NumberInput label="Least quantity" min={1} max={1_000_000} w={160} {...form.getInputProps('min_quantity')} />
      </Stack>
    </Section>
  );
}

const text = (node: React.ReactNode): string | undefined => (typeof node === 'string' ? node : undefined);
