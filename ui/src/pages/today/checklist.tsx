// The first steps. They tick by what really happened, not by a press.
import { Anchor, Button, Progress, Text, Title } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { Link } from 'react-router';
import { useRead, useWrite } from '@/api/hooks';
import { notifyFailed } from '@/api/notify';
import { useIsAdmin, useSession } from '@/api/session';
import type { Checklist, ChecklistItem, ChecklistKey } from '@/api/types/checklist';
import { ErrorAlert, When } from '@/parts';
import classes from './today.module.css';

const deeds: Readonly<Partial<Record<ChecklistKey, string>>> = { product: 'New product', order: 'New order', webhook: 'New endpoint', token: 'New token' };
const paths: Readonly<Partial<Record<ChecklistKey, string>>> = { order: '/orders/new', webhook: '/webhooks?new', token: '/tokens?new' };

/** Nothing for members without the right, and once all is done. */
export function ChecklistCard() {
  const admin = useIsAdmin();
  const { data } = useRead<Checklist>('/checklist', undefined, { enabled: admin, every: 15_000, title: 'The first steps' });
  const items = data?.items ?? [];
  const done = items.filter((i) => i.done).length;
  if (items.length === 0 || done === items.length) return null;
  return (
    <section className={`card ${classes.checklist}`} id="getting-started" aria-labelledby="getting-started-title">
      <div className={classes.steps}>
        <Title order={2} id="getting-started-title">
          Getting started
        </Title>
        <Text size="sm" c="dimmed">
          {done} of {items.length} done. Each ticks by itself when it has really happened.
        </Text>
        <Progress value={(done / items.length) * 100} size="sm" mt="xs" maw={320} aria-label={`${done} of ${items.length} steps done`} />
        {done > 0 && (
          <ul className={classes.done} aria-label="Done">
            {items
              .filter((i) => i.done)
              .map((i) => (
                <li key={i.key}>
                  <span className={classes.tick} data-done aria-hidden>
                    <IconCheck size={12} stroke={3} />
                  </span>
                  <Text size="sm" c="dimmed">
                    {i.title}
                    {i.done_at && (
                      <>
                        {', '}
                        <When at={i.done_at} />
                      </>
                    )}
                  </Text>
                </li>
              ))}
          </ul>
        )}
      </div>
      <ol className={classes.list}>
        {items
          .filter((i) => !i.done)
          .map((item) => (
            <Step key={item.key} item={item} />
          ))}
      </ol>
    </section>
  );
}

function Step({ item }: { item: ChecklistItem }) {
  return (
    <li className={classes.step}>
      <span className={classes.tick} aria-hidden />
      <div className={classes.what}>
        <div className={classes.title}>{item.title}</div>
        <Text size="sm" c="dimmed">
          {item.help}
        </Text>
      </div>
      {item.key === 'mail' ? <MailDeed /> : item.key === 'storage' ? <StorageDeed /> : <LinkDeed item={item} />}
    </li>
  );
}

function LinkDeed({ item }: { item: ChecklistItem }) {
  return (
    <Button component={Link} to={paths[item.key] ?? (item.href.replace(/^\/admin(?=\/|$)/, '') || '/')} variant="default" size="compact-sm">
      {deeds[item.key] ?? 'Do it'}
    </Button>
  );
}

function MailDeed() {
  const { member } = useSession();
  const send = useWrite<string, { message_id: string; state: 'queued' | 'kept' }>((to) => ({ method: 'POST', path: '/checklist/mail', body: { to }, title: 'Send a mail to yourself' }), {
    done: (r, to) => (r.state === 'kept' ? 'Kept on the server: look under Mail' : `On its way to ${to}`),
    refresh: ['/checklist', '/messages'],
    sample: member.email,
  });
  return (
    <div className={classes.deed}>
      <Button variant="default" size="compact-sm" loading={send.busy} onClick={() => send.run(member.email)}>
        Mail to {member.email}
      </Button>
      {send.result && (
        <Anchor component={Link} to={`/mail/${send.result.message_id}`} size="sm">
          See it
        </Anchor>
      )}
      <ErrorAlert error={send.error} />
    </div>
  );
}

function StorageDeed() {
  const check = useWrite<undefined, { ok: boolean; ms: number; error: string | null }>(() => ({ method: 'POST', path: '/checklist/storage', title: 'Try the storage' }), {
    done: (r) => (r.ok ? `The storage answered in ${r.ms} ms` : ''),
    then: (r) => {
      if (!r.ok) notifyFailed(r.error ?? 'The storage did not give back what was written.');
    },
    refresh: ['/checklist'],
    sample: undefined,
  });
  return (
    <Button variant="default" size="compact-sm" loading={check.busy} onClick={() => check.run(undefined)}>
      Try the storage
    </Button>
  );
}
