// Sending past events again: a range, or what was missed.
import { Radio, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useWrite } from '@/api/hooks';
import type { Endpoint } from '@/api/types/webhook';
import { FormModal, plural } from '@/parts';

interface Range {
  since: string;
  only_failed: boolean;
}

export function ReplayModal({ endpoint, opened, close }: { endpoint: Endpoint; opened: boolean; close: () => void }) {
  const [kind, setKind] = useState<'failed' | 'all'>('failed');
  const [since, setSince] = useState(() => local(new Date(Date.now() - 86_400_000)));
  const replay = useWrite<Range, { replayed: number }>(
    (r) => ({
      method: 'POST',
      path: `/webhook-endpoints/${endpoint.id}/replay`,
      body: { ...(r.since === '' ? {} : { since: new Date(r.since).toISOString() }), only_failed: r.only_failed },
      title: 'Send past events again',
    }),
    {
      done: (r) => (r.replayed === 0 ? 'There was nothing to send again' : `${plural(r.replayed, 'event')} on the way`),
      refresh: ['/webhook-endpoints', '/webhook-deliveries'],
      quiet: true,
      then: close,
      sample: { since: '2026-05-14T00:00:00Z', only_failed: true },
    },
  );
  const range: Range = { since, only_failed: kind === 'failed' };
  return (
    <FormModal title="Send past events again" opened={opened} close={close} submit="Send again" onSubmit={() => replay.run(range)} call={() => replay.describe(range)} busy={replay.busy} error={replay.error} size="md">
      <Radio.Group label="Which" value={kind} onChange={(v) => setKind(v === 'all' ? 'all' : 'failed')}>
        <Stack gap="xs" mt={6}>
          <Radio value="failed" label="Only what it missed" description="Events whose delivery failed." />
          <Radio value="all" label="Everything" description="Also what it answered already. Your program sees the same event ids again." />
        </Stack>
      </Radio.Group>
      <TextInput type="datetime-local" label="Since" description="At most 30 days back. In the time of this computer." value={since} onChange={(e) => setSince(e.currentTarget.value)} required={kind === 'all'} error={replay.error?.fields['since']} />
    </FormModal>
  );
}

/** The instant as a datetime-local field wants it. */
function local(at: Date): string {
  const shifted = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
