// What customers ask for when their downloads are used up; answered in one click.
import { Anchor, Button, Group, NumberInput, SegmentedControl, Skeleton, Text, Textarea } from '@mantine/core';
import { IconCheck, IconHandStop, IconSettings } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import { useList, useRead, useWrite } from '@/api/hooks';
import type { DownloadRequest } from '@/api/types/order';
import type { Product } from '@/api/types/product';
import { EmptyState, ErrorPanel, FormModal, PageHeader, ServerState, When, plural, useFilters } from '@/parts';
import classes from './requests.module.css';

interface Answer {
  copies?: number;
  days?: number;
}

const refresh = ['/download-requests', '/orders', '/overview', '/messages'];
const approveCall = (id: string, answer: Answer) => ({ method: 'POST', path: `/download-requests/${id}/approve`, body: answer, title: 'Approve the request' }) as const;

export default function Requests() {
  const { values, set } = useFilters({ state: 'open' });
  const list = useList<DownloadRequest>('/download-requests', { state: values.state === 'all' ? '' : values.state }, { every: 30_000, title: 'List requests' });
  const [options, setOptions] = useState<DownloadRequest | null>(null);
  const [declined, setDeclined] = useState<DownloadRequest | null>(null);
  return (
    <>
      <PageHeader title="Requests" lead="Customers who used up their downloads, or came too late, ask for more on their page. Your answer is mailed to them." />
      <Group mb="md">
        <SegmentedControl
          aria-label="State"
          value={values.state}
          onChange={(state) => set({ state })}
          data={[
            { value: 'open', label: 'Open' },
            { value: 'approved', label: 'Approved' },
            { value: 'declined', label: 'Declined' },
            { value: 'all', label: 'All' },
          ]}
        />
      </Group>
      {list.error && list.rows.length === 0 ? (
        <div className="card">
          <ErrorPanel error={list.error} retry={list.retry} />
        </div>
      ) : list.loading ? (
        <div className={classes.list} aria-busy>
          {[0, 1, 2].map((i) => (
            <Skeleton key={i} h={92} radius="lg" />
          ))}
        </div>
      ) : list.rows.length === 0 ? (
        <div className="card">
          <EmptyState icon={IconHandStop} title={values.state === 'open' ? 'Nobody waits for an answer' : 'None'}>
            When a limit is used up, the customer’s page shows “I need more downloads”. What they write stands here, and on Today, until you answer.
          </EmptyState>
        </div>
      ) : (
        <ul className={classes.list} aria-label="Requests" data-stale={list.stale || undefined}>
          {list.rows.map((r) => (
            <Request key={r.id} request={r} options={() => setOptions(r)} decline={() => setDeclined(r)} />
          ))}
        </ul>
      )}
      {list.hasMore && (
        <Group justify="center" mt="md">
          <Button variant="default" onClick={list.loadMore} loading={list.loadingMore}>
            Load more
          </Button>
        </Group>
      )}
      <ApproveDialog request={options} close={() => setOptions(null)} />
      <DeclineDialog request={declined} close={() => setDeclined(null)} />
    </>
  );
}

function Request({ request: r, options, decline }: { request: DownloadRequest; options: () => void; decline: () => void }) {
  const approve = useWrite<undefined, DownloadRequest>(() => approveCall(r.id, {}), { done: `Approved: ${r.customer_email ?? 'the customer'} can download again`, refresh, sample: undefined });
  const who = r.customer_email ?? 'A customer';
  return (
    <li className={`card ${classes.request}`}>
      <div className={classes.what}>
        <Text fw={580}>
          {who}
          {r.state !== 'open' && (
            <>
              {' '}
              <ServerState value={r.state} />
            </>
          )}
        </Text>
        <Text size="sm" c="dimmed">
          <Anchor component={Link} to={`/products/${r.product.id}`} inherit underline="always">
            {r.product.name}
          </Anchor>
          {', order '}
          <Anchor component={Link} to={`/orders/${r.order.id}`} inherit underline="always">
            {r.order.name}
          </Anchor>
          {' · '}
          <When at={r.created_at} />
        </Text>
        {r.message && <blockquote className={classes.quote}>{r.message}</blockquote>}
        {r.state === 'approved' && (
          <Text size="sm" c="dimmed">
            {r.copies ? `${plural(r.copies, 'copy', 'copies')} of each file` : 'The product’s limit again'}
            {r.open_until && (
              <>
                {', open until '}
                <When at={r.open_until} show="exact" />
              </>
            )}
            {r.decided_at && (
              <>
                {' · '}
                <When at={r.decided_at} />
              </>
            )}
          </Text>
        )}
        {r.state === 'declined' && (
          <Text size="sm" c="dimmed">
            {r.reply ? `Told: “${r.reply}”` : 'Declined without words'}
            {r.decided_at && (
              <>
                {' · '}
                <When at={r.decided_at} />
              </>
            )}
          </Text>
        )}
      </div>
      {r.state === 'open' && (
        <Group gap="xs" className={classes.deeds!}>
          <Button variant="subtle" color="gray" onClick={decline} aria-label={`Decline ${who}`}>
            Decline
          </Button>
          <Button variant="default" leftSection={<IconSettings size={15} aria-hidden />} onClick={options} aria-label={`Choose what ${who} gets`}>
            Choose
          </Button>
          <Button leftSection={<IconCheck size={16} aria-hidden />} loading={approve.busy} onClick={() => approve.run(undefined)} aria-label={`Approve ${who}`}>
            Approve
          </Button>
        </Group>
      )}
    </li>
  );
}

function ApproveDialog({ request, close }: { request: DownloadRequest | null; close: () => void }) {
  const product = useRead<Product>(`/digital-products/${request?.product.id ?? ''}`, undefined, { enabled: request !== null });
  const [copies, setCopies] = useState<number | ''>('');
  const [days, setDays] = useState<number | ''>('');
  const answer: Answer = { ...(copies === '' ? {} : { copies }), ...(days === '' ? {} : { days }) };
  const approve = useWrite<undefined, DownloadRequest>(() => approveCall(request?.id ?? '', answer), { done: 'Approved, and the customer was mailed', refresh, then: close, quiet: true });
  const { reset } = approve;
  useEffect(() => {
    if (request === null) return;
    setCopies('');
    setDays('');
    reset();
  }, [request, reset]);
  const limit = product.data?.max_downloads ?? null;
  return (
    <FormModal title={`More downloads for ${request?.customer_email ?? 'the customer'}`} opened={request !== null} close={close} submit="Approve" onSubmit={() => approve.run(undefined)} call={() => approve.describe(undefined)} busy={approve.busy} error={approve.error} size="md">
      <NumberInput label="Copies of each file" description={limit ? `Empty: the product’s limit again, ${limit}.` : 'Empty: the product’s limit again.'} placeholder={limit ? String(limit) : ''} min={1} max={1_000_000} allowDecimal={false} value={copies} onChange={(v) => setCopies(v === '' ? '' : Number(v))} data-autofocus />
      <NumberInput label="Days from now" description="Empty: access that is over is open for the product’s days again, or 30; other access keeps its end." min={1} max={100_000} allowDecimal={false} value={days} onChange={(v) => setDays(v === '' ? '' : Number(v))} />
    </FormModal>
  );
}

function DeclineDialog({ request, close }: { request: DownloadRequest | null; close: () => void }) {
  const [message, setMessage] = useState('');
  const decline = useWrite<undefined, DownloadRequest>(() => ({ method: 'POST', path: `/download-requests/${request?.id ?? ''}/decline`, body: message.trim() === '' ? {} : { message: message.trim() }, title: 'Decline the request' }), {
    done: 'Declined, and the customer was mailed',
    refresh,
    then: close,
    quiet: true,
  });
  const { reset } = decline;
  useEffect(() => {
    if (request === null) return;
    setMessage('');
    reset();
  }, [request, reset]);
  return (
    <FormModal title={`Decline ${request?.customer_email ?? 'the request'}`} opened={request !== null} close={close} submit="Decline" onSubmit={() => decline.run(undefined)} call={() => decline.describe(undefined)} busy={decline.busy} error={decline.error} danger size="md">
      <Textarea label="What the customer is told" description="It stands in the mail, as you write it." value={message} onChange={(e) => setMessage(e.currentTarget.value)} autosize minRows={3} maxLength={500} data-autofocus />
    </FormModal>
  );
}
