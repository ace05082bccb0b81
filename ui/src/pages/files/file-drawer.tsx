// One file: what it is, who uses it, rename, download, delete, stamp preview.
import { Anchor, Button, Drawer, Group, Skeleton, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDownload, IconReplace, IconStackFront, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { browserUrl, type Call } from '@/api/client';
import { useRead, useWrite } from '@/api/hooks';
import type { File } from '@/api/types/file';
import { Bytes, CallButton, ConfirmModal, CopyButton, ErrorAlert, ErrorPanel, KeyValue, When } from '@/parts';
import { ReplaceFile } from './replace';
import { StampPreview } from '@/pages/products/stamp-preview';

export function FileDrawer({ id, close }: { id: string | null; close: () => void }) {
  return (
    <Drawer opened={id !== null} onClose={close} position="right" size="md" title="File">
      {id !== null && <Content key={id} id={id} close={close} />}
    </Drawer>
  );
}

function Content({ id, close }: { id: string; close: () => void }) {
  const { data: file, error, refetch } = useRead<File>(`/files/${id}`, { include: 'products' }, { title: 'Read this file' });
  if (error) return <ErrorPanel error={error} retry={() => void refetch()} />;
  if (!file) return <Skeleton h={240} />;
  return <Known file={file} close={close} />;
}

function Known({ file, close }: { file: File; close: () => void }) {
  const [name, setName] = useState(file.name);
  const [asking, ask] = useDisclosure(false);
  const [stamping, stamp] = useDisclosure(false);
  const [replacing, replace] = useDisclosure(false);
  const describe = (to: string): Call => ({ method: 'PATCH', path: `/files/${file.id}`, body: { name: to }, title: 'Rename the file' });
  const rename = useWrite(describe, { done: 'File renamed', refresh: ['/files', '/digital-products'], undo: () => describe(file.name), quiet: true });
  const remove = useWrite((): Call => ({ method: 'DELETE', path: `/files/${file.id}`, title: 'Delete the file' }), {
    done: 'File deleted',
    refresh: ['/files'],
    quiet: true,
    then: close,
  });
  const products = file.products ?? [];
  const pdf = file.type === 'application/pdf' || /\.pdf$/i.test(file.name);
  return (
    <Stack gap="lg">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          rename.run(name.trim());
        }}
      >
        <Group align="flex-end" wrap="nowrap" gap="xs">
          <TextInput label="Name" description="Buyers see and save it under this name." flex={1} value={name} onChange={(e) => setName(e.currentTarget.value)} error={rename.error?.fields['name']} />
          <Button type="submit" loading={rename.busy} disabled={name.trim() === '' || name.trim() === file.name}>
            Rename
          </Button>
        </Group>
      </form>
      <KeyValue
        items={[
          ['Size', <Bytes key="s" value={file.size} />],
          ['Type', file.type],
          ['Added', <When key="w" at={file.created_at} show="both" />],
          ['Id', <span key="i" className="mono">{file.id} <CopyButton value={file.id} label="Copy the id" /></span>],
          [
            'Used by',
            products.length === 0
              ? 'no product'
              : products.map((p) => (
                  <div key={p.id}>
                    <Anchor component={Link} to={`/products/${p.id}`} size="sm">
                      {p.name}
                    </Anchor>
                  </div>
                )),
          ],
        ]}
      />
      <Group gap="xs">
        <Button component="a" href={browserUrl(`/files/${file.id}/content`)} variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
          Download
        </Button>
        {products.length > 0 && (
          <Button variant="default" leftSection={<IconReplace size={16} aria-hidden />} onClick={replace.open}>
            Replace
          </Button>
        )}
        {pdf && file.uploaded && (
          <Button variant="default" leftSection={<IconStackFront size={16} aria-hidden />} onClick={stamp.open}>
            Try a stamp
          </Button>
        )}
        <Button variant="subtle" color="red" leftSection={<IconTrash size={16} aria-hidden />} onClick={ask.open}>
          Delete
        </Button>
        <CallButton call={() => describe(name)} />
      </Group>
      <ErrorAlert error={rename.error} />
      {replacing && <ReplaceFile file={file} close={replace.close} />}
      <StampPreview fileId={file.id} opened={stamping} close={stamp.close} />
      <ConfirmModal title="Delete this file" opened={asking} close={ask.close} confirm="Delete file" onConfirm={() => remove.run()} call={() => remove.describe()} busy={remove.busy} error={remove.error}>
        {products.length > 0 ? (
          <>It is used by {products.map((p) => p.name).join(', ')}. The server refuses to delete it until no version, order or link needs it.</>
        ) : (
          <>“{file.name}” is gone for good then. A file that an order or a link still delivers cannot be deleted.</>
        )}
      </ConfirmModal>
    </Stack>
  );
}
