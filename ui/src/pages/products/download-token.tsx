// A download token by hand: for how long, how often, for whom.
import { Alert, Anchor, Button, Group, Modal, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { useState } from 'react';
import type { Call } from '@/api/client';
import { useList, useWrite } from '@/api/hooks';
import type { Product, Version } from '@/api/types/product';
import { CopyButton, FormModal, When } from '@/parts';

interface Made {
  url: string;
  token: string;
  expires_at: string;
}

const lives = [
  { value: '3600', label: '1 hour' },
  { value: '86400', label: '1 day' },
  { value: '604800', label: '7 days' },
  { value: '2592000', label: '30 days' },
  { value: '31536000', label: '1 year' },
];

interface Values {
  version_id: string | null;
  expires_in: string;
  max_downloads: number | string;
  email: string;
  name: string;
}

/** Asks what the token is to be, then shows it this once. */
export function DownloadToken({ product, close }: { product: Product; close: () => void }) {
  const [v, setValues] = useState<Values>({ version_id: product.active_version_id, expires_in: '86400', max_downloads: '', email: '', name: '' });
  const versions = useList<Version>(`/digital-products/${product.id}/versions`, { sort: '-created_at' }, { title: 'List versions' });
  const describe = (x: Values): Call => ({
    method: 'POST',
    path: `/digital-products/${product.id}/test-download`,
    body: {
      version_id: x.version_id,
      expires_in: Number(x.expires_in),
      max_downloads: typeof x.max_downloads === 'number' ? x.max_downloads : null,
      email: x.email.trim() === '' ? null : x.email.trim(),
      name: x.name.trim() === '' ? null : x.name.trim(),
    },
    title: 'Make a download token',
  });
  const make = useWrite<Values, Made>(describe, { quiet: true, refresh: ['/audit-log'] });
  const set = (change: Partial<Values>) => setValues((old) => ({ ...old, ...change }));
  const wrong = make.error?.fields ?? {};
  if (make.result !== undefined) return <Shown made={make.result} name={product.name} close={close} />;
  const ready = versions.rows.filter((x) => x.state === 'ready');
  return (
    <FormModal title="Generate a download token" opened close={close} submit="Generate token" onSubmit={() => make.run(v)} call={() => describe(v)} busy={make.busy} error={Object.keys(wrong).length === 0 ? make.error : null}>
      <Text size="sm" c="dimmed">
        For somebody who has no order, such as the press. Whoever has the address gets the files; it uses nobody’s allowance.
      </Text>
      <Select label="Version" data={ready.map((x) => ({ value: x.id, label: x.is_active ? `${x.version}, the active one` : x.version }))} value={v.version_id} onChange={(id) => set({ version_id: id })} allowDeselect={false} />
      <Group grow align="flex-start">
        <Select label="Works for" data={lives} value={v.expires_in} onChange={(s) => set({ expires_in: s ?? '86400' })} allowDeselect={false} error={wrong['expires_in']} />
        <NumberInput label="Copies of each file" placeholder="any number" min={1} max={1000} allowDecimal={false} value={v.max_downloads} onChange={(n) => set({ max_downloads: n })} error={wrong['max_downloads']} />
      </Group>
      <TextInput label="Their name" value={v.name} maxLength={200} onChange={(e) => set({ name: e.currentTarget.value })} error={wrong['name']} />
      <TextInput label="Their e-mail" type="email" description={product.stamping.enabled ? 'PDFs are stamped with name and address.' : 'Noted in the audit log; nothing is mailed.'} value={v.email} onChange={(e) => set({ email: e.currentTarget.value })} error={wrong['email']} />
    </FormModal>
  );
}

function Shown({ made, name, close }: { made: Made; name: string; close: () => void }) {
  return (
    <Modal opened onClose={close} title={`Download token for ${name}`} size="lg">
      <Stack>
        <Alert color="amber" variant="light">
          It is shown this once, and works until <When at={made.expires_at} show="exact" />.
        </Alert>
        <Group wrap="nowrap" gap="xs" className="card" p="xs" pl="md">
          <Anchor href={made.url} target="_blank" rel="noopener" className="mono" flex={1} size="sm" data-testid="token-url" style={{ overflowWrap: 'anywhere' }}>
            {made.url}
          </Anchor>
          <CopyButton value={made.url} label="Copy the address" withText />
        </Group>
        <Group justify="flex-end">
          <Button component="a" href={made.url} target="_blank" rel="noopener" variant="default" leftSection={<IconExternalLink size={16} aria-hidden />}>
            Open it
          </Button>
          <Button onClick={close}>Done</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
