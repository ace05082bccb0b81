// The whole of one order, as its page and the drawer beside the list show it.
import { Anchor, Button, Group, Modal, Skeleton, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleDashed, IconClock, IconExternalLink, IconInfoCircle, IconPencil } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { Message } from '@/api/types/message';
import type { Order, OrderLine } from '@/api/types/order';
import { CopyButton, ErrorPanel, JsonBlock, KeyValue, Money, Section, ServerState, When, words, type Tone } from '@/parts';
import { useEscape } from '@/parts/escape';
import { OrderActions, type OrderDialog } from './actions';
import { CancelDialog, CorrectDialog, FilesDialog, KeysDialog, RefundDialog } from './dialogs';
import { CustomerNote } from './customer-note';
import { checks, customerName, keysOwed, units, type Check } from './facts';
import { History } from './history';
import { languageName } from './languages';
import { LineCard, type LineDialog } from './line-card';
import { UrlsDialog } from './urls-dialog';
import { useOrder, useRemedies } from './use-order';
import classes from './order.module.css';

interface Props {
  id: string;
  /** Puts the title, its states and the actions where they belong. */
  frame: (head: { order: Order | undefined; actions: ReactNode }, body: ReactNode) => ReactNode;
}

export function OrderView({ id, frame }: Props) {
  const read = useOrder(id);
  const order = read.order.data;
  if (order === undefined) {
    return frame({ order: undefined, actions: null }, read.order.error ? <div className="card"><ErrorPanel error={read.order.error} retry={() => void read.order.refetch()} /></div> : <Waiting />);
  }
  return <Loaded order={order} read={read} frame={frame} />;
}

function Loaded({ order, read, frame }: { order: Order; read: ReturnType<typeof useOrder>; frame: Props['frame'] }) {
  const remedies = useRemedies(order);
  const [dialog, setDialog] = useState<OrderDialog | LineDialog | null>(null);
  const [lineID, setLine] = useState<string | null>(null);
  const line = order.lines.find((l) => l.id === lineID) ?? null;
  const open = (d: OrderDialog | LineDialog, l?: OrderLine) => {
    setLine(l?.id ?? null);
    setDialog(d);
  };
  const close = () => setDialog(null);
  useEscape(dialog === 'json', close);
  const product = line ? read.products.get(line.digital_product.id) : undefined;
  const pageUrl = read.page.data?.url;
  const bought = order.lines.reduce((n, l) => n + l.price_cents * l.quantity, 0);
  const back = order.lines.reduce((n, l) => n + l.price_cents * l.refunded_quantity, 0);

  return frame(
    { order, actions: <OrderActions order={order} remedies={remedies} pageUrl={pageUrl} open={open} /> },
    <div className={classes.order}>
      <CustomerNote id={order.customer.id} />
      <Checks list={checks(order, read.products, read.mails.rows)} />
      <div className={classes.columns}>
        <div>
          <Section title={order.lines.length === 1 ? 'What was bought' : `What was bought, ${order.lines.length} lines`} flush>
            <ul className={classes.lines}>
              {order.lines.map((l) => (
                <LineCard key={l.id} order={order} line={l} product={read.products.get(l.digital_product.id)} remedies={remedies} open={open} />
              ))}
            </ul>
            <div className={classes.totals}>
              <span>Total</span>
              <span>
                <Money cents={bought} currency={order.currency} />
                {back > 0 && (
                  <Text span inherit c="dimmed" fw={400}>
                    {' '}
                    less <Money cents={back} currency={order.currency} /> refunded
                  </Text>
                )}
              </span>
            </div>
          </Section>
          <History events={read.timeline.data} error={read.timeline.error} retry={() => void read.timeline.refetch()} />
        </div>
        <div>
          <CustomerSection order={order} correct={() => open('correct')} />
          {pageUrl !== undefined && (
            <Section title="The buyer’s page" lead="Whoever has its address has the goods.">
              <Group gap="xs">
                <Button component="a" href={pageUrl} target="_blank" rel="noopener" variant="default" size="compact-sm" leftSection={<IconExternalLink size={15} aria-hidden />}>
                  Open it
                </Button>
                <CopyButton value={pageUrl} label="Copy the address of the buyer’s page" withText />
              </Group>
            </Section>
          )}
          <Mails list={read.mails.rows} loading={read.mails.loading} />
          <Section title="Order">
            <KeyValue
              items={[
                ['Placed', <When key="p" at={order.created_at} show="exact" />],
                ['Came from', words(order.source)],
                ['Reference', order.external_reference && <span className="mono">{order.external_reference}</span>],
                ['Shop’s id', order.gid && <span className="mono">{order.gid}</span>],
                ['Type', order.type && words(order.type)],
                ['Risk', order.risk_level && words(order.risk_level)],
                ['History', order.is_imported && 'Taken over from another system'],
                ['Id', <span key="i" className={`mono ${classes.id ?? ''}`}>{order.id} <CopyButton value={order.id} label="Copy the id of the order" /></span>],
              ]}
            />
          </Section>
        </div>
      </div>

      {dialog === 'urls' && line && <UrlsDialog order={order} line={line} product={product} close={close} />}
      <CorrectDialog order={order} opened={dialog === 'correct'} close={close} />
      <RefundDialog order={order} line={line} opened={dialog === 'refund'} close={close} />
      <CancelDialog order={order} line={line} opened={dialog === 'cancel'} close={close} />
      <FilesDialog order={order} line={line} opened={dialog === 'files'} close={close} />
      <KeysDialog order={order} line={line} owed={line ? keysOwed(line, product) || units(line) : 0} opened={dialog === 'keys'} close={close} />
      <Modal opened={dialog === 'json'} onClose={close} closeOnEscape={false} title={`${order.name} as JSON`} size="xl">
        <JsonBlock value={order} label="the order as JSON" />
      </Modal>
    </div>,
  );
}

const marks: Readonly<Record<Tone, typeof IconClock>> = { green: IconCircleCheck, amber: IconClock, red: IconAlertTriangle, blue: IconInfoCircle, gray: IconCircleDashed };

function Checks({ list }: { list: readonly Check[] }) {
  return (
    <ul className={`card ${classes.checks}`} aria-label="Where the order stands">
      {list.map((c) => {
        const Mark = marks[c.tone];
        return (
          <li key={c.key} className={classes.check}>
            <div className={classes.label}>{c.label}</div>
            <div className={classes.verdict} data-tone={c.tone}>
              <Mark size={17} stroke={2} aria-hidden />
              {c.verdict}
            </div>
            {c.detail !== null && <div className={classes.detail}>{c.detail}</div>}
          </li>
        );
      })}
    </ul>
  );
}

function CustomerSection({ order, correct }: { order: Order; correct: () => void }) {
  const c = order.customer;
  const name = customerName(c);
  return (
    <Section
      title="Customer"
      actions={
        <Button variant="subtle" size="compact-sm" leftSection={<IconPencil size={14} aria-hidden />} onClick={correct}>
          Correct
        </Button>
      }
    >
      <Stack gap={2}>
        <Anchor component={Link} to={`/customers/${c.id}`} fw={560}>
          {name || c.email || 'Without a name'}
        </Anchor>
        {c.email !== null && name !== '' && (
          <Group gap={4} wrap="nowrap">
            <Text size="sm" className={classes.what}>
              {c.email}
            </Text>
            <CopyButton value={c.email} label="Copy the address" />
          </Group>
        )}
        {c.locale && (
          <Text size="sm" c="dimmed">
            {languageName(c.locale)}
          </Text>
        )}
      </Stack>
    </Section>
  );
}

function Mails({ list, loading }: { list: readonly Message[]; loading: boolean }) {
  return (
    <Section title="Mails" flush>
      {loading ? (
        <Stack gap="xs" p="md" pt={0} aria-busy>
          <Skeleton h={14} w="80%" />
          <Skeleton h={14} w="60%" />
        </Stack>
      ) : list.length === 0 ? (
        <Text size="sm" c="dimmed" px="1.1rem" pb="1rem">
          None was sent.
        </Text>
      ) : (
        <ul className={classes.mails}>
          {list.map((m) => (
            <li key={m.id}>
              <div>
                <Anchor component={Link} to={`/mail/${m.id}`} size="sm">
                  {m.subject}
                </Anchor>
                <Text size="xs" c="dimmed">
                  {m.to} · <When at={m.created_at} />
                </Text>
              </div>
              <ServerState value={m.state} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Waiting() {
  return (
    <Stack aria-busy aria-label="Loading the order" role="status">
      <Skeleton h={84} radius="lg" />
      <Skeleton h={190} radius="lg" />
      <Skeleton h={280} radius="lg" />
    </Stack>
  );
}
