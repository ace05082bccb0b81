// One endpoint: its state, what was sent to it, and the means to mend it.
import { Alert, Button, Group, Menu, Modal, Skeleton, Text } from '@mantine/core';
import { IconAlertTriangle, IconDots, IconPlayerPause, IconSend } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { useRead, useRefresh, useWrite } from '@/api/hooks';
import type { Deleted } from '@/api/types/common';
import type { Endpoint, WebhookDelivery } from '@/api/types/webhook';
import { ConfirmModal, ErrorPanel, KeyValue, PageHeader, Section, When } from '@/parts';
import { DeliveryDrawer } from './delivery-drawer';
import { DeliveryTable } from './delivery-table';
import { EndpointForm } from './endpoint-form';
import { ReplayModal } from './replay-modal';
import { EndpointState } from './state';
import { VerifySample } from './verify-sample';
import classes from './webhooks.module.css';

export default function EndpointPage() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useRead<Endpoint>(`/webhook-endpoints/${id}`, undefined, { title: 'Read the endpoint' });
  const back = { to: '/webhooks', label: 'Webhooks' };
  if (error) {
    return (
      <>
        <PageHeader title="Webhook endpoint" back={back} />
        <ErrorPanel error={error} retry={() => void refetch()} />
      </>
    );
  }
  if (!data) {
    return (
      <>
        <PageHeader title="Webhook endpoint" back={back} />
        <Skeleton h={240} radius="lg" />
      </>
    );
  }
  return <Page endpoint={data} />;
}

function Page({ endpoint: e }: { endpoint: Endpoint }) {
  const [dialog, setDialog] = useState<'edit' | 'delete' | 'replay' | 'check' | null>(null);
  const [test, setTest] = useState<string | null>(null);
  const go = useNavigate();
  const again = useRefresh();
  const kept = e.dialect === 'publicala';
  const path = `/webhook-endpoints/${e.id}`;
  const sendTest = useWrite<void, WebhookDelivery>(() => ({ method: 'POST', path: `${path}/test`, title: 'Send a test event' }), {
    refresh: [path, '/webhook-deliveries', '/checklist'],
    sample: undefined,
    then: (d) => setTest(d.id),
  });
  const toggle = useWrite<boolean, Endpoint>((enabled) => ({ method: 'PATCH', path, body: { enabled }, title: 'Switch the endpoint on or off' }), {
    done: (_, on) => (on ? 'Switched on; what waited is sent' : 'Switched off; events wait'),
    undo: (_, on) => ({ method: 'PATCH', path, body: { enabled: !on } }),
    refresh: ['/webhook-endpoints', '/webhook-deliveries'],
    sample: true,
  });
  const remove = useWrite<void, Deleted>(() => ({ method: 'DELETE', path, title: 'Delete the endpoint' }), {
    done: 'Endpoint deleted',
    quiet: true,
    then: () => {
      void go('/webhooks');
      void again('/webhook-endpoints');
    },
  });
  return (
    <>
      <PageHeader
        title={e.name}
        state={<EndpointState endpoint={e} />}
        back={{ to: '/webhooks', label: 'Webhooks' }}
        lead={<span className="mono">{e.url}</span>}
        actions={
          <>
            {kept ? (
              <Button component={Link} to="/settings/publicala" variant="default">
                Change in the settings
              </Button>
            ) : (
              <Button variant="default" onClick={() => setDialog('edit')}>
                Change
              </Button>
            )}
            <Button leftSection={<IconSend size={16} aria-hidden />} onClick={() => sendTest.run()} loading={sendTest.busy} disabled={!e.enabled}>
              Send test
            </Button>
            <Menu position="bottom-end">
              <Menu.Target>
                <Button variant="default" px="xs" aria-label="More actions">
                  <IconDots size={18} aria-hidden />
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item onClick={() => setDialog('replay')} disabled={!e.enabled}>
                  Send past events again
                </Menu.Item>
                <Menu.Item onClick={() => toggle.run(!e.enabled)}>{e.enabled ? 'Switch off' : 'Switch on'}</Menu.Item>
                {!kept && (
                  <Menu.Item color="red" onClick={() => setDialog('delete')}>
                    Delete
                  </Menu.Item>
                )}
              </Menu.Dropdown>
            </Menu>
          </>
        }
      />
      {!e.enabled && (
        <Alert color={e.disabled_reason ? 'red' : 'gray'} icon={<IconPlayerPause size={18} />} mb="md" title={e.disabled_reason ? 'Disabled by the server' : 'Switched off'}>
          <Group justify="space-between" gap="sm">
            <Text size="sm">{e.disabled_reason ? `${e.disabled_reason} ` : ''}Events wait for it meanwhile and are sent when it is switched on.</Text>
            <Button size="compact-sm" onClick={() => toggle.run(true)} loading={toggle.busy}>
              Switch on
            </Button>
          </Group>
        </Alert>
      )}
      {e.enabled && e.failing_since && (
        <Alert color="amber" icon={<IconAlertTriangle size={18} />} mb="md" title="It does not answer">
          <Text size="sm">
            No attempt has succeeded since <When at={e.failing_since} show="both" />. We go on trying for days, then it is disabled. Mend the receiver, then send a test, or send what it missed again.
          </Text>
        </Alert>
      )}
      <div className={classes.columns}>
        <DeliveryTable title="Deliveries" path={`${path}/deliveries`} withEndpoint={false} />
        <div>
          <Section title="Details">
            <KeyValue
              items={[
                ['Created', <When at={e.created_at} key="c" />],
                ['Changed', <When at={e.updated_at} key="u" />],
                [
                  'Events',
                  <span className={classes.tags} key="e">
                    {e.events.map((t) => (
                      <span key={t} className={classes.tag}>
                        {t}
                      </span>
                    ))}
                  </span>,
                ],
                ['Form', kept && 'Publica.la: a signed token (JWT)'],
                ['Secret', kept ? 'the key in the settings' : 'shown when it was made'],
              ]}
            />
            <Button variant="default" mt="md" fullWidth onClick={() => setDialog('check')}>
              How to check a request
            </Button>
          </Section>
        </div>
      </div>
      {dialog === 'edit' && <EndpointForm opened endpoint={e} close={() => setDialog(null)} done={() => setDialog(null)} />}
      <ReplayModal endpoint={e} opened={dialog === 'replay'} close={() => setDialog(null)} />
      <ConfirmModal title={`Delete ${e.name}?`} opened={dialog === 'delete'} close={() => setDialog(null)} confirm="Delete endpoint" onConfirm={() => remove.run()} call={() => remove.describe()} busy={remove.busy} error={remove.error} typed={e.name}>
        The history of what was sent to it goes too, and what still waits for it is never sent. To stop for a while, switch it off instead.
      </ConfirmModal>
      <Modal opened={dialog === 'check'} onClose={() => setDialog(null)} title="Checking that a request is ours" size="xl">
        <VerifySample kept={kept} />
      </Modal>
      <DeliveryDrawer id={test} close={() => setTest(null)} />
    </>
  );
}
