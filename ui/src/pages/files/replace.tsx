// A file is never overwritten: what was sold stays what it was. Replacing it is
// a new version of each product that has it, with the other file in its place.
import { Button, Checkbox, Stack, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useReads, useRefresh, useWrite } from '@/api/hooks';
import { notifyDone } from '@/api/notify';
import type { Call } from '@/api/client';
import type { File, FileName } from '@/api/types/file';
import type { Product, Version } from '@/api/types/product';
import { Bytes, FilePicker, FormModal, plural } from '@/parts';

interface Step {
  product: Product;
  by: FileName;
  notes: string;
}

export function ReplaceFile({ file, close }: { file: File; close: () => void }) {
  const { found, loading } = useReads<Product>((file.products ?? []).map((p) => `/digital-products/${p.id}`));
  const having = [...found.values()].filter((p) => p.files.some((f) => f.id === file.id));
  const [left, setLeft] = useState<readonly string[]>([]);
  const [by, setBy] = useState<FileName | null>(null);
  const [notes, setNotes] = useState('');
  const [picking, pick] = useState(false);
  const [busy, setBusy] = useState(false);
  const again = useRefresh();
  const chosen = having.filter((p) => !left.includes(p.id));
  const describe = (s: Step): Call => ({
    method: 'POST',
    path: `/digital-products/${s.product.id}/versions`,
    body: { file_ids: s.product.files.map((f) => (f.id === file.id ? s.by.id : f.id)), ...(s.notes.trim() === '' ? {} : { notes: s.notes.trim() }), activate: true },
    title: `A new version of ${s.product.name}`,
  });
  const make = useWrite<Step, Version>(describe, { quiet: true });
  const run = async (to: FileName): Promise<void> => {
    setBusy(true);
    let done = 0;
    try {
      for (const product of chosen) {
        await make.runAsync({ product, by: to, notes });
        done++;
      }
      close();
    } catch {
      // The form shows what was refused; those before it have their version.
    }
    if (done > 0) notifyDone(`${to.name} is given by ${plural(done, 'product')} now`);
    await again('/digital-products', '/files');
    setBusy(false);
  };
  const first = chosen[0];
  return (
    <FormModal
      title={`Replace ${file.name}`}
      opened
      close={close}
      submit={`Replace in ${plural(chosen.length, 'product')}`}
      onSubmit={() => by && void run(by)}
      {...(by && first ? { call: () => describe({ product: first, by, notes }) } : {})}
      busy={busy}
      disabled={by === null || chosen.length === 0}
      error={make.error}
    >
      <Text size="sm" c="dimmed">
        Each product gets a new version with the other file in the place of this one, and its buyers get that from now on. The old file stays with the old versions.
      </Text>
      <div>
        <Text size="sm" fw={560} mb={6}>
          With
        </Text>
        {by !== null && (
          <Text size="sm" mb={6}>
            {by.name} · <Bytes value={by.size} />
          </Text>
        )}
        <Button variant="default" size="compact-sm" onClick={() => pick(true)}>
          {by === null ? 'Choose or upload a file' : 'Another file'}
        </Button>
      </div>
      <Stack gap="xs" role="group" aria-label="Products">
        {having.map((p) => (
          <Checkbox key={p.id} label={p.name} description={p.notify_when_updated ? 'Its buyers are told by mail.' : undefined} checked={!left.includes(p.id)} onChange={(e) => setLeft(e.currentTarget.checked ? left.filter((id) => id !== p.id) : [...left, p.id])} />
        ))}
        {!loading && having.length === 0 && <Text size="sm">No product gives this file at present.</Text>}
      </Stack>
      <Textarea label="What is new" description="Shown to buyers." autosize minRows={2} maxRows={6} value={notes} onChange={(e) => setNotes(e.currentTarget.value)} />
      <FilePicker opened={picking} close={() => pick(false)} chosen={[]} choose={(files) => setBy(files.filter((f) => f.id !== file.id).at(-1) ?? null)} title="Choose one file" />
    </FormModal>
  );
}
