// One mail: as the customer sees it, as text, and where it stands.
import { Alert, Anchor, Button, SegmentedControl, Skeleton, Text, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconMailForward, IconSend } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { browserUrl } from '@/api/client';
import { useRead, useWrite } from '@/api/hooks';
import { getScope } from '@/api/scope';
import type { Message } from '@/api/types/message';
import type { Order } from '@/api/types/order';
import { CopyButton, ErrorPanel, FormModal, KeyValue, PageHeader, Section, ServerState, When } from '@/parts';
import { suggestion } from '../orders/typo';
import { explain, kindName, mayResend, stateWords } from './words';
import classes from './message.module.css';

type View = 'wide' | 'phone' | 'text';

export default function MessagePage() {
  const { id = '' } = useParams();
  const message = useRead<Message>(`/messages/${id}`, undefined, { every: 20_000, title: 'Read the message' });
  const m = message.data;
  const order = useRead<Order>(`/orders/${m?.order_id ?? ''}`, { include: ['product', 'downloads', 'rights'] }, { enabled: m !== undefined && m.order_id !== null });
  const [view, setView] = useState<View>('wide');
  const [other, setOther] = useState(false);
  const resend = useResend(id);
  const back = { to: '/mail', label: 'Mail' };
  if (m === undefined) {
    return (
      <>
        <PageHeader title="Mail" back={back} />
        {message.error ? (
          <div className="card">
            <ErrorPanel error={message.error} retry={() => void message.refetch()} />
          </div>
        ) : (
          <Skeleton h={420} radius="lg" aria-busy aria-label="Loading the mail" />
        )}
      </>
    );
  }
  return (
    <>
      <PageHeader
        title={m.subject}
        state={<ServerState value={m.state} />}
        lead={
          <>
            {kindName(m.kind)} to {m.to} · <When at={m.created_at} />
          </>
        }
        back={back}
        actions={
          mayResend(m) && (
            <>
              <Button variant="default" leftSection={<IconSend size={16} aria-hidden />} onClick={() => setOther(true)}>
                To another address
              </Button>
              <Button leftSection={<IconMailForward size={16} aria-hidden />} loading={resend.busy} onClick={() => resend.run(undefined)}>
                Send again
              </Button>
            </>
          )
        }
      />
      {m.error !== null && m.state !== 'sent' && (
        <Alert color={m.state === 'failed' ? 'red' : 'amber'} variant="light" icon={<IconAlertTriangle size={18} />} mb="md" title={m.state === 'failed' ? 'It did not arrive' : 'Not yet'}>
          {explain(m.error) ?? 'The mail server said:'}
          <Text className="mono" size="sm" mt={6}>
            {m.error}
          </Text>
          {m.order_id !== null && m.state === 'failed' && (
            <Anchor component={Link} to={`/orders/${m.order_id}`} size="sm" underline="always">
              Correct the address on the order
            </Anchor>
          )}
        </Alert>
      )}
      <div className={classes.columns}>
        <Section
          title="The mail"
          actions={
            <SegmentedControl
              size="xs"
              aria-label="How the mail is shown"
              value={view}
              onChange={(v) => setView(v as View)}
              data={[
                { value: 'wide', label: 'Wide' },
                { value: 'phone', label: 'Phone' },
                { value: 'text', label: 'Text' },
              ]}
            />
          }
        >
          {view === 'text' ? (
            <div className={classes.text}>
              <div className={classes.copy}>
                <CopyButton value={m.text} label="Copy the text" />
              </div>
              <pre tabIndex={0} aria-label="The text of the mail">
                {m.text}
              </pre>
            </div>
          ) : (
            <div className={classes.stage}>
              <iframe key={m.id} className={classes.frame} data-phone={view === 'phone' || undefined} src={browserUrl(`/messages/${m.id}/preview`)} sandbox="allow-popups allow-popups-to-escape-sandbox" title="The mail as the customer sees it" />
            </div>
          )}
        </Section>
        <div>
          <Section title="Where it stands">
            <Text size="sm" mb="sm">
              {stateWords[m.state]}
            </Text>
            <KeyValue
              items={[
                ['To', <span key="t">{m.to} <CopyButton value={m.to} label="Copy the address" /></span>],
                ['Order', m.order_id !== null && <Anchor key="o" component={Link} to={`/orders/${m.order_id}`} inherit>{order.data?.name ?? 'Open it'}</Anchor>],
                ['Kind', kindName(m.kind)],
                ['Created', <When key="c" at={m.created_at} show="exact" />],
                ['Sent', m.sent_at !== null && <When key="s" at={m.sent_at} show="exact" />],
              ]}
            />
            {!mayResend(m) && (
              <Text size="sm" c="dimmed" mt="sm">
                It holds a secret that is good once, so it cannot be sent again: a new one is asked for where this one was.
              </Text>
            )}
          </Section>
        </div>
      </div>
      <OtherAddress message={m} opened={other} close={() => setOther(false)} />
    </>
  );
}

function useResend(id: string, then?: () => void) {
  const go = useNavigate();
  const { mode } = getScope();
  return useWrite<string | undefined, Message>((to) => ({ method: 'POST', path: `/messages/${id}/resend`, body: to === undefined ? {} : { to }, title: 'Send the message again' }), {
    done: (made) => (mode === 'sandbox' ? `Sent again to ${made.to}, from the sandbox` : `Sent again to ${made.to}`),
    refresh: ['/messages', '/orders', '/overview'],
    then: (made) => {
      then?.();
      void go(`/mail/${made.id}`);
    },
    quiet: then !== undefined,
  });
}

function OtherAddress({ message, opened, close }: { message: Message; opened: boolean; close: () => void }) {
  const [to, setTo] = useState('');
  const send = useResend(message.id, close);
  const { reset } = send;
  useEffect(() => {
    if (!opened) return;
    setTo(suggestion(message.to) ?? '');
    reset();
  }, [opened, message.to, reset]);
  return (
    <FormModal title="Send to another address" opened={opened} close={close} submit="Send" onSubmit={() => send.run(to.trim())} call={() => send.describe(to.trim())} busy={send.busy} error={send.error?.fields['to'] ? null : send.error} disabled={to.trim() === ''} size="md">
      <TextInput label="E-mail address" type="email" description="For this mail alone: the order keeps its address." value={to} onChange={(e) => setTo(e.currentTarget.value)} error={send.error?.fields['to']} autoComplete="off" data-autofocus />
    </FormModal>
  );
}
