// The versions of a product: what buyers get now, what they got before, and
// the form that brings the next one.
import { Button, Group, Stack, Switch, Text, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus, IconVersions } from '@tabler/icons-react';
import type { Call } from '@/api/client';
import { useList, useWrite } from '@/api/hooks';
import { useIsAdmin } from '@/api/session';
import type { FileName } from '@/api/types/file';
import type { Product, Version } from '@/api/types/product';
import { Bytes, ConfirmModal, EmptyState, ErrorPanel, FilesField, FormModal, Section, StatePill, When } from '@/parts';
import classes from './products.module.css';

export function Versions({ product }: { product: Product }) {
  const path = `/digital-products/${product.id}/versions`;
  const list = useList<Version>(path, { sort: '-created_at' }, { title: 'List versions' });
  const [adding, add] = useDisclosure(false);
  const button = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={add.open}>
      New version
    </Button>
  );
  return (
    <Section title="Versions" lead="Buyers always get the active one; what they may have had before stays folded below it on their page." actions={button} flush>
      {list.error ? (
        <ErrorPanel error={list.error} retry={list.retry} />
      ) : list.rows.length === 0 && !list.loading ? (
        <EmptyState icon={IconVersions} title="No version yet" action={button}>
          A version is a set of files with a number and notes on what is new.
        </EmptyState>
      ) : (
        <ul className={classes.versions}>
          {list.rows.map((v) => (
            <Item key={v.id} version={v} path={path} product={product} />
          ))}
        </ul>
      )}
      {list.hasMore && (
        <Button variant="subtle" fullWidth onClick={list.loadMore} loading={list.loadingMore}>
          Load more
        </Button>
      )}
      <NewVersion product={product} path={path} opened={adding} close={add.close} />
    </Section>
  );
}

function Item({ version: v, path, product }: { version: Version; path: string; product: Product }) {
  const [asking, ask] = useDisclosure(false);
  const admin = useIsAdmin();
  const test = useWrite<void, { url: string }>((): Call => ({ method: 'POST', path: `/digital-products/${product.id}/test-download`, body: { version_id: v.id }, title: `Make a test download of ${v.version}` }), {
    then: ({ url }) => window.open(url, '_blank', 'noopener'),
  });
  const activate = useWrite((): Call => ({ method: 'POST', path: `${path}/${v.id}/activate`, title: `Activate ${v.version}` }), { done: `Buyers get ${v.version} now`, refresh: ['/digital-products'] });
  const withdraw = useWrite((): Call => ({ method: 'POST', path: `${path}/${v.id}/withdraw`, title: `Withdraw ${v.version}` }), {
    done: `${v.version} is withdrawn`,
    refresh: ['/digital-products'],
    quiet: true,
    then: ask.close,
  });
  return (
    <li>
      <Group justify="space-between" gap="xs">
        <Group gap="sm">
          <Text fw={600}>{v.version}</Text>
          {v.is_active ? <StatePill tone="green">Active</StatePill> : v.state === 'withdrawn' ? <StatePill tone="red">Withdrawn</StatePill> : v.state === 'processing' ? <StatePill tone="amber">Still uploading</StatePill> : <StatePill tone="gray">Ready</StatePill>}
          <Text size="sm" c="dimmed">
            <When at={v.created_at} />
          </Text>
        </Group>
        <Group gap="xs">
          {admin && v.state === 'ready' && v.files.length > 0 && (
            <Button size="compact-sm" variant="default" onClick={() => test.run()} loading={test.busy} aria-label={`Test download of ${v.version}`}>
              Test download
            </Button>
          )}
          {!v.is_active && v.state === 'ready' && (
            <Button size="compact-sm" variant="default" onClick={() => activate.run()} loading={activate.busy}>
              Activate
            </Button>
          )}
          {v.state !== 'withdrawn' && (
            <Button size="compact-sm" variant="subtle" color="red" onClick={ask.open}>
              Withdraw
            </Button>
          )}
        </Group>
      </Group>
      {v.notes !== null && v.notes !== '' && <p className={classes.notes}>{v.notes}</p>}
      <ul className={classes.files}>
        {v.files.map((f) => (
          <li key={f.id}>
            {f.name} · <Bytes value={f.size} />
          </li>
        ))}
        {v.files.length === 0 && <li>No files</li>}
      </ul>
      <ConfirmModal title={`Withdraw ${v.version}`} opened={asking} close={ask.close} confirm="Withdraw version" typed={v.version} onConfirm={() => withdraw.run()} call={() => withdraw.describe()} busy={withdraw.busy} error={withdraw.error}>
        Nobody gets this version any more, and it cannot be taken back.
        {v.is_active && ' It is the active one: until you activate another, buyers get no files.'}
      </ConfirmModal>
    </li>
  );
}

interface VersionValues {
  version: string;
  notes: string;
  files: FileName[];
  activate: boolean;
}

function NewVersion({ product, path, opened, close }: { product: Product; path: string; opened: boolean; close: () => void }) {
  const form = useForm<VersionValues>({ initialValues: { version: '', notes: '', files: [], activate: true } });
  const describe = (v: VersionValues): Call => ({
    method: 'POST',
    path,
    body: {
      ...(v.version.trim() === '' ? {} : { version: v.version.trim() }),
      ...(v.notes.trim() === '' ? {} : { notes: v.notes.trim() }),
      file_ids: v.files.map((f) => f.id),
      activate: v.activate,
    },
    title: 'Create a version',
  });
  const create = useWrite<VersionValues, Version>(describe, {
    done: (v) => (v.is_active ? `Buyers get ${v.version} now` : `${v.version} is ready`),
    refresh: ['/digital-products'],
    quiet: true,
    then: () => {
      form.reset();
      close();
    },
  });
  const wrong = create.error?.fields ?? {};
  return (
    <FormModal title="New version" opened={opened} close={close} submit={form.values.activate ? 'Create and activate' : 'Create version'} onSubmit={() => create.run(form.values)} call={() => describe(form.values)} busy={create.busy} error={create.error}>
      <Stack>
        <TextInput label="Number" placeholder={product.version ? `after ${product.version}` : '1.0.0'} {...form.getInputProps('version')} error={wrong['version']} />
        <FilesField label="Files" description="All files of this version, in their order." value={form.values.files} onChange={(f) => form.setFieldValue('files', f)} error={wrong['file_ids']} />
        <Textarea label="What is new" description="Shown to buyers." autosize minRows={2} maxRows={8} {...form.getInputProps('notes')} error={wrong['notes']} />
        <Switch
          label="Give it to buyers at once"
          description={product.notify_when_updated ? 'They are told by mail.' : 'Nobody is told; the product says so in its delivery settings.'}
          {...form.getInputProps('activate', { type: 'checkbox' })}
        />
      </Stack>
    </FormModal>
  );
}
