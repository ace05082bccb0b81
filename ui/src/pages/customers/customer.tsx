// One customer: what they bought, fetched, hold and were mailed.
import { Alert, Anchor, Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { IconDownload, IconLogout, IconMail, IconReceipt2, IconUserCheck, IconUserOff } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { useList, useRead, useWrite } from '@/api/hooks';
import type { Message } from '@/api/types/message';
import type { Customer, DownloadEvent, Order } from '@/api/types/order';
import { Bytes, ConfirmModal, CopyButton, DataTable, EmptyState, ErrorPanel, Figure, Figures, KeyValue, Money, PageHeader, Section, ServerState, StatePill, When, count, plural, type Column } from '@/parts';
import { customerName } from '../orders/facts';
import { languageName } from '../orders/languages';
import { OrderStates } from '../orders/states';
import { Spent } from './spent';
import classes from './customer.module.css';

const orderColumns: readonly Column<Order>[] = [
  { key: 'name', title: 'Order', cell: (o) => o.name, card: 'title' },
  { key: 'products', title: 'Products', cell: (o) => <Text span inherit lineClamp={2}>{o.lines.map((l) => l.digital_product.name).join(', ')}</Text>, card: 'plain', width: '40%' },
  { key: 'state', title: 'State', cell: (o) => <OrderStates order={o} />, card: 'plain' },
  { key: 'total', title: 'Total', align: 'right', cell: (o) => <Money cents={o.total_cents} currency={o.currency} />, card: 'aside' },
  { key: 'when', title: 'Placed', align: 'right', cell: (o) => <When at={o.created_at} />, card: 'plain' },
];

const mailColumns: readonly Column<Message>[] = [
  { key: 'subject', title: 'Subject', cell: (m) => m.subject, card: 'title' },
  { key: 'state', title: 'State', cell: (m) => <ServerState value={m.state} />, card: 'aside' },
  { key: 'when', title: 'When', align: 'right', cell: (m) => <When at={m.created_at} />, card: 'plain' },
];

interface Fetched extends DownloadEvent {
  order: Order;
}

const downloadColumns: readonly Column<Fetched>[] = [
  { key: 'file', title: 'File', cell: (d) => d.file.name, card: 'title' },
  { key: 'share', title: 'Transferred', cell: (d) => (d.bytes >= d.file.size ? 'whole' : <><Bytes value={d.bytes} /> of <Bytes value={d.file.size} /></>) },
  { key: 'from', title: 'From', cell: (d) => d.ip ?? '–', card: 'plain' },
  { key: 'when', title: 'When', align: 'right', cell: (d) => <When at={d.created_at} />, card: 'plain' },
];

export default function CustomerPage() {
  const { id = '' } = useParams();
  const customer = useRead<Customer>(`/customers/${id}`, undefined, { title: 'Read the customer' });
  const c = customer.data;
  const orders = useList<Order>(`/customers/${id}/orders`, { include: ['downloads'] }, { title: 'Their orders' });
  const mails = useList<Message>('/messages', { to: c?.email ?? '' }, { enabled: c !== undefined && c.email !== null, title: 'Their mails' });
  const back = { to: '/customers', label: 'Customers' };
  if (customer.error && !c) {
    return (
      <>
        <PageHeader title="Customer" back={back} />
        <div className="card">
          <ErrorPanel error={customer.error} retry={() => void customer.refetch()} />
        </div>
      </>
    );
  }
  const name = c ? customerName(c) || c.email || 'Without a name' : 'Customer';
  const fetched = orders.rows
    .flatMap((order) => order.lines.flatMap((l) => (l.downloads ?? []).map((d): Fetched => ({ ...d, order }))))
    .sort((a, b) => b.created_at.localeCompare(a.created_at));
  const keys = orders.rows.flatMap((order) => order.lines.flatMap((l) => l.license_keys.map((key) => ({ key, product: l.digital_product, order }))));
  return (
    <>
      <PageHeader
        title={name}
        back={back}
        lead={
          c?.email && name !== c.email ? (
            <>
              {c.email} <CopyButton value={c.email} label="Copy the address" />
            </>
          ) : c ? undefined : (
            <Skeleton h={28} w="14rem" />
          )
        }
        state={c?.deactivated_at ? <StatePill tone="red">Deactivated</StatePill> : undefined}
        actions={
          c && (
            <>
              {c.email && <EmailButton email={c.email} />}
              <Deactivate customer={c} />
            </>
          )
        }
      />
      {c?.deactivated_at && (
        <Alert color="red" variant="light" icon={<IconUserOff size={18} />} mb="md" title="Deactivated">
          Since <When at={c.deactivated_at} show="both" /> they cannot sign in, and none of their orders gives its files or shows its keys. Their orders and what they paid stay as they are.
        </Alert>
      )}
      <Figures>
        <Figure label="Orders" value={count(c?.orders ?? 0)} loading={!c} />
        <Figure label="Spent" value={<Spent amounts={c?.spent ?? []} />} loading={!c} />
        <Figure label="Downloads" value={`${count(fetched.length)}${orders.hasMore ? ' +' : ''}`} loading={orders.loading} />
        <Figure label="Licence keys" value={`${count(keys.length)}${orders.hasMore ? ' +' : ''}`} loading={orders.loading} />
      </Figures>
      <div className={classes.columns} key={c && !orders.loading ? 'known' : 'unknown'}>
        <div>
          <Section title="Orders" flush>
            <DataTable label="Orders of the customer" columns={orderColumns} list={orders} rowKey={(o) => o.id} rowHref={(o) => `/orders/${o.id}`} empty={<EmptyState icon={IconReceipt2} title="No order">None in this mode.</EmptyState>} />
          </Section>
          <Section title="Downloads" flush lead={orders.hasMore ? 'Of the orders above.' : undefined}>
            <DataTable
              label="Downloads of the customer"
              columns={downloadColumns}
              list={{ rows: fetched.slice(0, 50), loading: orders.loading }}
              rowKey={(d) => d.id}
              rowHref={(d) => `/orders/${d.order.id}`}
              empty={<EmptyState icon={IconDownload} title="Nothing fetched yet">Each copy of a file stands here, with how much of it arrived.</EmptyState>}
            />
          </Section>
          <Section title="Mails" flush>
            <DataTable label="Mails to the customer" columns={mailColumns} list={mails} rowKey={(m) => m.id} rowHref={(m) => `/mail/${m.id}`} empty={<EmptyState icon={IconMail} title="No mail">None was sent to the present address.</EmptyState>} />
          </Section>
        </div>
        <div>
          <Section title="Details">
            {c ? (
              <KeyValue
                items={[
                  ['E-mail', c.email],
                  ['Language', languageName(c.locale)],
                  ['Last order', <When key="l" at={c.last_order_at} none="none" />],
                  ['Since', <When key="s" at={c.created_at} />],
                  ['Own id', c.external_id && <span className="mono">{c.external_id}</span>],
                  ['Shop’s id', c.gid && <span className="mono">{c.gid}</span>],
                ]}
              />
            ) : (
              <Skeleton h={80} />
            )}
          </Section>
          <Section title="Licence keys">
            {keys.length === 0 ? (
              <Text size="sm" c="dimmed">
                None.
              </Text>
            ) : (
              <ul className={classes.keys}>
                {keys.map((k) => (
                  <li key={k.key + k.order.id}>
                    <span className="mono">{k.key}</span> <CopyButton value={k.key} label={`Copy the key ${k.key}`} />
                    <Text size="xs" c="dimmed">
                      {k.product.name},{' '}
                      <Anchor component={Link} to={`/orders/${k.order.id}`} inherit underline="always">
                        {k.order.name}
                      </Anchor>
                    </Text>
                  </li>
                ))}
              </ul>
            )}
          </Section>
          {c && <Sessions customer={c} />}
        </div>
      </div>
    </>
  );
}

function Deactivate({ customer: c }: { customer: Customer }) {
  const [asked, ask] = useState(false);
  const off = c.deactivated_at !== null;
  const set = useWrite<boolean, Customer>((to) => ({ method: 'POST', path: `/customers/${c.id}/${to ? 'deactivate' : 'reactivate'}`, title: to ? 'Deactivate the customer' : 'Reactivate the customer' }), {
    done: (_, to) => (to ? 'Deactivated: nothing of theirs opens any more' : 'Reactivated: they have what they had'),
    refresh: ['/customers', '/orders', '/audit-log'],
    quiet: true,
    then: () => ask(false),
  });
  return (
    <>
      {off ? (
        <Button leftSection={<IconUserCheck size={16} aria-hidden />} loading={set.busy} onClick={() => set.run(false)}>
          Reactivate
        </Button>
      ) : (
        <Button variant="default" leftSection={<IconUserOff size={16} aria-hidden />} onClick={() => ask(true)}>
          Deactivate
        </Button>
      )}
      <ConfirmModal title="Deactivate this customer" opened={asked} close={() => ask(false)} confirm="Deactivate" onConfirm={() => set.run(true)} call={() => set.describe(true)} busy={set.busy} error={set.error}>
        {c.email ?? 'The customer'} is signed out and cannot sign in, and no order of theirs gives its files or shows its keys, new ones included. Nothing is cancelled or refunded; reactivating gives everything back.
      </ConfirmModal>
    </>
  );
}

function EmailButton({ email }: { email: string }) {
  return (
    <Button component="a" href={`mailto:${email}`} variant="default" leftSection={<IconMail size={16} aria-hidden />}>
      Write to them
    </Button>
  );
}

/** "Firefox on Windows", or what is known of it. */
function deviceOf(s: { browser: string | null; system: string | null }): string {
  return [s.browser, s.system].filter((name) => name !== null).join(' on ') || 'A browser';
}

function Sessions({ customer }: { customer: Customer }) {
  const sessions = customer.sessions ?? [];
  const [asked, ask] = useState(false);
  const end = useWrite(() => ({ method: 'DELETE', path: `/customers/${customer.id}/sessions`, title: 'Sign the customer out everywhere' }), {
    done: 'Signed out everywhere',
    refresh: [`/customers/${customer.id}`],
    then: () => ask(false),
    quiet: true,
  });
  const endOne = useWrite<string>((id) => ({ method: 'DELETE', path: `/customers/${customer.id}/sessions/${id}`, title: 'Sign the customer out of one browser' }), {
    done: 'Signed out',
    refresh: [`/customers/${customer.id}`],
  });
  return (
    <Section title="Signed in at" lead="Where this customer’s library is open.">
      {sessions.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nowhere.
        </Text>
      ) : (
        <Stack gap="xs">
          {sessions.map((s) => (
            <Group key={s.id} justify="space-between" gap="xs" wrap="nowrap">
              <Text size="sm">
                {deviceOf(s)}, since <When at={s.created_at} />
              </Text>
              <Button size="compact-sm" variant="subtle" onClick={() => endOne.run(s.id)} aria-label={`Sign out ${deviceOf(s)}`}>
                Sign out
              </Button>
            </Group>
          ))}
          <div>
            <Button variant="default" size="compact-sm" leftSection={<IconLogout size={15} aria-hidden />} onClick={() => ask(true)}>
              Sign out everywhere
            </Button>
          </div>
        </Stack>
      )}
      <ConfirmModal title="Sign the customer out" opened={asked} close={() => ask(false)} confirm="Sign out everywhere" onConfirm={() => end.run()} call={() => end.describe()} busy={end.busy} error={end.error}>
        {plural(sessions.length, 'session')} of {customer.email ?? 'this customer'} will end. They sign in again with a code by mail; links in mails go on working.
      </ConfirmModal>
    </Section>
  );
}
