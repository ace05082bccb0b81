// Making a download link, and one link with what can be changed of it.
import { Anchor, Button, Drawer, Group, NumberInput, Skeleton, Stack, Switch, TextInput } from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import type { Call } from '@/api/client';
import { useRead, useWrite } from '@/api/hooks';
import type { FileName } from '@/api/types/file';
import type { DownloadLink } from '@/api/types/link';
import { CallButton, ConfirmModal, CopyButton, ErrorAlert, ErrorPanel, FilesField, FormModal, KeyValue, When } from '@/parts';

interface Values {
  files: FileName[];
  limited: boolean;
  limit: number | string;
  stamping: boolean;
  text: string;
  /** `2026-09-01T09:00` on the clock of this computer. */
  until: string;
}

const fresh: Values = { files: [], limited: false, limit: 3, stamping: false, text: '', until: '' };

function bodyOf(v: Values): Record<string, unknown> {
  return {
    file_ids: v.files.map((f) => f.id),
    use_download_limit: v.limited,
    download_limit: v.limited ? Number(v.limit) || 0 : 0,
    use_stamping: v.stamping,
    stamping_text: v.stamping && v.text.trim() !== '' ? v.text.trim() : null,
    expires_at: v.until === '' ? null : new Date(v.until).toISOString(),
  };
}

function valuesOf(l: DownloadLink): Values {
  return {
    files: l.files,
    limited: l.use_download_limit,
    limit: l.download_limit,
    stamping: l.use_stamping,
    text: l.stamping_text ?? '',
    until: l.expires_at === null ? '' : local(l.expires_at),
  };
}

function local(at: string): string {
  const d = new Date(at);
  return new Date(d.getTime() - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function Fields({ form, wrong }: { form: UseFormReturnType<Values>; wrong: Record<string, string> }) {
  return (
    <>
      <FilesField label="Files" value={form.values.files} onChange={(f) => form.setFieldValue('files', f)} error={wrong['file_ids']} />
      <Group align="flex-end">
        <Switch label="Limit the copies" mb={8} {...form.getInputProps('limited', { type: 'checkbox' })} />
        {form.values.limited && <NumberInput label="Copies of each file" min={1} max={1_000_000} w={160} {...form.getInputProps('limit')} error={wrong['download_limit']} />}
      </Group>
      <Switch label="Stamp the PDFs" {...form.getInputProps('stamping', { type: 'checkbox' })} />
      {form.values.stamping && <TextInput label="Text of the stamp" placeholder="the shop's own text" description="For example: Press copy: Ana" {...form.getInputProps('text')} error={wrong['stamping_text']} />}
      <TextInput label="Works until" description="Empty is until you revoke it." type="datetime-local" w={240} {...form.getInputProps('until')} error={wrong['expires_at']} />
    </>
  );
}

export function NewLink({ opened, close }: { opened: boolean; close: () => void }) {
  const form = useForm<Values>({ initialValues: fresh });
  const [url, setUrl] = useState<string | null>(null);
  const describe = (v: Values): Call => ({ method: 'POST', path: '/download-links', body: bodyOf(v), title: 'Create a download link' });
  const create = useWrite<Values, DownloadLink>(describe, {
    refresh: ['/download-links'],
    quiet: true,
    then: (l) => {
      form.reset();
      close();
      setUrl(l.url);
    },
  });
  return (
    <>
      <FormModal title="New download link" opened={opened} close={close} submit="Create link" onSubmit={() => create.run(form.values)} call={() => describe(form.values)} busy={create.busy} error={create.error} disabled={form.values.files.length === 0}>
        <Fields form={form} wrong={create.error?.fields ?? {}} />
      </FormModal>
      <LinkMade url={url} close={() => setUrl(null)} />
    </>
  );
}

function LinkMade({ url, close }: { url: string | null; close: () => void }) {
  return (
    <FormModal title="The link is ready" opened={url !== null} close={close} submit="Done" onSubmit={close} size="md">
      <Group wrap="nowrap" className="card" p="sm" justify="space-between">
        <Anchor href={url ?? ''} target="_blank" rel="noopener" size="sm" className="mono">
          {url}
        </Anchor>
        <CopyButton value={url ?? ''} label="Copy the address" withText />
      </Group>
    </FormModal>
  );
}

export function LinkDrawer({ id, close }: { id: string | null; close: () => void }) {
  return (
    <Drawer opened={id !== null} onClose={close} position="right" size="md" title="Download link">
      {id !== null && <Content key={id} id={id} close={close} />}
    </Drawer>
  );
}

function Content({ id, close }: { id: string; close: () => void }) {
  const { data: link, error, refetch } = useRead<DownloadLink>(`/download-links/${id}`, undefined, { title: 'Read this link' });
  if (error) return <ErrorPanel error={error} retry={() => void refetch()} />;
  if (!link) return <Skeleton h={280} />;
  return <Known key={link.updated_at} link={link} close={close} />;
}

function Known({ link, close }: { link: DownloadLink; close: () => void }) {
  const form = useForm<Values>({ initialValues: valuesOf(link) });
  const [asking, ask] = useDisclosure(false);
  const path = `/download-links/${link.id}`;
  const describe = (body: Record<string, unknown>): Call => ({ method: 'PATCH', path, body, title: 'Change the link' });
  const save = useWrite(describe, { done: 'Link saved', refresh: ['/download-links'], quiet: true, undo: () => describe(bodyOf(valuesOf(link))) });
  const revoke = useWrite((): Call => ({ method: 'DELETE', path, title: 'Revoke the link' }), { done: 'Link revoked', refresh: ['/download-links'], quiet: true, then: close });
  return (
    <Stack gap="lg">
      <Group wrap="nowrap" className="card" p="sm" justify="space-between">
        <Anchor href={link.url} target="_blank" rel="noopener" size="sm" className="mono">
          {link.url}
        </Anchor>
        <CopyButton value={link.url} label="Copy the address" withText />
      </Group>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          save.run(bodyOf(form.values));
        }}
      >
        <Stack>
          <Fields form={form} wrong={save.error?.fields ?? {}} />
          <ErrorAlert error={save.error} />
          <Group justify="space-between">
            <CallButton call={() => describe(bodyOf(form.values))} />
            <Button type="submit" loading={save.busy} disabled={!form.isDirty()}>
              Save changes
            </Button>
          </Group>
        </Stack>
      </form>
      <KeyValue
        items={[
          ['Created', <When key="m" at={link.created_at} show="both" />],
          ['Id', <span key="i" className="mono">{link.id} <CopyButton value={link.id} label="Copy the id" /></span>],
        ]}
      />
      <Group>
        <Button variant="subtle" color="red" onClick={ask.open}>
          Revoke the link
        </Button>
      </Group>
      <ConfirmModal title="Revoke this link" opened={asking} close={ask.close} confirm="Revoke link" onConfirm={() => revoke.run()} call={() => revoke.describe()} busy={revoke.busy} error={revoke.error}>
        It stops working at once, for everybody, and cannot be brought back.
      </ConfirmModal>
    </Stack>
  );
}
