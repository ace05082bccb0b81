// Webhook endpoints: who is told what, and whether it arrives.
import { Button, Group, Text } from '@mantine/core';
import { IconPlus, IconWebhook } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { useList } from '@/api/hooks';
import type { Endpoint } from '@/api/types/webhook';
import { count, DataTable, EmptyState, PageHeader, SecretModal, useNewDialog, When, type Column } from '@/parts';
import { ReferenceLink } from '@/shell/scope-switch';
import { EndpointForm } from './endpoint-form';
import { EndpointState } from './state';
import { VerifySample } from './verify-sample';

const columns: Column<Endpoint>[] = [
  { key: 'name', title: 'Name', cell: (e) => (e.dialect === 'publicala' ? `${e.name}, from the settings` : e.name) },
  { key: 'url', title: 'URL', cell: (e) => <span className="mono">{e.url}</span> },
  { key: 'events', title: 'Events', align: 'right', cell: (e) => count(e.events.length) },
  { key: 'state', title: 'State', card: 'aside',
    cell: (e) => (
      <Group gap={6}>
        <EndpointState endpoint={e} />
        {e.enabled && e.failing_since && (
          <Text span size="xs" c="dimmed">
            since <When at={e.failing_since} />
          </Text>
        )}
      </Group>
    ),
  },
  { key: 'made', title: 'Created', align: 'right', cell: (e) => <When at={e.created_at} />, card: 'hide' },
];

export default function Webhooks() {
  const list = useList<Endpoint>('/webhook-endpoints', { dialect: 'any' }, { title: 'List endpoints' });
  const dialog = useNewDialog();
  const go = useNavigate();
  const [made, setMade] = useState<Endpoint | null>(null);
  return (
    <>
      <PageHeader
        title="Webhooks"
        lead={
          <>
            Your own systems are told what happens here, signed, and again until they answer. The <ReferenceLink /> shows the body of each event.
          </>
        }
        actions={
          <>
            <Button component={Link} to="/webhooks/deliveries" variant="default">
              All deliveries
            </Button>
            <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={dialog.open}>
              New endpoint
            </Button>
          </>
        }
      />
      <DataTable
        label="Webhook endpoints"
        columns={columns}
        list={list}
        rowKey={(e) => e.id}
        rowHref={(e) => `/webhooks/${e.id}`}
        empty={
          <EmptyState icon={IconWebhook} title="Nobody is told yet" action={<Button onClick={dialog.open}>Add the first endpoint</Button>}>
            Give the address of a program of yours. It gets an order the moment it is paid, a download when it is done, a refund when it happens: signed, so that it can trust them.
          </EmptyState>
        }
      />
      {dialog.opened && (
        <EndpointForm
          opened
          close={dialog.close}
          done={(e) => {
            dialog.close();
            setMade(e);
          }}
        />
      )}
      <SecretModal
        title={`Secret of ${made?.name ?? ''}`}
        secret={made?.secret ?? null}
        close={() => {
          void go(`/webhooks/${made?.id ?? ''}`);
          setMade(null);
        }}
      >
        <VerifySample />
      </SecretModal>
    </>
  );
}
