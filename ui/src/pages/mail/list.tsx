import { Button, Stack, Text } from '@mantine/core';
import { IconMail } from '@tabler/icons-react';
import { Link } from 'react-router';
import { useList } from '@/api/hooks';
import { useIsAdmin, useSession } from '@/api/session';
import type { Message } from '@/api/types/message';
import { DataTable, EmptyState, FilterBar, PageHeader, ServerState, When, useFilters, type Column, type FilterField } from '@/parts';
import { kindName, kindOptions } from './words';

const none = { search: '', state: '', kind: '' };

const fields: readonly FilterField<keyof typeof none>[] = [
  { key: 'search', label: 'Search mails', kind: 'search', placeholder: 'Address, order or subject' },
  {
    key: 'state', label: 'State', kind: 'select',
    options: [
      { value: 'sent', label: 'Sent' },
      { value: 'queued', label: 'On its way' },
      { value: 'deferred', label: 'Refused for now' },
      { value: 'failed', label: 'Failed' },
      { value: 'kept', label: 'Kept on the server' },
    ],
  },
  { key: 'kind', label: 'Kind', kind: 'select', options: kindOptions },
];

const columns: readonly Column<Message>[] = [
  {
    key: 'subject', title: 'Subject', card: 'title', width: '44%',
    cell: (m) => (
      <Stack gap={0}>
        <span>{m.subject}</span>
        {m.error !== null && (
          <Text size="xs" c="var(--tone-red)" lineClamp={2}>
            {m.error}
          </Text>
        )}
      </Stack>
    ),
  },
  { key: 'to', title: 'To', cell: (m) => m.to, card: 'plain' },
  { key: 'kind', title: 'Kind', cell: (m) => kindName(m.kind), card: 'hide' },
  { key: 'state', title: 'State', cell: (m) => <ServerState value={m.state} />, card: 'aside' },
  { key: 'when', title: 'When', align: 'right', cell: (m) => <When at={m.created_at} />, card: 'plain' },
];

export default function Mail() {
  const filters = useFilters(none);
  const { server } = useSession();
  const admin = useIsAdmin();
  const list = useList<Message>('/messages', filters.values, { every: 30_000, title: 'List messages' });
  return (
    <>
      <PageHeader
        title="Mail"
        lead={
          server.mail === 'kept' ? (
            <>
              No mail server is set up: every mail stays here, to be read as the customer would.
            </>
          ) : (
            'Every mail that left, and where it stands.'
          )
        }
        actions={
          admin && (
            <Button component={Link} to="/settings/templates" variant="default">
              Change the texts
            </Button>
          )
        }
      />
      <FilterBar fields={fields} filters={filters} />
      <DataTable
        label="Mails"
        columns={columns}
        list={list}
        rowKey={(m) => m.id}
        rowHref={(m) => `/mail/${m.id}`}
        empty={
          filters.any ? (
            <EmptyState icon={IconMail} title="No mail is like that" action={<Button variant="default" onClick={filters.clear}>Clear the filters</Button>}>
              The search finds the beginning of an address, and the whole name of an order, such as #1001.
            </EmptyState>
          ) : (
            <EmptyState icon={IconMail} title="No mail yet" action={<Button component={Link} to="/orders/new">New order</Button>}>
              Each paid order sends one, with the way to its files and keys. What comes back stands here too, and on Today.
            </EmptyState>
          )
        }
      />
    </>
  );
}
