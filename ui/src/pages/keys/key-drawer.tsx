// One key: whose it is, and taking it, giving it, deleting it.
import { Anchor, Button, Checkbox, Drawer, Group, Skeleton, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Call } from '@/api/client';
import { useRead, useWrite } from '@/api/hooks';
import type { LicenseKey } from '@/api/types/key';
import { CallButton, ConfirmModal, CopyButton, ErrorAlert, ErrorPanel, KeyValue, StatePill, When } from '@/parts';

export function KeyDrawer({ id, close }: { id: string | null; close: () => void }) {
  return (
    <Drawer opened={id !== null} onClose={close} position="right" size="md" title="Licence key">
      {id !== null && <Content key={id} id={id} close={close} />}
    </Drawer>
  );
}

const touched = ['/license-key', '/orders'];

function Content({ id, close }: { id: string; close: () => void }) {
  const { data: k, error, refetch } = useRead<LicenseKey>(`/license-keys/${id}`, undefined, { title: 'Read this key' });
  const [asking, ask] = useDisclosure(false);
  const [taking, take] = useDisclosure(false);
  const unassign = useWrite((): Call => ({ method: 'POST', path: `/license-keys/${id}/unassign`, title: 'Return the key to stock' }), { done: 'The key is in stock again', refresh: touched, quiet: true, then: take.close });
  const remove = useWrite((): Call => ({ method: 'DELETE', path: `/license-keys/${id}`, title: 'Delete the key' }), { done: 'Key deleted', refresh: touched, quiet: true, then: close });
  if (error) return <ErrorPanel error={error} retry={() => void refetch()} />;
  if (!k) return <Skeleton h={220} />;
  return (
    <Stack gap="lg">
      <Group className="card" p="sm" justify="space-between" wrap="nowrap">
        <span className="mono">{k.key}</span>
        <CopyButton value={k.key} label="Copy the key" withText />
      </Group>
      <KeyValue
        items={[
          ['State', k.assigned ? <StatePill key="s" tone="blue">Assigned</StatePill> : <StatePill key="s" tone="green">Free</StatePill>],
          ['Tag', k.tag ?? 'none'],
          k.order_id !== null && ['Order', <Anchor key="o" component={Link} to={`/orders/${k.order_id}`} size="sm">{k.order_name}</Anchor>],
          ['Added', <When key="a" at={k.created_at} show="both" />],
          ['Id', <span key="i" className="mono">{k.id} <CopyButton value={k.id} label="Copy the id" /></span>],
        ]}
      />
      {k.assigned ? (
        <Group gap="xs">
          <Button variant="default" onClick={take.open}>
            Return to stock
          </Button>
        </Group>
      ) : (
        <>
          <Give id={id} />
          <Group gap="xs">
            <Button variant="subtle" color="red" onClick={ask.open}>
              Delete
            </Button>
          </Group>
        </>
      )}
      <ConfirmModal title="Return the key to stock" opened={taking} close={take.close} confirm="Return to stock" onConfirm={() => unassign.run()} call={() => unassign.describe()} busy={unassign.busy} error={unassign.error}>
        Order {k.order_name} does not show it any more, and the next buyer may get it. The customer who has seen it still knows it.
      </ConfirmModal>
      <ConfirmModal title="Delete this key" opened={asking} close={ask.close} confirm="Delete key" onConfirm={() => remove.run()} call={() => remove.describe()} busy={remove.busy} error={remove.error}>
        It is gone for good, and is unknown to whoever asks whether it is valid.
      </ConfirmModal>
    </Stack>
  );
}

function Give({ id }: { id: string }) {
  const [order, setOrder] = useState('');
  const [mail, setMail] = useState(true);
  const describe = (): Call => ({ method: 'POST', path: `/license-keys/${id}/assign`, body: { order_name: order.trim(), send_email: mail }, title: 'Assign the key' });
  const give = useWrite(describe, { done: 'The key is assigned', refresh: touched, quiet: true });
  return (
    <form
      className="card"
      style={{ padding: '1rem' }}
      onSubmit={(e) => {
        e.preventDefault();
        give.run();
      }}
    >
      <Stack gap="sm">
        <TextInput label="Give it to an order" placeholder="#1001" value={order} onChange={(e) => setOrder(e.currentTarget.value)} error={give.error?.fields['order_name']} />
        <Checkbox label="Send the delivery e-mail" checked={mail} onChange={(e) => setMail(e.currentTarget.checked)} />
        <ErrorAlert error={give.error} />
        <Group justify="space-between">
          <CallButton call={describe} />
          <Button type="submit" disabled={order.trim() === ''} loading={give.busy}>
            Assign
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
